"""The call machine's table as Markdown, drawn by running it: ``python -m widget.calls.table``.

``docs/architecture.md`` holds its output, and a test compares the two.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

from widget.calls import events
from widget.calls.call import Call, CallState, Direction, Limits
from widget.calls.commands import Timer
from widget.calls.events import Event
from widget.calls.moment import Moment
from widget.calls.transfer import Transfer, TransferKind
from widget.calls.transitions import TRANSITIONS, transition

_NOW = Moment(datetime(2026, 1, 1, tzinfo=UTC), 0)
_COLUMNS = {
    "calling": (CallState.CALLING, Direction.OUTBOUND),
    "ringing": (CallState.RINGING, Direction.OUTBOUND),
    "ringing, inbound": (CallState.RINGING, Direction.INBOUND),
    "talking": (CallState.TALKING, Direction.OUTBOUND),
    "bridged": (CallState.BRIDGED, Direction.OUTBOUND),
}
_EXAMPLES: dict[type[Event], tuple[Event, ...]] = {
    events.CarrierRang: (events.CarrierRang(),),
    events.CarrierAnswered: (events.CarrierAnswered(""),),
    events.CarrierRejected: (events.CarrierRejected(486),),
    events.TransferRequested: (events.TransferRequested(TransferKind.BLIND, ""),),
    events.CarrierFailed: (events.CarrierFailed(events.CarrierFault.SILENT),),
    events.TimerFired: tuple(events.TimerFired(timer) for timer in Timer),
}


def examples() -> list[Event]:
    """One event of every kind, and one of every timer."""
    return [event for kind in get_args(Event) for event in _EXAMPLES.get(kind) or (kind(),)]


def draw() -> str:
    """One row per event; each cell says where it leads and, where the call ends, with which termination."""
    rows = [("event", *_COLUMNS), ("---",) * (len(_COLUMNS) + 1)]
    rows += [(_name(event), *(_cell(*column, event) for column in _COLUMNS.values())) for event in examples()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _name(event: Event) -> str:
    timer = f"({event.timer})" if isinstance(event, events.TimerFired) else ""
    return f"`{type(event).__name__}{timer}`"


def _cell(state: CallState, direction: Direction, event: Event) -> str:
    if (state, type(event)) not in TRANSITIONS:
        return ""
    answered = _NOW if state in {CallState.TALKING, CallState.BRIDGED} else None
    limits = Limits(0, 0, 0)
    before = Call(id="", number="", started=_NOW, limits=limits, state=state, direction=direction, answered=answered)
    if isinstance(event, events.TransferTaken | events.TransferRefused | events.TransferMade):
        before = replace(before, transfer=Transfer(TransferKind.BLIND, ""))
    after, commands = transition(before, event, _NOW)
    if after.state is CallState.ENDED and after.termination is not None:
        return f"ended: {after.termination.cause}"
    if after.state is not state:
        return after.state
    return "noted" if commands or after != before else "stays"


if __name__ == "__main__":
    print(draw(), end="")  # noqa: T201  (this is the command's output)
