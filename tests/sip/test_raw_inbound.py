"""Calls that come in from a carrier which challenges what we send within them, byte by byte."""

import pytest

from tests.sip.test_user_agent import THEM, US, RawPeer
from tests.sip.virtual import SDP, VirtualNetwork, start_agent
from widget.sip.auth import read_parameters
from widget.sip.events import HungUp, IncomingEvent, MediaAnswered, MediaRefused
from widget.sip.incoming import IncomingCall
from widget.sip.message import Request, parse_message
from widget.sip.trunk import Trunk

TRUNK = Trunk(id=1, host=THEM[0], username="joe", password="s3cret")
CHALLENGE = 'WWW-Authenticate: Digest realm="carrier", nonce="n", qop="auth"'


class Carrier:
    """It calls and is answered; `call` is what we have of it."""

    def __init__(self, network: VirtualNetwork, trunk: Trunk) -> None:
        self.peer = RawPeer(network)
        self.events: list[IncomingEvent] = []
        self.calls: list[IncomingCall] = []
        self._trunk = trunk
        start_agent(network, US, on_invite=self._invited)
        self.peer.say("INVITE", "Content-Type: application/sdp", body=SDP)
        self.call = self.calls[0]
        self.call.answer(SDP)
        network.clock.run(0.1)
        self.peer.say("ACK", branch="z9hG4bK2", tag=self.peer.responses()[-1].to_tag)

    def _invited(self, call: IncomingCall) -> None:
        call.on_event = self.events.append
        call.belongs_to(self._trunk)
        self.calls.append(call)

    def told(self) -> IncomingEvent:
        """What the owner heard last."""
        return self.events[-1]

    def requests(self, method: str) -> list[Request]:
        parsed = [parse_message(data) for data in self.peer.received]
        return [each for each in parsed if isinstance(each, Request) and each.method == method]

    def reply(self, code: int, method: str, *lines: str, body: str = "") -> None:
        """To our last request of this method."""
        request = self.requests(method)[-1]
        copied = [f"{name}: {request.header(name)}" for name in ("Via", "From", "To", "Call-ID", "CSeq")]
        typed = ["Content-Type: application/sdp"] if body else []
        text = "\r\n".join([f"SIP/2.0 {code} X", *copied, *typed, *lines, "", body])
        self.peer.network.send(THEM, US, text.encode())
        self.peer.network.clock.run(0.1)

    def change(self) -> None:
        self.call.change_media(SDP)
        self.peer.network.clock.run(0.1)


def test_a_challenged_bye_is_sent_again_with_the_trunks_credentials(network: VirtualNetwork) -> None:
    carrier = Carrier(network, TRUNK)
    carrier.call.hang_up()
    network.clock.run(0.1)
    carrier.reply(401, "BYE", CHALLENGE)
    first, second = carrier.requests("BYE")
    assert second.cseq == first.cseq + 1
    assert read_parameters(second.header("Authorization"))["username"] == "joe"
    assert not any(isinstance(event, HungUp) for event in carrier.events)
    carrier.reply(200, "BYE")
    assert carrier.told() == HungUp(local=True)


def test_a_challenged_hold_is_sent_again_with_the_trunks_credentials(network: VirtualNetwork) -> None:
    carrier = Carrier(network, TRUNK)
    carrier.change()
    carrier.reply(401, "INVITE", CHALLENGE)
    assert read_parameters(carrier.requests("INVITE")[-1].header("Authorization"))["nc"] == "00000001"
    carrier.reply(200, "INVITE", body=SDP)
    assert carrier.told() == MediaAnswered(SDP)
    assert "Authorization" in carrier.peer.received[-1].decode()
    carrier.change()
    assert read_parameters(carrier.requests("INVITE")[-1].header("Authorization"))["nc"] == "00000002"


def test_without_credentials_a_challenge_is_a_refusal(network: VirtualNetwork) -> None:
    carrier = Carrier(network, Trunk(id=1, host=THEM[0]))
    carrier.change()
    carrier.reply(401, "INVITE", CHALLENGE)
    assert carrier.told() == MediaRefused(401)
    carrier.call.hang_up()
    network.clock.run(0.1)
    carrier.reply(401, "BYE", CHALLENGE)
    assert carrier.told() == HungUp(local=True)


@pytest.mark.parametrize("seconds", [0.0, 0.4])
def test_both_sides_may_change_at_once(network: VirtualNetwork, seconds: float) -> None:
    """They own the Call-ID: our second try comes within two seconds, theirs later (section 14.1)."""
    carrier = Carrier(network, TRUNK)
    carrier.change()
    tag, typed = carrier.requests("INVITE")[-1].from_tag, "Content-Type: application/sdp"
    carrier.peer.say("INVITE", typed, tag=tag, branch="z9hG4bK3", cseq=2, body=SDP)
    assert carrier.peer.codes()[-1] == 491
    network.clock.run(seconds)
    carrier.reply(491, "INVITE")
    network.clock.run(2.1)
    assert len({each.cseq for each in carrier.requests("INVITE")}) == 2
    assert network.clock.time() < 5
