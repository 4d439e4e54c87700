"""A carrier in few words: each method has one answer, by bytes, over UDP, TCP or TLS."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from widget.sip.tls import TlsOptions, server_context

COPIED = re.compile(r"(?im)^(Via|v|From|f|To|t|Call-ID|i|CSeq):[^\r\n]*\r\n")

Answer = Callable[[str, str], str]
"""Method and whole request → status and phrase, more header lines and a body where there are any; "" is silence."""


def always(**answers: str) -> Answer:
    """One answer per method; what is not named is silence."""
    return lambda method, _request: answers.get(method, "")


def respond(answer: Answer, request: str) -> bytes:
    """The response to a request, b"" for none."""
    status = answer(request.partition(" ")[0], request)
    if not status:
        return b""
    head, _, body = status.partition("\r\n\r\n")
    line, _, own = head.partition("\r\n")
    copied = "".join(match[0] for match in COPIED.finditer(request))
    copied = re.sub(r"(?im)^(To|t):(?!.*;tag=)([^\r\n]*)", r"\1:\2;tag=curt", copied)
    more = f"{own}\r\n" if own else ""
    return f"SIP/2.0 {line}\r\n{copied}{more}Content-Length: {len(body)}\r\n\r\n{body}".encode()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, peer: tuple[str, int]) -> None:
        if response := respond(self._answer, data.decode()):
            self._transport.sendto(response, peer)


@asynccontextmanager
async def over_udp(answer: Answer) -> AsyncIterator[int]:
    """Its port on loopback."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(answer), ("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def over_stream(answer: Answer, identity: TlsOptions | None = None) -> AsyncIterator[int]:
    """TCP, and TLS with an identity."""
    open_ones: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lstrip()
                length = re.search(r"(?im)^(?:content-length|l): *([0-9]+)", head)
                body = (await reader.readexactly(int(length[1]) if length else 0)).decode()
                writer.write(respond(answer, head + body))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    context = server_context(identity) if identity else None
    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for writer in open_ones:
            writer.transport.abort()
        await listening.wait_closed()
