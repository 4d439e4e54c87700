"""Dispatch: what is answered, what is refused, what is dropped without a word; starting and closing."""

import asyncio
import gc
import logging
import socket
from dataclasses import dataclass, field

import pytest

from tests.sip.callers import until
from tests.sip.virtual import SDP, Caller, VirtualNetwork, VirtualTransport, start_agent
from widget.sip.config import UserAgentConfig
from widget.sip.events import Failed, FailureCause, Rejected, SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.message import Response, parse_message
from widget.sip.timers import Timers
from widget.sip.transport import Address, MessageTransport
from widget.sip.trunk import Transport, Trunk
from widget.sip.user_agent import UserAgent

US = ("192.0.2.1", 5060)
THEM = ("192.0.2.2", 5060)


@dataclass
class RawPeer:
    """Sends text, keeps what comes back."""

    network: VirtualNetwork
    received: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        VirtualTransport(self.network, THEM, self._receive)

    def _receive(self, data: bytes, _source: Address, _transport: MessageTransport) -> None:
        self.received.append(data)

    def say(
        self, method: str, *lines: str, branch: str = "z9hG4bK1", cseq: int = 1, tag: str = "", body: str = ""
    ) -> None:
        to_tag = f";tag={tag}" if tag else ""
        text = "\r\n".join(
            [
                f"{method} sip:100@192.0.2.1 SIP/2.0",
                f"Via: SIP/2.0/UDP 192.0.2.2:5060;branch={branch};rport",
                "From: <sip:200@192.0.2.2>;tag=them",
                f"To: <sip:100@192.0.2.1>{to_tag}",
                "Call-ID: raw-1",
                f"CSeq: {cseq} {method}",
                "Contact: <sip:200@192.0.2.2>",
                *lines,
                "",
                body,
            ]
        )
        self.network.send(THEM, US, text.encode())
        self.network.clock.run(0.1)

    def responses(self) -> list[Response]:
        parsed = [parse_message(data) for data in self.received]
        return [each for each in parsed if isinstance(each, Response)]

    def codes(self) -> list[int]:
        return [response.code for response in self.responses()]


@pytest.fixture
def peer(network: VirtualNetwork) -> RawPeer:
    return RawPeer(network)


@pytest.fixture
def calls(network: VirtualNetwork) -> list[IncomingCall]:
    """Calls that reached a user agent which takes them and does nothing."""
    found: list[IncomingCall] = []
    start_agent(network, US, on_invite=found.append)
    return found


def test_options_is_answered(network: VirtualNetwork, peer: RawPeer) -> None:
    start_agent(network, US)
    peer.say("OPTIONS")
    (response,) = peer.responses()
    assert response.code == 200
    assert response.header("Allow") == "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, NOTIFY, PRACK, INFO"
    assert response.header("Accept") == "application/sdp, multipart/mixed"
    assert response.tokens("Supported") == ("timer", "100rel", "replaces")
    assert response.to_tag


def test_calls_are_dropped_without_a_word_when_nobody_wants_them(network: VirtualNetwork, peer: RawPeer) -> None:
    start_agent(network, US)
    peer.say("INVITE", body=SDP)
    peer.say("INVITE", body=SDP)
    assert not peer.received


@pytest.mark.parametrize(
    ("method", "lines", "tag", "code"),
    [
        ("BYE", (), "unknown", 481),
        ("BYE", (), "", 481),
        ("INVITE", (), "unknown", 481),
        ("CANCEL", (), "", 481),
        ("SUBSCRIBE", (), "", 405),
        ("INFO", (), "", 481),
        ("NOTIFY", ("Event: message-summary", "Subscription-State: active"), "", 481),
        ("UPDATE", (), "", 481),
        ("PRACK", ("RAck: 1 1 INVITE",), "", 481),
        ("PUBLISH", (), "", 405),
        ("MESSAGE", (), "", 405),
        ("REFER", (), "", 405),
        ("BREW", (), "", 501),
        ("OPTIONS", ("Require: 100rel, x-magic",), "", 420),
        ("INVITE", ("Require: x-magic",), "", 420),
    ],
)
def test_refusals(
    calls: list[IncomingCall], peer: RawPeer, method: str, lines: tuple[str, ...], tag: str, code: int
) -> None:
    peer.say(method, *lines, tag=tag)
    assert peer.codes() == [code]
    assert not calls
    response = peer.responses()[0]
    if code == 420:
        assert response.tokens("Unsupported") == ("x-magic",)
    if code in {405, 501}:
        assert response.header("Allow")


def test_ack_is_never_answered(calls: list[IncomingCall], peer: RawPeer) -> None:
    peer.say("ACK", tag="unknown")
    peer.say("ACK")
    assert not peer.received
    assert not calls


def test_one_invite_is_one_call(calls: list[IncomingCall], peer: RawPeer) -> None:
    for _ in range(3):
        peer.say("INVITE", "Content-Type: application/sdp", body=SDP)
    assert len(calls) == 1
    assert peer.codes() == [100, 100, 100]


def test_same_invite_over_another_way_is_refused_as_merged(calls: list[IncomingCall], peer: RawPeer) -> None:
    peer.say("INVITE")
    peer.say("INVITE", branch="z9hG4bK2")
    assert peer.codes() == [100, 482]
    assert len(calls) == 1


def test_repeated_bye_gets_the_same_answer(calls: list[IncomingCall], peer: RawPeer) -> None:
    peer.say("INVITE")
    calls[0].answer(SDP)
    peer.network.clock.run(0.1)
    tag = peer.responses()[-1].to_tag
    peer.say("ACK", branch="z9hG4bK-ack", tag=tag)
    peer.say("BYE", branch="z9hG4bK-bye", tag=tag, cseq=2)
    peer.say("BYE", branch="z9hG4bK-bye", tag=tag, cseq=2)
    assert peer.codes()[-2:] == [200, 200]
    assert peer.received[-1] == peer.received[-2]


def test_old_request_in_a_dialog_is_refused(calls: list[IncomingCall], peer: RawPeer) -> None:
    peer.say("INVITE", cseq=5)
    calls[0].answer(SDP)
    peer.network.clock.run(0.1)
    tag = peer.responses()[-1].to_tag
    peer.say("ACK", branch="z9hG4bK-ack", tag=tag, cseq=5)
    peer.say("BYE", branch="z9hG4bK-bye", tag=tag, cseq=4)
    assert peer.codes()[-1] == 500


def test_body_of_another_type_is_refused(calls: list[IncomingCall], peer: RawPeer) -> None:
    peer.say("INVITE", "Content-Type: text/plain", body="hello")
    assert peer.codes() == [415]
    assert not calls


def test_ignored_call_is_silent(network: VirtualNetwork, peer: RawPeer) -> None:
    start_agent(network, US, on_invite=lambda call: call.ignore())
    for _ in range(3):
        peer.say("INVITE")
    assert not peer.received


def test_bye_before_the_answer_ends_the_call(calls: list[IncomingCall], peer: RawPeer) -> None:
    peer.say("INVITE")
    calls[0].ring()
    peer.network.clock.run(0.1)
    peer.say("BYE", branch="z9hG4bK-bye", cseq=2, tag=peer.responses()[-1].to_tag)
    assert sorted(peer.codes()[2:]) == [200, 487]
    assert calls[0].ended


def test_reinvite_before_the_answer_must_wait(calls: list[IncomingCall], peer: RawPeer) -> None:
    peer.say("INVITE")
    calls[0].ring()
    peer.network.clock.run(0.1)
    peer.say("INVITE", branch="z9hG4bK2", cseq=2, tag=peer.responses()[-1].to_tag)
    refused = peer.responses()[-1]
    assert refused.code == 500
    assert 1 <= int(refused.header("Retry-After")) <= 10


@pytest.mark.parametrize("data", [b"\r\n\r\n", b"\0", b"\r\n", b""])
def test_keep_alives_are_not_worth_a_line(
    network: VirtualNetwork, peer: RawPeer, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    agent = start_agent(network, US)
    agent.agent.receive(data, THEM, agent.transport)
    assert not caplog.records


def test_malformed_input_is_dropped_with_one_line(
    network: VirtualNetwork, peer: RawPeer, caplog: pytest.LogCaptureFixture
) -> None:
    agent = start_agent(network, US)
    for _ in range(100):
        agent.agent.receive(b"Evil: \x1b[2J\r\n\r\n", THEM, agent.transport)
    assert len(caplog.records) == 1
    assert "\x1b" not in caplog.text
    assert not peer.received


def test_stray_response_changes_nothing(network: VirtualNetwork, peer: RawPeer) -> None:
    agent = start_agent(network, US)
    call = agent.call(Trunk(id=1, host=THEM[0]))
    network.clock.run(0.1)
    invite = parse_message(peer.received[0])
    forged = (
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKguess\r\n"
        f"From: {invite.header('From')}\r\nTo: {invite.header('To')};tag=evil\r\n"
        f"Call-ID: {invite.call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:evil@192.0.2.66>\r\n\r\n"
    )
    network.send(("192.0.2.66", 5060), US, forged.encode())
    network.clock.run(0.1)
    assert not agent.events
    assert not call.ended


def test_secrets_and_hostile_text_stay_out_of_the_log(
    network: VirtualNetwork, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def taken(call: IncomingCall) -> None:
        if call.challenge("r", "joe", "s3cret"):
            call.reject(486, "Evil\u202etext")

    start_agent(network, THEM, on_invite=taken)
    agent = start_agent(network, US)
    agent.call(Trunk(id=1, host=THEM[0], username="joe", password="s3cret"))
    network.clock.run(0.1)
    assert agent.events == [Rejected(486, "Evil\u202etext")]
    assert "s3cret" not in caplog.text
    assert "response=" not in caplog.text
    assert "\u202e" not in caplog.text
    assert all("call=call-1" in record.getMessage() for record in caplog.records if "stray" not in record.getMessage())


# On real sockets.


async def test_call_leaves_over_the_address_that_routes_to_the_trunk() -> None:
    seen: list[str] = []
    callee = UserAgent(UserAgentConfig(host="127.0.0.2"), on_invite=lambda call: seen.append(call.header("Contact")))
    caller = UserAgent(UserAgentConfig())
    await callee.start()
    await caller.start()
    port = caller.address[1]
    trunk = Trunk(id=1, host="127.0.0.2", port=callee.address[1])
    caller.invite(trunk, call_id="c", number="1", caller="", sdp=SDP, on_event=lambda _event: None)
    await until(lambda: bool(seen))
    await caller.close()
    await callee.close()
    assert seen == [f"<sip:cc@127.0.0.1:{port}>"]


async def test_unresolvable_trunk_fails_the_call() -> None:
    agent = UserAgent(UserAgentConfig(host="127.0.0.1"))
    await agent.start()
    events: list[SipEvent] = []
    trunk = Trunk(id=1, host="no such host")
    agent.invite(trunk, call_id="c", number="1", caller="", sdp=SDP, on_event=events.append)
    await agent.close()
    assert events in ([Failed(FailureCause.TRANSPORT)], [Rejected(487, "Request Terminated")])


async def test_tls_never_falls_back_to_plain_text() -> None:
    agent = UserAgent(UserAgentConfig(host="127.0.0.1"))
    await agent.start()
    events: list[SipEvent] = []
    trunk = Trunk(id=1, host="127.0.0.1", transport=Transport.TLS)
    agent.invite(trunk, call_id="c", number="1", caller="", sdp=SDP, on_event=events.append)
    await asyncio.sleep(0)
    await agent.close()
    assert events == [Failed(FailureCause.TRANSPORT)]


async def test_close_hangs_up_and_leaves_nothing_behind() -> None:
    def answer(call: IncomingCall) -> None:
        call.answer(SDP)

    callee = UserAgent(UserAgentConfig(host="127.0.0.1"), on_invite=answer)
    caller = UserAgent(UserAgentConfig(host="127.0.0.1"))
    await callee.start()
    await caller.start()
    events: list[SipEvent] = []
    trunk = Trunk(id=1, host="127.0.0.1", port=callee.address[1])
    for number in range(5):
        caller.invite(trunk, call_id=f"c{number}", number="1", caller="", sdp=SDP, on_event=events.append)
    await until(lambda: len(events) == 5)
    await caller.close()
    await callee.close()
    await caller.close()
    assert len(events) == 10
    assert len(asyncio.all_tasks()) == 1
    gc.collect()


async def test_close_is_bounded_when_nobody_answers() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        agent = UserAgent(UserAgentConfig(host="127.0.0.1", timers=Timers(t1=0.01)))
        await agent.start()
        trunk = Trunk(id=1, host="127.0.0.1", port=silent.getsockname()[1])
        events: list[SipEvent] = []
        agent.invite(trunk, call_id="c", number="1", caller="", sdp=SDP, on_event=events.append)
        named = Trunk(id=2, host="localhost", port=silent.getsockname()[1])
        agent.invite(named, call_id="d", number="1", caller="", sdp=SDP, on_event=events.append)
        await asyncio.sleep(0)
        await agent.close(timeout_seconds=0.05)
    assert len(events) == 2
    assert len(asyncio.all_tasks()) == 1


def test_user_agent_that_is_not_started_says_so() -> None:
    with pytest.raises(RuntimeError):
        UserAgent(UserAgentConfig()).add_trunk(Trunk(id=1, host="h", registers=True))


def test_caller_is_what_the_trunk_prescribes(network: VirtualNetwork, calls: list[IncomingCall]) -> None:
    agent: Caller = start_agent(network, THEM)
    for trunk in (
        Trunk(id=1, host=US[0], caller_id="+12025550199"),
        Trunk(id=2, host=US[0], username="joe"),
        Trunk(id=3, host=US[0]),
    ):
        for given in ("200", ""):
            agent.agent.invite(
                trunk, call_id=f"{trunk.id}-{given}", number="1", caller=given, sdp=SDP, on_event=agent.events.append
            )
    network.clock.run(0.1)
    assert [call.caller for call in calls] == ["+12025550199", "+12025550199", "200", "joe", "200", "anonymous"]
