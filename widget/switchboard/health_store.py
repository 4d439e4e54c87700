"""The health of trunks in the database, for those who look at it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from widget.models import Trunk, TrunkHealth
from widget.switchboard.health import Health, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRecord:
    """``registration`` is "" for a trunk that does not register."""

    trunk_id: int
    health: Health
    registration: str = ""
    registration_since: datetime | None = None


@transaction.atomic
def write(records: Iterable[HealthRecord]) -> None:
    """Keep the latest of each trunk; one that was deleted meanwhile is left out."""
    wanted = {record.trunk_id: record for record in records}
    for trunk_id in Trunk.objects.filter(pk__in=wanted).values_list("pk", flat=True):
        TrunkHealth.objects.update_or_create(trunk_id=trunk_id, defaults=_fields(wanted[trunk_id]))


def calls_only() -> set[int]:
    """The trunks that answer calls but no OPTIONS, as the last switchboard left it."""
    return set(TrunkHealth.objects.filter(reason=Reason.CALLS_ONLY.value).values_list("trunk_id", flat=True))


def _fields(record: HealthRecord) -> dict[str, object]:
    health = record.health
    return {
        "state": health.state.value,
        "since": health.since,
        "reason": health.reason.value,
        "detail": health.detail,
        "round_trip_ms": health.round_trip_ms,
        "checked_at": health.checked_at,
        "registration": record.registration,
        "registration_since": record.registration_since,
    }
