"""What actions of the table have in common: their shape, and how a call ends."""

from collections.abc import Callable
from dataclasses import replace

from widget.calls.call import Call, CallState
from widget.calls.commands import Command, HangUpCarrier, ReleaseMedia, StopTimer, Timer
from widget.calls.events import Event
from widget.calls.moment import Moment
from widget.calls.termination import Cause, Termination

Outcome = tuple[Call, tuple[Command, ...]]
Action = Callable[[Call, Event, Moment], Outcome]


def end(call: Call, termination: Termination, now: Moment, *commands: Command) -> Outcome:
    """The call is over: carry out ``commands``, then release what it held."""
    ended = replace(
        call,
        state=CallState.ENDED,
        ended_at=call.started.label(now),
        duration_seconds=now.monotonic - call.answered.monotonic if call.answered else None,
        termination=termination,
    )
    return ended, (*commands, ReleaseMedia(), *(StopTimer(timer) for timer in Timer))


def ends_with(cause: Cause, reason: str) -> Action:
    """We end the call ourselves: hang up at the carrier and say why."""

    def action(call: Call, event: Event, now: Moment) -> Outcome:
        return end(call, Termination(cause, 200 if call.answered else 0), now, HangUpCarrier(reason))

    return action
