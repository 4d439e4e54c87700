"""A voice for the tests' user agent: RTP with a loud tone, and what the far end says."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

FRAME_SECONDS = 0.02
FRAME = 160
LOUD = bytes([0x0F] * 8 + [0x8F] * 8) * 10
SILENCE = frozenset({0x7F, 0xFF, 0x7E, 0xFE})
HEADER = struct.Struct("!BBHII")
Address = tuple[str, int]


class Voice(asyncio.DatagramProtocol):
    """`heard` counts packets that were not silent."""

    def __init__(self) -> None:
        self.heard = 0
        self.transport: asyncio.DatagramTransport
        self.port = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, source: Address) -> None:
        self.heard += not SILENCE.issuperset(data[HEADER.size :])

    async def speak(self, host: str, port: int, packets: int) -> None:
        """PCMU, one packet each 20 ms."""
        for number in range(packets):
            header = HEADER.pack(0x80, 0, number, number * FRAME, 0x1234)
            self.transport.sendto(header + LOUD, (host, port))
            await asyncio.sleep(FRAME_SECONDS)


@asynccontextmanager
async def voice() -> AsyncIterator[Voice]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Voice, local_addr=("127.0.0.1", 0))
    try:
        yield protocol
    finally:
        transport.close()
