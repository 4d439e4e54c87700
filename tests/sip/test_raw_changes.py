"""Changes within a call by a far end that is not as we would be: refreshes, refusals and silence, byte by byte."""

import pytest

from tests.sip.far_end import TRUNK
from tests.sip.raw_callee import RawCallee
from tests.sip.virtual import SDP, Caller, VirtualNetwork
from widget.sip.events import Answered, HungUp, MediaAnswered, MediaChanged, MediaRefused, SipEvent
from widget.sip.outgoing import OutgoingCall

NO_UPDATE = "Allow: INVITE, ACK, BYE"
WE_REFRESH = ("Session-Expires: 200;refresher=uac", "Require: timer")
THEY_REFRESH = ("Session-Expires: 200;refresher=uas", "Require: timer")


@pytest.fixture
def far(network: VirtualNetwork) -> RawCallee:
    return RawCallee(network)


def call_up(caller: Caller, far: RawCallee, *lines: str) -> OutgoingCall:
    """A call that the far end answered, with these headers in its 200."""
    call = caller.call(TRUNK)
    far.run()
    far.answer(*lines)
    assert isinstance(told(caller), Answered)
    return call


def told(caller: Caller) -> SipEvent:
    """What the owner heard last."""
    return caller.events[-1]


def answer_change(caller: Caller, far: RawCallee) -> None:
    """What the owner says to the far end's offer."""
    change = told(caller)
    assert isinstance(change, MediaChanged)
    change.answer(SDP)
    far.run()


def test_a_refused_refresh_is_nobody_elses_business(caller: Caller, far: RawCallee) -> None:
    call = call_up(caller, far, *WE_REFRESH, NO_UPDATE)
    far.run(100)
    assert far.request("INVITE").cseq == 2
    far.reply(488)
    assert not any(isinstance(event, MediaRefused) for event in caller.events)
    far.run(100)
    assert far.request("INVITE").cseq == 3
    far.reply(200, body=SDP)
    assert told(caller) == MediaAnswered(SDP)
    call.change_media(SDP)
    far.run()
    far.reply(488)
    assert told(caller) == MediaRefused(488)


def test_a_reinvite_without_session_expires_takes_nobodys_call(caller: Caller, far: RawCallee) -> None:
    call_up(caller, far, *THEY_REFRESH)
    far.run(100)
    far.ask("INVITE", "Supported: timer", body=SDP)
    answer_change(caller, far)
    far.ask("ACK")
    assert far.response("200 INVITE").header("Session-Expires") == "200;refresher=uas"
    far.run(99)
    assert "BYE" not in far.starts()
    far.run(2)
    assert far.request("INVITE").cseq == 2


def test_an_answer_without_session_expires_leaves_the_refreshing_to_us(caller: Caller, far: RawCallee) -> None:
    call = call_up(caller, far, *THEY_REFRESH)
    far.run(100)
    call.change_media(SDP)
    far.run()
    far.reply(200, body=SDP)
    far.run(99)
    assert far.request("INVITE").cseq == 2
    far.run(2)
    assert far.request("INVITE").cseq == 3
    far.run(100)
    assert told(caller) == HungUp(local=True)


def test_a_longer_session_is_asked_for_when_a_change_gets_422(caller: Caller, far: RawCallee) -> None:
    call = call_up(caller, far, *WE_REFRESH)
    call.change_media(SDP)
    far.run()
    far.reply(422, "Min-SE: 600")
    assert far.request("INVITE").header("Session-Expires") == "600;refresher=uac"
    far.reply(422, "Min-SE: 600")
    assert told(caller) == MediaRefused(422)


def test_a_change_that_is_never_answered_is_taken_back(caller: Caller, far: RawCallee) -> None:
    call = call_up(caller, far)
    call.change_media(SDP)
    far.run()
    far.reply(100)
    far.run(31)
    far.ask("INVITE", body=SDP)
    assert far.starts()[-1] == "491 INVITE"
    far.run(2)
    assert "CANCEL" in far.starts()
    far.reply(200, to="CANCEL")
    far.reply(487)
    assert told(caller) == MediaRefused(487)
    far.ask("INVITE", body=SDP)
    answer_change(caller, far)
    assert far.starts()[-1] == "200 INVITE"


def test_a_far_end_that_says_nothing_after_100_is_gone(caller: Caller, far: RawCallee) -> None:
    call = call_up(caller, far)
    call.change_media(SDP)
    far.run()
    far.reply(100)
    far.run(70)
    assert "BYE" in far.starts()
    far.reply(200, to="BYE")
    assert told(caller) == HungUp(local=True)
