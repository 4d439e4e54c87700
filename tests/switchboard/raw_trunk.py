"""A carrier on a real UDP port that writes every byte itself, called by a whole switchboard."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from widget.sip.message import Request, Response, parse_message
from widget.sip.offer_answer import make_offer
from widget.sip.transport import Address

SDP = make_offer(host="127.0.0.1", port=40000, codecs=["PCMU"], session_id=1)
NO_AUDIO = SDP.replace("m=audio 40000 RTP/AVP 0", "m=audio 0 RTP/AVP 0")
WAIT_SECONDS = 20


@dataclass
class RawTrunk(asyncio.DatagramProtocol):
    """Keeps what comes; ``invite`` is the first of our requests."""

    came: list[Request | Response] = field(default_factory=list)
    peer: Address = ("", 0)
    cseq: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self.peer = addr
        message = parse_message(data)
        if not (isinstance(message, Request) and message.method == "OPTIONS"):
            self.came.append(message)
            self._news.set()

    async def heard(self, holds: Callable[[Request | Response], bool]) -> Request | Response:
        """The newest message of this kind, awaited."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                self._news.clear()
                if found := next((each for each in reversed(self.came) if holds(each)), None):
                    return found
                await self._news.wait()

    async def asked(self, method: str, cseq: int = 0) -> Request:
        """The newest request of this method, at least with this number."""
        found = await self.heard(lambda each: isinstance(each, Request) and each.method == method and each.cseq >= cseq)
        assert isinstance(found, Request)
        return found

    async def told(self, code: int, method: str) -> Response:
        """The newest such response."""
        found = await self.heard(
            lambda each: isinstance(each, Response) and (each.code, each.cseq_method) == (code, method)
        )
        assert isinstance(found, Response)
        return found

    def count(self, method: str) -> int:
        """How many transactions of ours had it."""
        return len({each.via.branch for each in self.came if isinstance(each, Request) and each.method == method})

    async def reply(self, code: int, *lines: str, to: str = "INVITE", body: str = "", tag: str = "far") -> None:
        """A response to the newest request of the method ``to``."""
        request = await self.asked(to)
        remote = request.header("To") if request.to_tag else f"{request.header('To')};tag={tag}"
        copied = [f"{name}: {request.header(name)}" for name in ("Via", "From", "Call-ID", "CSeq")]
        self._say([f"SIP/2.0 {code} As The Test Says", *copied, f"To: {remote}", *lines], body)

    async def ask(self, method: str, *lines: str, body: str = "", tag: str = "far") -> None:
        """A request in the call."""
        invite = await self.asked("INVITE")
        self.cseq += method not in {"ACK", "CANCEL"}
        self._say(
            [
                f"{method} {invite.header('Contact').strip('<>')} SIP/2.0",
                f"Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{method}{self.cseq};rport",
                f"From: {invite.header('To').partition(';tag=')[0]};tag={tag}",
                f"To: {invite.header('From')}",
                f"Call-ID: {invite.call_id}",
                f"CSeq: {self.cseq} {method}",
                *lines,
            ],
            body,
        )

    def _say(self, lines: list[str], body: str) -> None:
        host, port = self.transport.get_extra_info("sockname")
        is_typed = not body or any(line.startswith("Content-Type:") for line in lines)
        typed = [] if is_typed else ["Content-Type: application/sdp"]
        head = [*lines, f"Contact: <sip:far@{host}:{port}>", *typed, f"Content-Length: {len(body)}"]
        self.transport.sendto("\r\n".join((*head, "", body)).encode(), self.peer)


@asynccontextmanager
async def raw_trunk() -> AsyncIterator[RawTrunk]:
    """On a free port of loopback."""
    transport, trunk = await asyncio.get_running_loop().create_datagram_endpoint(RawTrunk, ("127.0.0.1", 0))
    try:
        yield trunk
    finally:
        transport.close()
