"""The call machine: every row of its table, and the promises that hold for any order of events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.calls.call import TRANSITIONS, Call, CallState, CallStatus, Limits, start_call, transition
from widget.calls.commands import (
    Command,
    ConnectAudio,
    HangUpCarrier,
    ReleaseMedia,
    SendInvite,
    StartTimer,
    StopTimer,
    Timer,
)
from widget.calls.events import (
    AgentLeft,
    AgentReturned,
    AudioFailed,
    CarrierAnswered,
    CarrierFailed,
    CarrierFault,
    CarrierHungUp,
    CarrierRang,
    CarrierRejected,
    Event,
    HangUpRequested,
    RelayLost,
    ServerStopping,
    TimerFired,
)
from widget.calls.moment import Moment
from widget.calls.termination import HANGING_DIRECTION, VERDICTS, Cause, EndedBy, Termination, cause_of_rejection

START = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
LIMITS = Limits(ring_seconds=45, call_seconds=14_400, reattach_seconds=60)


def at(seconds: float) -> Moment:
    return Moment(START + timedelta(seconds=seconds), 1000 + seconds)


def new_call() -> Call:
    return start_call(id="c1", number="12025550100", limits=LIMITS, now=at(0))[0]


def after(*events: Event) -> tuple[Call, list[Command]]:
    """A call that went through ``events``, one a second, and all that it asked for on the way."""
    call, asked = new_call(), list[Command]()
    for second, event in enumerate(events, start=1):
        call, commands = transition(call, event, at(second))
        asked += commands
    return call, asked


def test_a_new_call_invites_and_limits_the_ringing() -> None:
    call, commands = start_call(id="c1", number="123", limits=LIMITS, now=at(0))
    assert call.state is CallState.CALLING
    assert commands == (SendInvite(), StartTimer(Timer.RING, 45))


def test_ringing_then_answered_then_hung_up_by_the_agent() -> None:
    call, asked = after(CarrierRang(), CarrierAnswered("sdp"), HangUpRequested())
    assert call.state is CallState.ENDED
    assert call.termination == Termination(Cause.AGENT_HUNG_UP, 200)
    assert call.duration_seconds == 1
    assert (call.ringing_at, call.answered_at, call.ended_at) == (at(1).wall, at(2).wall, at(3).wall)
    assert asked[:3] == [ConnectAudio("sdp"), StopTimer(Timer.RING), StartTimer(Timer.LENGTH, 14_400)]
    assert HangUpCarrier("Normal call clearing") in asked
    assert ReleaseMedia() in asked


def test_early_media_is_connected_while_ringing_and_replaced_by_the_answer() -> None:
    call, asked = after(CarrierRang("early"), CarrierRang(), CarrierRang("moved"), CarrierAnswered("answer"))
    assert call.early_media
    assert [c.sdp for c in asked if isinstance(c, ConnectAudio)] == ["early", "moved", "answer"]


def test_early_media_may_come_after_a_plain_180() -> None:
    call, asked = after(CarrierRang(), CarrierRang("early"))
    assert call.early_media
    assert call.ringing_at == at(1).wall
    assert asked == [ConnectAudio("early")]


def test_a_second_180_changes_nothing() -> None:
    once, _ = after(CarrierRang())
    twice, asked = after(CarrierRang(), CarrierRang())
    assert twice == once
    assert asked == []


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (CarrierRejected(486, "Busy Here"), Cause.BUSY),
        (CarrierRejected(603), Cause.DECLINED),
        (CarrierRejected(404), Cause.NOT_FOUND),
        (CarrierRejected(503), Cause.UNAVAILABLE),
        (CarrierRejected(302), Cause.REJECTED),
        (CarrierRejected(407), Cause.AUTHENTICATION_FAILED),
        (CarrierFailed(CarrierFault.SILENT), Cause.CARRIER_SILENT),
        (CarrierFailed(CarrierFault.TRANSPORT), Cause.TRANSPORT_FAILED),
        (CarrierFailed(CarrierFault.AUTHENTICATION), Cause.AUTHENTICATION_FAILED),
        (CarrierFailed(CarrierFault.BAD_ANSWER), Cause.MEDIA_FAILED),
        (CarrierHungUp(), Cause.CUSTOMER_HUNG_UP),
    ],
)
@pytest.mark.parametrize("rung", [False, True])
def test_what_ends_an_unanswered_call_at_the_carrier_is_not_hung_up_again(
    event: Event, cause: Cause, *, rung: bool
) -> None:
    call, asked = after(*([CarrierRang()] if rung else []), event)
    assert call.termination is not None
    assert call.termination.cause is cause
    assert call.call_status == CallStatus.NOT_ESTABLISHED
    assert call.duration_seconds is None
    assert not any(isinstance(c, HangUpCarrier) for c in asked)
    assert ReleaseMedia() in asked


@pytest.mark.parametrize(
    ("event", "unanswered", "answered"),
    [
        (HangUpRequested(), Cause.CANCELLED, Cause.AGENT_HUNG_UP),
        (AudioFailed("no codec"), Cause.MEDIA_FAILED, Cause.MEDIA_FAILED),
        (RelayLost(), Cause.RELAY_LOST, Cause.RELAY_LOST),
        (ServerStopping(), Cause.SERVER_STOPPED, Cause.SERVER_STOPPED),
        (TimerFired(Timer.LENGTH), Cause.CALL_TOO_LONG, Cause.CALL_TOO_LONG),
        (TimerFired(Timer.REATTACH), Cause.AGENT_LOST, Cause.AGENT_LOST),
    ],
)
def test_what_we_end_is_hung_up_at_the_carrier(event: Event, unanswered: Cause, answered: Cause) -> None:
    for before, cause in (([], unanswered), ([CarrierAnswered("sdp")], answered)):
        call, asked = after(*before, event)
        assert call.termination is not None
        assert call.termination.cause is cause
        assert sum(isinstance(c, HangUpCarrier) for c in asked) == 1


def test_the_ring_timer_ends_a_ringing_call_but_not_an_answered_one() -> None:
    unanswered, _ = after(CarrierRang(), TimerFired(Timer.RING))
    assert unanswered.termination == Termination(Cause.NO_ANSWER)
    answered, asked = after(CarrierAnswered("sdp"), TimerFired(Timer.RING))
    assert answered.state is CallState.TALKING
    assert not any(isinstance(c, HangUpCarrier) for c in asked)


def test_an_agent_who_leaves_has_a_while_to_come_back() -> None:
    call, asked = after(CarrierAnswered("sdp"), AgentLeft(), AgentReturned())
    assert call.state is CallState.TALKING
    assert asked[-2:] == [StartTimer(Timer.REATTACH, 60), StopTimer(Timer.REATTACH)]


def test_durations_ignore_a_clock_that_is_set_during_the_call() -> None:
    call, _ = after(CarrierAnswered("sdp"))
    an_hour_back = replace(at(61), wall=START - timedelta(hours=1))
    call, _ = transition(call, HangUpRequested(), an_hour_back)
    assert call.duration_seconds == 60
    assert call.ended_at == START + timedelta(seconds=61)


def test_nothing_moves_an_ended_call() -> None:
    ended, _ = after(CarrierRejected(486))
    assert not [state for state, _ in TRANSITIONS if state is CallState.ENDED]
    assert transition(ended, CarrierAnswered("late"), at(9)) == (ended, ())


def test_every_event_has_a_row_in_every_live_state_or_is_known_to_be_impossible() -> None:
    live = {CallState.CALLING, CallState.RINGING, CallState.TALKING}
    missing = {(state, event) for state in live for event in get_args(Event)} - set(TRANSITIONS)
    # The SIP layer gives no provisional, second answer or rejection after the answer.
    assert missing == {(CallState.TALKING, event) for event in (CarrierRang, CarrierAnswered, CarrierRejected)}


events = st.one_of(
    st.just(CarrierRang()),
    st.just(CarrierRang("early")),
    st.just(CarrierAnswered("sdp")),
    st.builds(CarrierRejected, st.integers(300, 699)),
    st.just(CarrierHungUp()),
    st.builds(CarrierFailed, st.sampled_from(CarrierFault)),
    st.just(HangUpRequested()),
    st.just(AudioFailed()),
    st.just(RelayLost()),
    st.just(AgentLeft()),
    st.just(AgentReturned()),
    st.just(ServerStopping()),
    st.builds(TimerFired, st.sampled_from(Timer)),
)


@given(st.lists(events, max_size=12))
def test_the_page_always_sees_the_promised_order(happened: list[Event]) -> None:
    """cc-sdk-contract.md: 1, then at most one 2, then either 3 followed by 4, or 5; each once."""
    call = new_call()
    seen, released = [call.call_status], 0
    for second, event in enumerate(happened, start=1):
        before = call
        call, commands = transition(call, event, at(second))
        released += commands.count(ReleaseMedia())
        assert call.version == before.version + (call != before)
        if call.call_status != seen[-1]:
            seen.append(call.call_status)
    assert tuple(seen) in {
        (1,), (1, 2), (1, 3), (1, 2, 3), (1, 3, 4), (1, 2, 3, 4), (1, 5), (1, 2, 5),
    }  # fmt: skip
    assert released == (call.state is CallState.ENDED)
    assert (call.termination is not None) == (call.state is CallState.ENDED)


def test_every_cause_has_a_verdict_and_every_verdict_a_direction() -> None:
    assert set(VERDICTS) == set(Cause)
    assert set(HANGING_DIRECTION) == set(EndedBy)
    assert all(0 <= verdict.hangup_reason <= 9 for verdict in VERDICTS.values())


@given(st.integers(300, 699))
def test_every_final_response_has_a_cause(code: int) -> None:
    assert cause_of_rejection(code) in Cause
