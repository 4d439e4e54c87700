"""Asks a service whether it answers, in its own protocol; each probe returns when it does."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

RETRANSMIT_SECONDS = 0.5  # T1 of RFC 3261 section 17.1.2.1


class ProbeError(Exception):
    """The service answered, but not as it should."""


async def http(host: str, port: int, path: str) -> None:
    """GET a path and expect 200; its socket listens before the service runs, so the request simply waits for it.

    Raises ProbeError for any other answer.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        status = (await reader.readline()).decode(errors="replace").split()
    finally:
        writer.close()
    if status[1:2] != ["200"]:
        raise ProbeError(f"http://{host}:{port}{path} answered {' '.join(status) or 'nothing'}")


async def sip(host: str, port: int) -> None:
    """Send OPTIONS (RFC 3261 section 11) over UDP, retransmitting as a client transaction would, until any response."""
    loop = asyncio.get_running_loop()
    answered = asyncio.Event()
    transport, _ = await loop.create_datagram_endpoint(lambda: _AnyDatagram(answered), local_addr=(host, 0))
    try:
        request = _options(host, port, transport.get_extra_info("sockname")[1])
        while not answered.is_set():
            transport.sendto(request, (host, port))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), RETRANSMIT_SECONDS)
    finally:
        transport.close()


def _options(host: str, port: int, own_port: int) -> bytes:
    token = secrets.token_hex(8)
    lines = (
        f"OPTIONS sip:{host}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {host}:{own_port};branch=z9hG4bK{token};rport",
        "Max-Forwards: 70",
        f"From: <sip:probe@{host}>;tag={token}",
        f"To: <sip:{host}:{port}>",
        f"Call-ID: {token}",
        "CSeq: 1 OPTIONS",
        "Content-Length: 0",
    )
    return "\r\n".join((*lines, "", "")).encode()


class _AnyDatagram(asyncio.DatagramProtocol):
    def __init__(self, arrived: asyncio.Event) -> None:
        self._arrived = arrived

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._arrived.set()
