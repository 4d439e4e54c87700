"""Messages of calls in the database: without secrets, without numbers that are masked, for as long as configured."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from widget import masking, modes
from widget.models import Call, CallMessage
from widget.sip.redaction import redacted
from widget.switchboard.ladder_recorder import Batch, Noted

DELETED_AT_ONCE = 1000
MAX_START_LINE = 200
SHORTEST_MASKED = 3
"""Shorter numbers are not looked for: a 1 is everywhere."""
SAME_DIGITS = 7
"""A trunk may write a number in another form; its last digits are the same then."""


@transaction.atomic
def write(batches: Sequence[Batch]) -> int:
    """Keep the messages of these calls; how many there were. Calls without a record leave none."""
    calls = _calls(batch.call_id for batch in batches)
    rows = [row for batch in batches if (call := calls.get(batch.call_id)) for row in _rows(batch, call)]
    CallMessage.objects.bulk_create(rows)
    return len(rows)


def purge(days: float, *, at_most: int = DELETED_AT_ONCE) -> int:
    """Delete some of what is older than so many days; how many. Call again until it is less than `at_most`."""
    old = CallMessage.objects.filter(at__lt=timezone.now() - timedelta(days=days)).order_by("at")
    keys = list(old.values_list("pk", flat=True)[:at_most])
    CallMessage.objects.filter(pk__in=keys).delete()
    return len(keys)


def _calls(ids: Iterable[str]) -> dict[str, Call]:
    of = ("agent__mode", "agent__group__mode", "agent__application__default_mode")
    return Call.objects.select_related(*of).in_bulk(set(ids))


def _rows(batch: Batch, call: Call) -> list[CallMessage]:
    hidden = _hidden_number(call) if modes.mode_of(call.agent).masks_numbers else None
    return [_row(noted, batch, call, hidden) for noted in batch.messages]


def _row(noted: Noted, batch: Batch, call: Call, hidden: re.Pattern[str] | None) -> CallMessage:
    text = redacted(noted.data)
    text = hidden.sub(lambda found: masking.mask(found[0]), text) if hidden else text
    host, port = noted.remote
    return CallMessage(
        call=call,
        at=_moment(batch.offset + noted.at),
        is_sent=noted.is_sent,
        remote=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        transport=noted.transport,
        start_line=text.partition("\n")[0][:MAX_START_LINE],
        repeats=noted.repeats,
        last_at=_moment(batch.offset + noted.last_at) if noted.repeats else None,
        text=text,
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _hidden_number(call: Call) -> re.Pattern[str] | None:
    """What the mode hides from the agent: the other party's number, however it is written."""
    number = (call.called if call.direction == "outbound" else call.caller).removeprefix("+")
    if len(number) < SHORTEST_MASKED:
        return None
    return re.compile(rf"(?<![0-9])\+?[0-9]{{0,14}}{re.escape(number[-SAME_DIGITS:])}(?![0-9])")
