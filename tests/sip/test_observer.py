"""An observer sees every message of a call, over every transport, as it was on the wire."""

import asyncio
from dataclasses import dataclass, field

import pytest

from tests.sip.virtual import SDP
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, HungUp, SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.transport import Address, MessageTransport
from widget.sip.trunk import Transport, Trunk
from widget.sip.user_agent import UserAgent

LOOPBACK = UserAgentConfig(host="127.0.0.1", session_seconds=0)


@dataclass
class Witness:
    """Notes the start of each message and where it went or came from."""

    notes: list[str] = field(default_factory=list)
    peers: set[tuple[Address, Transport]] = field(default_factory=set)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def sent(self, data: bytes, remote: Address, transport: MessageTransport) -> None:
        self._note(">", data, remote, transport)
        self.answered.set()

    def received(self, data: bytes, call_id: str, remote: Address, transport: MessageTransport) -> None:
        assert call_id == "watched"
        self._note("<", data, remote, transport)

    def _note(self, arrow: str, data: bytes, remote: Address, transport: MessageTransport) -> None:
        words = data.partition(b"\r\n")[0].decode().split(" ")
        self.notes.append(f"{arrow}{words[1] if words[0] == 'SIP/2.0' else words[0]}")
        self.peers.add((remote, transport.kind))


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_sees_a_whole_call(transport: Transport) -> None:
    ours, theirs = Witness(), Witness()
    callee = UserAgent(LOOPBACK, on_invite=lambda call: call.answer(SDP), observer=theirs)
    caller = UserAgent(LOOPBACK, observer=ours)
    await callee.start()
    await caller.start()
    try:
        await call_and_hang_up(caller, Trunk(id=1, host="127.0.0.1", port=callee.address[1], transport=transport))
        assert ours.peers == {(callee.address, transport)}
    finally:
        await caller.close()
        await callee.close()
    assert ours.notes == [">INVITE", "<200", ">ACK", ">BYE", "<200"]
    assert theirs.notes == ["<INVITE", ">200", "<ACK", "<BYE", ">200"]


async def call_and_hang_up(caller: UserAgent, trunk: Trunk) -> None:
    over = asyncio.Event()

    def hear(event: SipEvent) -> None:
        if isinstance(event, Answered):
            call.hang_up()
        elif isinstance(event, HungUp):
            over.set()

    call = caller.invite(trunk, call_id="watched", number="100", caller="200", sdp=SDP, on_event=hear)
    async with asyncio.timeout(20):
        await over.wait()


async def test_what_is_no_sip_is_not_shown() -> None:
    witness = Witness()
    agent = UserAgent(LOOPBACK, on_invite=IncomingCall.ignore, observer=witness)
    await agent.start()
    try:
        peer, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=agent.address
        )
        peer.sendto(b"INVITE nonsense")
        peer.sendto(options(agent.address))
        async with asyncio.timeout(20):
            await witness.answered.wait()
        peer.close()
    finally:
        await agent.close()
    assert witness.notes == ["<OPTIONS", ">200"]


def options(target: Address) -> bytes:
    lines = (
        "OPTIONS sip:127.0.0.1 SIP/2.0",
        "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1;rport",
        "From: <sip:a@127.0.0.1>;tag=1",
        "To: <sip:b@127.0.0.1>",
        "Call-ID: watched",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()
