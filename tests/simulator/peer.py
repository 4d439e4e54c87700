"""The other end of a call's RTP, for tests: a bare UDP socket that waits for packets, never for time."""

import asyncio
from types import TracebackType
from typing import Self

from widget.media.rtp import RtpHeader, parse_header
from widget.sip.offer_answer import RemoteAudio


class RtpPeer(asyncio.DatagramProtocol):
    """Collects the packets it receives; use it as an asynchronous context manager."""

    def __init__(self) -> None:
        self.packets: list[tuple[RtpHeader, bytes]] = []
        self._arrived = asyncio.Event()
        self._transport: asyncio.DatagramTransport | None = None
        self._next = (0, 0)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transport is not None
        self._transport.close()
        await asyncio.sleep(0)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        header = parse_header(data)
        assert header is not None
        self.packets.append((header, header.payload_of(data)))
        self._arrived.set()

    @property
    def port(self) -> int:
        assert self._transport is not None
        port: int = self._transport.get_extra_info("sockname")[1]
        return port

    def remote(self, *, codec: str = "PCMU", receives: bool = True, ptime_ms: int = 20) -> RemoteAudio:
        """This peer as an answer would describe it."""
        return RemoteAudio(
            host="127.0.0.1",
            port=self.port,
            codec=codec,
            payload_type={"PCMU": 0, "PCMA": 8}[codec],
            dtmf_payload_type=101,
            sends=True,
            receives=receives,
            ptime_ms=ptime_ms,
        )

    def send(
        self, address: tuple[str, int], payload: bytes, *, payload_type: int = 0, timestamp: int | None = None
    ) -> None:
        """Send one packet; its timestamp follows the last one's if none is given."""
        assert self._transport is not None
        sequence, following = self._next
        timestamp = following if timestamp is None else timestamp
        header = RtpHeader(payload_type=payload_type, sequence=sequence, timestamp=timestamp, ssrc=4711)
        self._next = (sequence + 1, timestamp + (len(payload) if payload_type in {0, 8} else 0))
        self._transport.sendto(header.pack() + payload, address)

    def send_raw(self, address: tuple[str, int], datagram: bytes) -> None:
        """Send anything."""
        assert self._transport is not None
        self._transport.sendto(datagram, address)

    async def wait_for(self, count: int) -> list[tuple[RtpHeader, bytes]]:
        """The first packets received, once there are so many."""
        while len(self.packets) < count:
            self._arrived.clear()
            await self._arrived.wait()
        return self.packets[:count]
