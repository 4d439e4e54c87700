"""A carrier's media end for tests: one UDP socket on loopback."""

import asyncio
import socket

from widget.media.rtp import RtpHeader, parse_header


class CarrierPeer:
    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(("127.0.0.1", 0))
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
        datagram = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 2048), 5)
        header = parse_header(datagram)
        assert header is not None
        return header, header.payload_of(datagram)

    def close(self) -> None:
        self._socket.close()
