"""The call machine: every row of its table, and the promises that hold for any order of events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.calls.call import Call, CallState, CallStatus, Direction, Limits
from widget.calls.commands import (
    Command,
    ConnectAudio,
    HangUpCarrier,
    JoinFarEnds,
    OfferHold,
    PassOn,
    ReleaseMedia,
    SendAnswer,
    SendInvite,
    SendRejection,
    SendRinging,
    StartTimer,
    StopTimer,
    Timer,
)
from widget.calls.events import (
    AgentLeft,
    AgentReturned,
    AnswerRequested,
    AudioFailed,
    BothSilent,
    CarrierAnswered,
    CarrierFailed,
    CarrierFault,
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
from widget.calls.termination import HANGING_DIRECTION, VERDICTS, Cause, EndedBy, Termination, cause_of_rejection
from widget.calls.transfer import Transfer, TransferKind, TransferState
from widget.calls.transitions import TRANSITIONS, start_call, start_inbound_call, transition

START = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
LIMITS = Limits(ring_seconds=45, call_seconds=14_400, reattach_seconds=60)


TRANSFERRING: tuple[type[Event], ...] = (TransferRequested, TransferTaken, TransferMade, TransferRefused, FarEndsJoined)
JOINED: tuple[type[Event], ...] = (OtherSideLeft, BothSilent)
BLIND = TransferRequested(TransferKind.BLIND, "12025550123")
ATTENDED = replace(BLIND, kind=TransferKind.ATTENDED)


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
        (CarrierFailed(CarrierFault.LOST), Cause.TRANSPORT_FAILED),
        (CarrierFailed(CarrierFault.FULL), Cause.UNAVAILABLE),
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
    # SIP gives no provisional, second answer or rejection after the answer; hold is for calls that are answered.
    unanswered: set[tuple[CallState, type[Event]]] = {
        (CallState.TALKING, event) for event in (CarrierRang, CarrierAnswered, CarrierRejected)
    }
    unanswered |= {(CallState.TALKING, event) for event in (AnswerRequested, RejectRequested)}
    unanswered |= {(CallState.CALLING, event) for event in (AnswerRequested, RejectRequested)}
    holding = {
        (state, event)
        for state in (CallState.CALLING, CallState.RINGING)
        for event in (HoldRequested, HoldRefused, FarEndHeld, *TRANSFERRING)
    }
    joined = {(state, event) for state in live for event in JOINED}
    assert missing == unanswered | holding | joined


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
    st.builds(MuteRequested, st.booleans()),
    st.builds(HoldRequested, st.booleans()),
    st.just(HoldRefused()),
    st.builds(FarEndHeld, st.booleans()),
    st.just(AnswerRequested()),
    st.just(RejectRequested()),
    st.builds(TimerFired, st.sampled_from(Timer)),
    st.just(BLIND),
    st.just(TransferTaken()),
    st.just(TransferMade()),
    st.builds(TransferRefused, st.integers(0, 699)),
    st.just(FarEndsJoined()),
    st.just(OtherSideLeft()),
    st.just(BothSilent()),
)


@given(st.lists(events, max_size=12), st.sampled_from(Direction))
def test_the_page_always_sees_the_promised_order(happened: list[Event], direction: Direction) -> None:
    """cc-sdk-contract.md: 1, at most one 2, then either 3 followed by 4, or 5; each once. Inbound calls begin at 2."""
    call = new_call() if direction is Direction.OUTBOUND else inbound_call()
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
        (2,), (2, 3), (2, 3, 4), (2, 5),
    }  # fmt: skip
    assert released == (call.state is CallState.ENDED)
    assert (call.termination is not None) == (call.state in {CallState.BRIDGED, CallState.ENDED})


def inbound_call() -> Call:
    return start_inbound_call(id="c2", number="12025550199", limits=LIMITS, now=at(0))[0]


def test_an_inbound_call_rings_and_is_answered() -> None:
    call, commands = start_inbound_call(id="c2", number="1", limits=LIMITS, now=at(0))
    assert (call.state, commands) == (CallState.RINGING, (SendRinging(), StartTimer(Timer.RING, 45)))
    call, commands = transition(call, AnswerRequested(), at(1))
    assert call.state is CallState.TALKING
    assert commands[0] == SendAnswer()
    call, _ = transition(call, CarrierHungUp(), at(5))
    assert call.termination == Termination(Cause.CUSTOMER_HUNG_UP, 200)
    assert call.duration_seconds == 4


@pytest.mark.parametrize(
    ("event", "cause", "code"),
    [
        (RejectRequested(), Cause.AGENT_REJECTED, 603),
        (HangUpRequested(), Cause.AGENT_REJECTED, 603),
        (TimerFired(Timer.RING), Cause.AGENT_NO_ANSWER, 480),
    ],
)
def test_an_inbound_call_that_nobody_takes_gets_a_final_response(event: Event, cause: Cause, code: int) -> None:
    call, commands = transition(inbound_call(), event, at(1))
    assert call.termination == Termination(cause, code)
    assert commands[0] == SendRejection(code)


def test_a_caller_who_gives_up_is_no_customer_who_hung_up() -> None:
    call, commands = transition(inbound_call(), CarrierHungUp(), at(1))
    assert call.termination == Termination(Cause.CALLER_GAVE_UP, 487)
    assert not any(isinstance(command, SendRejection | HangUpCarrier) for command in commands)


def test_an_outbound_call_has_nothing_to_answer_or_reject() -> None:
    ringing, _ = after(CarrierRang())
    for event in (AnswerRequested(), RejectRequested()):
        assert transition(ringing, event, at(2)) == (ringing, ())


def test_hold_is_offered_once_and_taken_back_when_it_is_refused() -> None:
    talking, _ = after(CarrierAnswered("sdp"))
    held, commands = transition(talking, HoldRequested(), at(2))
    assert (held.held, commands) == (True, (OfferHold(on=True),))
    assert transition(held, HoldRequested(), at(3)) == (held, ())
    refused, _ = transition(held, HoldRefused(), at(3))
    assert not refused.held
    resumed, commands = transition(held, HoldRequested(on=False), at(4))
    assert (resumed.held, commands) == (False, (OfferHold(on=False),))


def test_mute_and_the_far_ends_hold_are_fields_not_states() -> None:
    talking, _ = after(CarrierAnswered("sdp"))
    muted, commands = transition(talking, MuteRequested(), at(2))
    assert (muted.state, muted.muted, commands) == (CallState.TALKING, True, ())
    held, _ = transition(muted, FarEndHeld(), at(3))
    assert (held.held_by_far_end, held.muted) == (True, True)
    assert transition(held, FarEndHeld(), at(4)) == (held, ())


def test_a_transfer_is_asked_for_taken_and_ends_the_call() -> None:
    call, asked = after(CarrierAnswered("sdp"), BLIND, TransferTaken(), TransferMade())
    wanted = Transfer(TransferKind.BLIND, "12025550123")
    assert PassOn(wanted) in asked
    assert HangUpCarrier("Transferred") in asked
    assert call.termination == Termination(Cause.TRANSFERRED, 200)
    assert call.transfer == replace(wanted, state=TransferState.DONE)


def test_one_transfer_at_a_time_and_another_after_one_that_failed() -> None:
    once, _ = after(CarrierAnswered("sdp"), BLIND)
    assert transition(once, BLIND, at(3)) == (once, ())
    failed, _ = transition(once, TransferRefused(), at(4))
    _, commands = transition(failed, BLIND, at(5))
    assert commands == (PassOn(Transfer(TransferKind.BLIND, "12025550123")),)


@pytest.mark.parametrize(
    ("before", "code", "state"), [([], 481, TransferState.REFUSED), ([TransferTaken()], 486, TransferState.FAILED)]
)
def test_a_far_end_that_does_not_transfer_is_told_from_a_party_that_was_not_reached(
    before: list[Event], code: int, state: TransferState
) -> None:
    call, asked = after(CarrierAnswered("sdp"), BLIND, *before, TransferRefused(code))
    assert call.transfer == Transfer(TransferKind.BLIND, "12025550123", state=state, sip_code=code)
    assert call.state is CallState.TALKING
    assert not any(isinstance(command, HangUpCarrier | JoinFarEnds) for command in asked)


@pytest.mark.parametrize(
    "before",
    [[BLIND], [ATTENDED], [ATTENDED, TransferTaken()]],
    ids=["blind", "attended", "attended, tried in vain by the carrier"],
)
def test_what_the_carrier_does_not_do_we_do_ourselves(before: list[Event]) -> None:
    call, asked = after(CarrierAnswered("sdp"), *before, TransferRefused(405))
    assert asked[-1] == JoinFarEnds()
    assert call.transfer is not None
    assert (call.transfer.state, call.transfer.by_server) == (TransferState.TAKEN, True)
    assert transition(call, BLIND, at(9)) == (call, ())
    failed, commands = transition(call, TransferRefused(486), at(9))
    assert failed.transfer is not None
    assert (failed.state, failed.transfer.state, failed.transfer.sip_code) == (
        CallState.TALKING,
        TransferState.FAILED,
        486,
    )
    assert commands == ()


def test_what_a_colleague_refuses_nobody_else_does() -> None:
    call, asked = after(CarrierAnswered("sdp"), replace(BLIND, agent_id=7), TransferRefused(486))
    assert call.transfer is not None
    assert call.transfer.state is TransferState.REFUSED
    assert JoinFarEnds() not in asked


def test_a_far_end_that_leaves_while_we_call_the_new_party_has_hung_up() -> None:
    call, _ = after(CarrierAnswered("sdp"), BLIND, TransferRefused(405), CarrierHungUp())
    assert call.termination == Termination(Cause.CUSTOMER_HUNG_UP, 200)


def test_a_call_goes_on_without_its_agent_and_ends_when_the_carrier_says_so() -> None:
    call, asked = after(CarrierAnswered("sdp"), BLIND, TransferRefused(405), FarEndsJoined())
    assert (call.state, call.call_status, call.bridged_at) == (CallState.BRIDGED, CallStatus.ENDED, at(4).wall)
    assert call.transfer is not None
    assert call.transfer.state is TransferState.DONE
    assert (call.termination, call.ended_at) == (Termination(Cause.TRANSFERRED, 200), None)
    assert ReleaseMedia() not in asked
    assert StopTimer(Timer.LENGTH) not in asked
    ended, commands = transition(call, CarrierHungUp("bye"), at(60))
    assert ended.termination == Termination(Cause.TRANSFERRED, 200, "bye")
    assert (ended.duration_seconds, ended.ended_at, ended.bridged_at) == (59, at(60).wall, at(4).wall)
    assert commands[0] == ReleaseMedia()


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        (OtherSideLeft(), Cause.TRANSFERRED),
        (BothSilent(), Cause.FELL_SILENT),
        (ServerStopping(), Cause.SERVER_STOPPED),
        (RelayLost(), Cause.RELAY_LOST),
        (TimerFired(Timer.LENGTH), Cause.CALL_TOO_LONG),
    ],
)
def test_without_an_agent_a_call_never_stays_open(event: Event, cause: Cause) -> None:
    call, _ = after(CarrierAnswered("sdp"), FarEndsJoined())
    ended, commands = transition(call, event, at(60))
    assert ended.termination is not None
    assert (ended.state, ended.termination.cause) == (CallState.ENDED, cause)
    assert isinstance(commands[0], HangUpCarrier)


def test_without_an_agent_nobody_waits_for_one() -> None:
    call, asked = after(CarrierAnswered("sdp"), AgentLeft(), FarEndsJoined())
    assert asked[-1] == StopTimer(Timer.REATTACH)
    for late in (
        TimerFired(Timer.REATTACH),
        TimerFired(Timer.RING),
        AgentReturned(),
        HangUpRequested(),
        TransferMade(),
    ):
        assert transition(call, late, at(60)) == (call, ())


def test_far_ends_may_hold_each_other() -> None:
    call, _ = after(CarrierAnswered("sdp"), FarEndsJoined(), FarEndHeld())
    assert (call.state, call.held_by_far_end) == (CallState.BRIDGED, True)


def test_a_far_end_that_leaves_after_taking_the_transfer_was_transferred() -> None:
    """RFC 5589 section 6.1: it may release our call before, or without, a report of the new one."""
    call, asked = after(CarrierAnswered("sdp"), BLIND, TransferTaken(), CarrierHungUp())
    assert call.termination == Termination(Cause.TRANSFERRED, 200)
    assert not any(isinstance(command, HangUpCarrier) for command in asked)
    early, _ = after(CarrierAnswered("sdp"), BLIND, CarrierHungUp())
    assert early.termination == Termination(Cause.CUSTOMER_HUNG_UP, 200)


def test_late_news_of_a_transfer_that_nobody_asked_for_changes_nothing() -> None:
    talking, _ = after(CarrierAnswered("sdp"))
    for event in (TransferTaken(), TransferRefused(486)):
        assert transition(talking, event, at(3)) == (talking, ())


def two_routes() -> Call:
    return start_call(id="c1", number="1", limits=LIMITS, now=at(0), routes=2)[0]


@pytest.mark.parametrize(
    "event",
    [
        CarrierFailed(CarrierFault.SILENT),
        CarrierFailed(CarrierFault.TRANSPORT),
        CarrierFailed(CarrierFault.AUTHENTICATION),
        CarrierRejected(503),
    ],
)
def test_a_trunk_that_fails_before_ringing_is_followed_by_the_next(event: Event) -> None:
    call, commands = transition(two_routes(), event, at(1))
    assert (call.state, commands) == (CallState.CALLING, (SendInvite(),))
    call, _ = transition(call, event, at(2))
    assert call.state is CallState.ENDED


@pytest.mark.parametrize("event", [CarrierRejected(486), CarrierRejected(603), CarrierFailed(CarrierFault.BAD_ANSWER)])
def test_what_the_called_party_decides_is_not_asked_again_elsewhere(event: Event) -> None:
    assert transition(two_routes(), event, at(1))[0].state is CallState.ENDED


def test_who_may_be_ringing_already_is_not_rung_elsewhere() -> None:
    """The connection broke after a provisional response, so no CANCEL can have reached the carrier."""
    assert transition(two_routes(), CarrierFailed(CarrierFault.LOST), at(1))[0].state is CallState.ENDED


def test_a_full_trunk_is_followed_by_the_next() -> None:
    call, commands = transition(two_routes(), CarrierFailed(CarrierFault.FULL), at(1))
    assert (call.state, commands) == (CallState.CALLING, (SendInvite(),))


def test_a_call_that_rang_stays_with_its_trunk() -> None:
    ringing, _ = transition(two_routes(), CarrierRang(), at(1))
    assert transition(ringing, CarrierRejected(503), at(2))[0].state is CallState.ENDED


def test_every_cause_has_a_verdict_and_every_verdict_a_direction() -> None:
    assert set(VERDICTS) == set(Cause)
    assert set(HANGING_DIRECTION) == set(EndedBy)
    assert all(0 <= verdict.hangup_reason <= 9 for verdict in VERDICTS.values())


@given(st.integers(300, 699))
def test_every_final_response_has_a_cause(code: int) -> None:
    assert cause_of_rejection(code) in Cause
