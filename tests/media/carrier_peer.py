"""A carrier's media end for tests: one UDP socket on loopback."""

import asyncio
import socket

from widget.media.addresses import open_udp
from widget.media.rtcp import ControlPacket, parse
from widget.media.rtp import RtpHeader, parse_header

PATIENCE_SECONDS = 20


class CarrierPeer:
    def __init__(self) -> None:
        self._socket, self._control = _open_pair()
        self.remote: tuple[str, int] = ("127.0.0.1", 9)
        self.ssrc = 0x2000

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def send(
        self, payload: bytes, *, sequence: int, timestamp: int, payload_type: int = 0, marker: bool = False
    ) -> None:
        header = RtpHeader(
            payload_type=payload_type, sequence=sequence, timestamp=timestamp, ssrc=self.ssrc, marker=marker
        )
        self.send_datagram(header.pack() + payload)

    def send_datagram(self, data: bytes) -> None:
        self._socket.sendto(data, self.remote)

    async def receive(self) -> tuple[RtpHeader, bytes]:
        datagram = await self.receive_datagram()
        header = parse_header(datagram)
        assert header is not None
        return header, header.payload_of(datagram)

    async def receive_datagram(self) -> bytes:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 2048), PATIENCE_SECONDS)

    def send_control(self, data: bytes) -> None:
        """RTCP, from our odd port to the other side's."""
        host, port = self.remote
        self._control.sendto(data, (host, port + 1))

    async def receive_control(self) -> list[ControlPacket]:
        return parse(await self.receive_control_datagram())

    async def receive_control_datagram(self) -> bytes:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._control, 2048), PATIENCE_SECONDS)

    def close(self) -> None:
        self._socket.close()
        self._control.close()


def _open_pair() -> tuple[socket.socket, socket.socket]:
    """Two neighbouring ports, the lower one even."""
    while True:
        media = open_udp("127.0.0.1", 0)
        port = media.getsockname()[1]
        try:
            if port % 2 == 0:
                return media, open_udp("127.0.0.1", port + 1)
        except OSError:
            # Taken by somebody else: look further.
            pass
        media.close()
