"""Reliable provisional responses, and changes of media before the answer (RFC 3262, RFC 3311)."""

import pytest

from tests.sip.far_end import CALLEE, CALLER, RELIABLE_TRUNK, TRUNK, Pair, drop_first
from tests.sip.virtual import SDP, VirtualNetwork
from widget.sip.events import (
    Answered,
    Cancelled,
    Confirmed,
    Failed,
    FailureCause,
    HungUp,
    MediaAnswered,
    MediaChanged,
    Progress,
    Rejected,
    Ringing,
    Trying,
)


@pytest.fixture
def pair(network: VirtualNetwork) -> Pair:
    return Pair(network)


def test_each_reliable_response_is_acknowledged_before_the_next(pair: Pair) -> None:
    call = pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.call.ring(183, "early")
    pair.call.ring()
    pair.call.answer("late")
    pair.run()
    call.hang_up()
    pair.run()
    assert pair.caller.events == [Trying(), Progress(183, "early"), Ringing(), Answered("early"), HungUp(local=True)]
    assert pair.events == [Confirmed(), HungUp()]
    assert pair.network.starts(CALLEE) == [
        "100 INVITE",
        "183 INVITE",
        "200 PRACK",
        "180 INVITE",
        "200 PRACK",
        "200 INVITE",
        "200 BYE",
    ]
    assert "Content-Type" not in pair.network.log[-4].data.decode()


def test_nothing_is_acknowledged_that_was_not_asked_for(pair: Pair) -> None:
    pair.caller.call(TRUNK)
    pair.run()
    pair.call.ring(183, SDP)
    pair.run()
    assert pair.network.starts(CALLER) == ["INVITE"]


@pytest.mark.parametrize("lost", ["183 INVITE", "PRACK", "200 PRACK"])
def test_a_loss_is_repaired(pair: Pair, lost: str) -> None:
    pair.network.judge = drop_first(lost, 3)
    pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.call.ring(183, SDP)
    pair.call.answer(SDP)
    pair.run(20)
    assert pair.caller.events == [Trying(), Progress(183, SDP), Answered(SDP)]
    assert pair.events == [Confirmed()]


def test_without_acknowledgement_the_call_is_refused(pair: Pair) -> None:
    pair.network.judge = lambda datagram: int(datagram.start != "PRACK")
    pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.call.ring(183, SDP)
    pair.run(40)
    assert pair.events == [Failed(FailureCause.TIMEOUT)]
    assert isinstance(pair.caller.events[-1], Rejected)
    assert pair.caller.events[-1].code == 504


def test_cancel_while_a_reliable_response_is_open(pair: Pair) -> None:
    call = pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.network.judge = drop_first("PRACK", 1)
    pair.call.ring(183, SDP)
    pair.call.answer(SDP)
    pair.run()
    call.hang_up()
    pair.run(40)
    assert pair.events == [Cancelled()]
    assert pair.caller.events[-1] == Rejected(487, "Request Terminated")
    pair.run(200)
    assert pair.network.clock.pending == 0


def test_the_far_end_moves_early_media(pair: Pair) -> None:
    pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.call.ring(183, "early")
    pair.run()
    pair.call.change_media("moved")
    pair.run()
    offer = pair.caller.events[-1]
    assert isinstance(offer, MediaChanged)
    assert offer.sdp == "moved"
    offer.answer("agreed")
    pair.run()
    pair.call.answer(SDP)
    pair.run()
    assert pair.events == [MediaAnswered("agreed"), Confirmed()]
    assert pair.caller.events[-1] == Answered("moved")
    assert "UPDATE" in pair.network.starts(CALLEE)


def test_we_move_early_media(pair: Pair) -> None:
    call = pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.call.ring(183, "early")
    pair.run()
    call.change_media("ours")
    pair.run()
    offer = pair.events[-1]
    assert isinstance(offer, MediaChanged)
    offer.answer("theirs")
    pair.run()
    assert MediaAnswered("theirs") in pair.caller.events
    pair.call.answer(SDP)
    pair.run()
    assert pair.caller.events[-1] == Answered("theirs")


def test_an_offer_before_the_first_is_answered_has_to_wait(pair: Pair) -> None:
    """Our side rings reliably but has described nothing yet."""
    pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.call.ring()
    pair.run()
    assert pair.call._session
    pair.call._session.has_agreed = True
    pair.call.change_media("too soon")
    pair.run()
    assert "500 UPDATE" in pair.network.starts(CALLER)


def test_an_unknown_acknowledgement_is_refused(pair: Pair) -> None:
    pair.caller.call(RELIABLE_TRUNK)
    pair.run()
    pair.call.ring(183, SDP)
    pair.run()
    prack = next(each for each in pair.network.log if each.start == "PRACK")
    again = prack.data.replace(b"branch=z9hG4bK", b"branch=z9hG4bKx").replace(b"2 PRACK", b"9 PRACK", 1)
    pair.network.send(CALLER, CALLEE, again.replace(b"CSeq: 2 ", b"CSeq: 9 "))
    pair.run()
    assert "481 PRACK" in pair.network.starts(CALLEE)
