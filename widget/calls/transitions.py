"""How a call moves: one transition table.

What it does not do: speak SIP, touch audio, wait, or look at a clock. Requests of SIP that do not change what the agent
sees (a challenge, a retransmission) never reach it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar, cast

from widget.calls import failing, transferring
from widget.calls.call import Call, CallState, Direction, Limits
from widget.calls.commands import (
    ConnectAudio,
    HangUpCarrier,
    OfferHold,
    SendAnswer,
    SendInvite,
    SendRejection,
    SendRinging,
    StartTimer,
    StopTimer,
    Timer,
)
from widget.calls.ending import Action, Outcome, end, ends_with
from widget.calls.events import (
    AgentLeft,
    AgentReturned,
    AnswerRequested,
    AudioFailed,
    BothSilent,
    CarrierAnswered,
    CarrierFailed,
    CarrierHungUp,
    CarrierRang,
    CarrierRejected,
    Event,
    FarEndHeld,
    FarEndsJoined,
    HangUpRequested,
    HoldRefused,
    HoldRequested,
    MuteRequested,
    OtherSideLeft,
    RejectRequested,
    RelayLost,
    ServerStopping,
    TimerFired,
    TransferMade,
    TransferRefused,
    TransferRequested,
    TransferTaken,
)
from widget.calls.moment import Moment
from widget.calls.termination import Cause, Termination

DECLINE, TEMPORARILY_UNAVAILABLE, REQUEST_TERMINATED = 603, 480, 487
"""Final responses to an inbound call that nobody took (RFC 3261 section 21)."""

E = TypeVar("E", bound=Event)


def start_call(*, id: str, number: str, limits: Limits, now: Moment, routes: int = 1) -> Outcome:
    """A new call in ``CALLING``, with ``routes`` trunks to try in turn.

    Its row must commit before the returned ``SendInvite`` is carried out.
    """
    call = Call(id=id, number=number, started=now, limits=limits, routes_left=routes - 1)
    return call, (SendInvite(), StartTimer(Timer.RING, limits.ring_seconds))


def start_inbound_call(*, id: str, number: str, limits: Limits, now: Moment) -> Outcome:
    """A call that rings an agent. Its row must commit before the returned ``SendRinging`` is carried out."""
    call = Call(
        id=id,
        number=number,
        started=now,
        limits=limits,
        direction=Direction.INBOUND,
        state=CallState.RINGING,
        ringing_at=now.wall,
    )
    return call, (SendRinging(), StartTimer(Timer.RING, limits.ring_seconds))


def transition(call: Call, event: Event, now: Moment) -> Outcome:
    """What ``event`` makes of ``call``; an event with no row in the table changes nothing and asks for nothing."""
    step = TRANSITIONS.get((call.state, type(event)))
    if step is None:
        return call, ()
    changed, commands = step(call, event, now)
    if changed is not call:
        changed = replace(changed, version=call.version + 1)
    return changed, commands


def _ring(call: Call, event: CarrierRang, now: Moment) -> Outcome:
    ringing = replace(
        call, state=CallState.RINGING, ringing_at=call.started.label(now), early_media=event.sdp is not None
    )
    return ringing, (ConnectAudio(event.sdp),) if event.sdp is not None else ()


def _early_media(call: Call, event: CarrierRang, now: Moment) -> Outcome:
    """A second provisional: its SDP may bring early media to a call that only rang, or move it elsewhere."""
    if event.sdp is None:
        return call, ()
    return (call if call.early_media else replace(call, early_media=True)), (ConnectAudio(event.sdp),)


def _answer(call: Call, event: CarrierAnswered, now: Moment) -> Outcome:
    talking = replace(call, state=CallState.TALKING, answered=now, answered_at=call.started.label(now))
    return talking, (
        ConnectAudio(event.sdp),
        StopTimer(Timer.RING),
        StartTimer(Timer.LENGTH, call.limits.call_seconds),
    )


def _take(call: Call, event: AnswerRequested, now: Moment) -> Outcome:
    """The agent answers; an outbound call has nothing to answer."""
    if call.direction is Direction.OUTBOUND:
        return call, ()
    talking = replace(call, state=CallState.TALKING, answered=now, answered_at=call.started.label(now))
    return talking, (SendAnswer(), StopTimer(Timer.RING), StartTimer(Timer.LENGTH, call.limits.call_seconds))


def _refuse(call: Call, event: RejectRequested, now: Moment) -> Outcome:
    if call.direction is Direction.OUTBOUND:
        return call, ()
    return end(call, Termination(Cause.AGENT_REJECTED, DECLINE), now, SendRejection(DECLINE))


def _hang_up_unanswered(call: Call, event: HangUpRequested, now: Moment) -> Outcome:
    """Hanging up a call that only rings is cancelling ours, and rejecting theirs."""
    if call.direction is Direction.INBOUND:
        return _refuse(call, RejectRequested(), now)
    return end(call, Termination(Cause.CANCELLED), now, HangUpCarrier("Cancelled"))


def _mute(call: Call, event: MuteRequested, now: Moment) -> Outcome:
    return (call if call.muted == event.on else replace(call, muted=event.on)), ()


def _hold(call: Call, event: HoldRequested, now: Moment) -> Outcome:
    if call.held == event.on:
        return call, ()
    return replace(call, held=event.on, held_at=_held_at(call, now, on=event.on)), (OfferHold(event.on),)


def _held_at(call: Call, now: Moment, *, on: bool) -> datetime | None:
    return call.started.label(now) if on else None


def _hold_refused(call: Call, event: HoldRefused, now: Moment) -> Outcome:
    """A refused offer changes nothing at the far end, so it changes nothing here (RFC 3261 section 14.1)."""
    return replace(call, held=not call.held, held_at=_held_at(call, now, on=not call.held)), ()


def _kept_on_hold(call: Call, event: HoldRefused, now: Moment) -> Outcome:
    """The far end does not want to be taken back; nobody is left who could try again."""
    return call, ()


def _far_end_held(call: Call, event: FarEndHeld, now: Moment) -> Outcome:
    return (call if call.held_by_far_end == event.on else replace(call, held_by_far_end=event.on)), ()


def _carrier_hung_up(call: Call, event: CarrierHungUp, now: Moment) -> Outcome:
    if call.direction is Direction.INBOUND and call.answered is None:
        return end(call, Termination(Cause.CALLER_GAVE_UP, REQUEST_TERMINATED, event.detail), now)
    if transferring.is_taken(call):
        return transferring.made(call, now)
    return end(call, Termination(Cause.CUSTOMER_HUNG_UP, 200, event.detail), now)


def _timer_fired(call: Call, event: TimerFired, now: Moment) -> Outcome:
    return _ON_TIMER[event.timer](call, event, now)


def _talked_too_long(call: Call, event: TimerFired, now: Moment) -> Outcome:
    """The one limit that counts without an agent."""
    return _timer_fired(call, event, now) if event.timer is Timer.LENGTH else (call, ())


def _no_answer(call: Call, event: Event, now: Moment) -> Outcome:
    """The ring timer lost its race against the answer when the call is already up."""
    if call.state is CallState.TALKING:
        return call, ()
    if call.direction is Direction.INBOUND:
        termination = Termination(Cause.AGENT_NO_ANSWER, TEMPORARILY_UNAVAILABLE)
        return end(call, termination, now, SendRejection(TEMPORARILY_UNAVAILABLE))
    return ends_with(Cause.NO_ANSWER, "No answer")(call, event, now)


_ON_TIMER = MappingProxyType(
    {
        Timer.RING: _no_answer,
        Timer.LENGTH: ends_with(Cause.CALL_TOO_LONG, "Call too long"),
        Timer.REATTACH: ends_with(Cause.AGENT_LOST, "Agent lost"),
    }
)


def _agent_left(call: Call, event: Event, now: Moment) -> Outcome:
    return call, (StartTimer(Timer.REATTACH, call.limits.reattach_seconds),)


def _agent_returned(call: Call, event: Event, now: Moment) -> Outcome:
    return call, (StopTimer(Timer.REATTACH),)


def _audio_failed(call: Call, event: AudioFailed, now: Moment) -> Outcome:
    code = 200 if call.answered else 0
    return end(call, Termination(Cause.MEDIA_FAILED, code, event.detail), now, HangUpCarrier("Media failed"))


def _row(event: type[E], action: Callable[[Call, E, Moment], Outcome]) -> tuple[type[Event], Action]:
    """One row's right half. The table looks actions up by the event's own type, so the cast cannot lie."""
    return cast("type[Event]", event), cast("Action", action)


_ALWAYS = (
    _row(CarrierFailed, failing.failed),
    _row(AudioFailed, _audio_failed),
    _row(RelayLost, ends_with(Cause.RELAY_LOST, "Media relay lost")),
    _row(ServerStopping, ends_with(Cause.SERVER_STOPPED, "Server stopped")),
)
_WHILE_UP = (
    *_ALWAYS,
    _row(TimerFired, _timer_fired),
    _row(AgentLeft, _agent_left),
    _row(AgentReturned, _agent_returned),
    _row(CarrierHungUp, _carrier_hung_up),
)
_UNANSWERED = (
    *_WHILE_UP,
    _row(CarrierAnswered, _answer),
    _row(CarrierRejected, failing.rejected),
    _row(HangUpRequested, _hang_up_unanswered),
    _row(MuteRequested, _mute),
)

_ROWS = {
    CallState.CALLING: (*_UNANSWERED, _row(CarrierRang, _ring)),
    CallState.RINGING: (
        *_UNANSWERED,
        _row(CarrierRang, _early_media),
        _row(AnswerRequested, _take),
        _row(RejectRequested, _refuse),
    ),
    CallState.TALKING: (
        *_WHILE_UP,
        _row(HangUpRequested, ends_with(Cause.AGENT_HUNG_UP, "Normal call clearing")),
        _row(MuteRequested, _mute),
        _row(HoldRequested, _hold),
        _row(HoldRefused, _hold_refused),
        _row(FarEndHeld, _far_end_held),
        _row(TransferRequested, transferring.request),
        _row(TransferTaken, transferring.take),
        _row(TransferRefused, transferring.refuse),
        _row(TransferMade, transferring.make),
        _row(FarEndsJoined, transferring.join),
    ),
    CallState.BRIDGED: (
        *_ALWAYS,
        _row(TimerFired, _talked_too_long),
        _row(CarrierHungUp, transferring.far_end_left),
        _row(OtherSideLeft, transferring.other_side_left),
        _row(BothSilent, ends_with(Cause.FELL_SILENT, "No audio")),
        _row(FarEndHeld, _far_end_held),
        _row(HoldRefused, _kept_on_hold),
    ),
    CallState.ENDED: (),
}

TRANSITIONS: MappingProxyType[tuple[CallState, type[Event]], Action] = MappingProxyType(
    {(state, event): action for state, rows in _ROWS.items() for event, action in rows}
)
