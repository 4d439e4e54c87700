"""A new INVITE in the place of a call (RFC 3891), as a PBX sends it when its phone hands us on."""

import pytest

from tests.sip.far_end import CALLEE, CALLER, TRUNK, Pair
from tests.sip.virtual import SDP, VirtualNetwork, start_agent
from widget.sip.events import Answered, Confirmed, HungUp, MediaAnswered, MediaChanged
from widget.sip.outgoing import OutgoingCall
from widget.sip.trunk import Trunk
from widget.sip.user_agent import UserAgent

THIRD = ("192.0.2.3", 5060)


@pytest.fixture
def pair(network: VirtualNetwork) -> Pair:
    return Pair(network)


def talking(pair: Pair) -> OutgoingCall:
    call = pair.caller.call(TRUNK)
    pair.run()
    pair.call.answer(SDP)
    pair.run()
    return call


def replaces(call: OutgoingCall, *, more: str = "") -> str:
    """As the third party writes it: our tag is its to-tag."""
    assert call.dialog
    known = call.dialog.id
    return f"{known.call_id};to-tag={known.local_tag};from-tag={known.remote_tag}{more}"


def ask_for_the_place(network: VirtualNetwork, value: str, sdp: str = "from the third") -> None:
    """The third party's INVITE, written by hand: our own agent refuses to send such a header."""
    network.send(
        THIRD,
        CALLER,
        (
            f"INVITE sip:cc@{CALLER[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {THIRD[0]};branch=z9hG4bKthird\r\n"
            f"From: <sip:3@x>;tag=third\r\nTo: <sip:cc@{CALLER[0]}>\r\nCall-ID: third\r\nCSeq: 1 INVITE\r\n"
            f"Contact: <sip:3@{THIRD[0]}>\r\nMax-Forwards: 70\r\nRequire: replaces\r\nReplaces: {value}\r\n"
            f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}"
        ).encode(),
    )


def acknowledge(network: VirtualNetwork) -> None:
    response = next(each for each in network.log if each.start == "200 INVITE" and each.target == THIRD)
    lines = {key: value for key, _, value in (line.partition(": ") for line in response.data.decode().split("\r\n"))}
    network.send(
        THIRD,
        CALLER,
        (
            f"ACK sip:cc@{CALLER[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {THIRD[0]};branch=z9hG4bKack\r\n"
            f"From: {lines['From']}\r\nTo: {lines['To']}\r\nCall-ID: third\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n"
        ).encode(),
    )


def test_our_call_goes_on_with_the_third_party(pair: Pair) -> None:
    call = talking(pair)
    ask_for_the_place(pair.network, replaces(call))
    pair.run()
    change = pair.caller.events[-1]
    assert isinstance(change, MediaChanged)
    assert change.sdp == "from the third"
    change.answer("ours")
    pair.run()
    acknowledge(pair.network)
    pair.run(1)
    assert pair.events == [Confirmed(), HungUp()]
    assert [type(event) for event in pair.caller.events[2:]] == [MediaChanged]
    call.hang_up()
    pair.run()
    assert [each.start for each in pair.network.log if each.target == THIRD][-1] == "BYE"
    pair.run(100)
    assert pair.caller.events[-1] == HungUp(local=True)
    assert not pair.network.clock.pending


def test_a_refused_change_leaves_the_call_as_it_was(pair: Pair) -> None:
    call = talking(pair)
    ask_for_the_place(pair.network, replaces(call))
    pair.run()
    change = pair.caller.events[-1]
    assert isinstance(change, MediaChanged)
    change.answer(None)
    pair.run()
    assert pair.network.starts()[-1] == "488 INVITE"
    assert pair.events == [Confirmed()]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda value: value.replace("call-1", "call-2"), 481),
        (lambda value: value.replace("from-tag=", "from-tag=x"), 481),
        (lambda value: f"{value};early-only", 486),
        (lambda value: value.partition(";")[0], 400),
        (lambda value: value.replace("to-tag", "tag"), 400),
    ],
)
def test_what_does_not_name_an_answered_call_of_ours_is_refused(pair: Pair, change: object, code: int) -> None:
    call = talking(pair)
    assert callable(change)
    ask_for_the_place(pair.network, change(replaces(call)))
    pair.run()
    assert pair.network.starts()[-1] == f"{code} INVITE"
    assert isinstance(pair.caller.events[-1], Answered)


def test_a_stranger_is_met_with_silence(network: VirtualNetwork) -> None:
    caller = start_agent(network, CALLER, on_invite=lambda call: call.ignore(), admits=lambda host: host == CALLEE[0])
    assert isinstance(caller.agent, UserAgent)
    ask_for_the_place(network, "a;to-tag=b;from-tag=c")
    network.clock.run(1)
    assert network.starts(CALLER) == []


def test_the_third_party_may_leave_the_offer_to_us(pair: Pair) -> None:
    call = pair.caller.call(Trunk(id=1, host=CALLEE[0]))
    pair.run()
    pair.call.answer(SDP)
    pair.run()
    ask_for_the_place(pair.network, replaces(call), sdp="")
    pair.run()
    change = pair.caller.events[-1]
    assert isinstance(change, MediaChanged)
    assert change.sdp == ""
    change.answer("our offer")
    pair.run()
    assert not any(isinstance(event, MediaAnswered) for event in pair.caller.events)
