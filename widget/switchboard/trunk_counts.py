"""Counting what became of the INVITEs of each trunk: ours in the transaction that records the call, or not at all."""

from collections.abc import Iterable
from datetime import UTC

from django.db import transaction
from django.db.models import F

from widget import models
from widget.calls.call import Direction
from widget.switchboard.attempts import NO_RESPONSE, TrunkAttempt


@transaction.atomic
def count(attempts: Iterable[TrunkAttempt]) -> None:
    """Add settled attempts, all or none. Those of a trunk that was deleted meanwhile have no table to go to."""
    for attempt in attempts:
        if models.Trunk.objects.filter(pk=attempt.trunk_id).exists():
            _add(attempt)


def count_orphan(row: models.Call) -> None:
    """A call that a crash left open. One that was answered is counted already, of any other the end is not known."""
    if row.trunk_id is None or row.answered_at is not None:
        return
    day, direction = row.started_at.astimezone(UTC).date(), Direction(row.direction)
    _add(TrunkAttempt(trunk_id=row.trunk_id, day=day, sip_code=NO_RESPONSE, direction=direction))


def _add(attempt: TrunkAttempt) -> None:
    """In the database's own arithmetic: several desks count at the same time."""
    row, _ = models.TrunkCount.objects.get_or_create(
        trunk_id=attempt.trunk_id, day=attempt.day, direction=attempt.direction, sip_code=attempt.sip_code
    )
    has_delay = attempt.delay_ms is not None
    models.TrunkCount.objects.filter(pk=row.pk).update(
        attempts=F("attempts") + 1,
        delays=F("delays") + int(has_delay),
        delay_ms=F("delay_ms") + (attempt.delay_ms or 0),
    )
