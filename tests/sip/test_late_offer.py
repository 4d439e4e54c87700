"""Calls without an offer of ours: the carrier's 200 has it, and our ACK the answer (RFC 3261 section 13.2.1)."""

import pytest

from tests.sip.far_end import CALLEE, CALLER, Pair, drop_first
from tests.sip.virtual import SDP, VirtualNetwork
from widget.sip.events import Answered, Confirmed, Failed, FailureCause, HungUp, MediaAnswered, MediaChanged, Trying
from widget.sip.trunk import Trunk

TRUNK = Trunk(id=1, host=CALLEE[0], late_offer=True, reliable_provisional=True)


@pytest.fixture
def pair(network: VirtualNetwork) -> Pair:
    return Pair(network)


def offered(pair: Pair) -> MediaChanged:
    """The far end's offer, as our side hears it."""
    return next(event for event in pair.caller.events if isinstance(event, MediaChanged))


def acks(pair: Pair) -> list[bytes]:
    return [each.data for each in pair.network.log if each.source == CALLER and each.start == "ACK"]


def test_the_answer_is_in_the_ack(pair: Pair) -> None:
    call = pair.caller.call(TRUNK)
    pair.run()
    invite = pair.network.log[0].data.decode()
    assert invite.endswith("Content-Length: 0\r\n\r\n")
    assert "Content-Type" not in invite
    assert "100rel" not in invite
    assert "Accept: application/sdp" in invite
    assert pair.call.sdp == ""
    pair.call.answer(SDP)
    pair.run()
    assert [type(event) for event in pair.caller.events] == [Trying, MediaChanged]
    offered(pair).answer("our answer")
    pair.run()
    assert pair.caller.events[-1] == Answered("")
    assert pair.events == [Confirmed("our answer")]
    assert b"Content-Type: application/sdp\r\n" in acks(pair)[0]
    call.change_media(SDP)
    pair.run()
    assert isinstance(pair.events[-1], MediaChanged)
    pair.events[-1].answer("held")
    pair.run()
    call.hang_up()
    pair.run()
    assert MediaAnswered("held") in pair.caller.events
    assert HungUp() in pair.events


def test_while_the_owner_thinks_nothing_is_acknowledged_and_the_same_ack_is_repeated(pair: Pair) -> None:
    pair.network.judge = drop_first("ACK")
    pair.caller.call(TRUNK)
    pair.run()
    pair.call.answer(SDP)
    pair.run(4)
    assert not acks(pair)
    offered(pair).answer("our answer")
    pair.run(5)
    assert len(set(acks(pair))) == 1 < len(acks(pair))
    assert pair.events == [Confirmed("our answer")]


def test_no_media_in_common_is_released(pair: Pair) -> None:
    pair.caller.call(TRUNK)
    pair.run()
    pair.call.answer(SDP)
    pair.run()
    offered(pair).answer(None)
    offered(pair).answer("too late")
    pair.run()
    assert pair.caller.events[-1] == Failed(FailureCause.BAD_ANSWER)
    assert pair.network.starts(CALLER) == ["INVITE", "ACK", "BYE"]


def test_hanging_up_before_the_answer_acknowledges_first(pair: Pair) -> None:
    call = pair.caller.call(TRUNK)
    pair.run()
    pair.call.answer(SDP)
    pair.run()
    call.hang_up()
    offered(pair).answer("too late")
    pair.run()
    assert pair.caller.events[-1] == HungUp(local=True)
    assert pair.network.starts(CALLER) == ["INVITE", "ACK", "BYE"]


def test_a_far_end_that_hangs_up_meanwhile_gets_its_ack_first(pair: Pair) -> None:
    pair.caller.call(TRUNK)
    pair.run()
    pair.call.answer(SDP)
    pair.run()
    pair.call.hang_up()
    pair.run()
    offered(pair).answer("our answer")
    pair.run()
    assert pair.caller.events[-2:] == [Answered(""), HungUp()]
    assert pair.network.starts(CALLER) == ["INVITE", "ACK", "200 BYE"]


def test_a_200_without_an_offer_either_is_no_call(pair: Pair) -> None:
    pair.caller.call(TRUNK)
    pair.run()
    pair.call.answer("")
    pair.run()
    assert pair.caller.events[-1] == Failed(FailureCause.BAD_ANSWER)
