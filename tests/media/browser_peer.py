"""A browser for tests: an aiortc peer whose audio is whatever RTP packets the test sends."""

import asyncio

from aioice import Candidate
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from widget.media.aiortc_hooks import keep_media_out
from widget.media.rtcp import ControlPacket, parse
from widget.media.rtp import RtpHeader, parse_header

TELEPHONE_EVENT = 126


class BrowserPeer:
    """Offers like Chrome: PCMU, PCMA and telephone-event 126, without candidates; ``is_wide``: Opus (96), G.722."""

    def __init__(self, *, is_wide: bool = False) -> None:
        self._is_wide = is_wide
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self._pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._transceiver = self._pc.addTransceiver("audio")
        self.dtls = self._transceiver.receiver.transport
        # Neither decoder nor silence generator: the test is both ends of the codec.
        keep_media_out(self._transceiver)
        self.dtls._handle_rtp_data = self._take  # type: ignore[method-assign] # the test is the receiver
        self.controls: asyncio.Queue[bytes] = asyncio.Queue()
        self.dtls._handle_rtcp_data = self._take_control  # type: ignore[method-assign] # as above
        self._stay_on_loopback()
        self.ssrc = 0x1000

    def _stay_on_loopback(self) -> None:
        """aioice would use every interface but this one."""
        connection = self.dtls.transport._connection
        gather = connection.get_component_candidates

        async def gather_on_loopback(component: int, addresses: list[str]) -> list[Candidate]:
            return await gather(component, ["127.0.0.1"])

        connection.get_component_candidates = gather_on_loopback  # type: ignore[assignment, method-assign] # see above

    async def _take(self, data: bytes, arrival_time_ms: int) -> None:
        self.received.put_nowait(data)

    async def _take_control(self, data: bytes) -> None:
        self.controls.put_nowait(data)

    async def send_control(self, data: bytes) -> None:
        await self.dtls._send_rtp(data)

    async def receive_control(self) -> list[ControlPacket]:
        return parse(await asyncio.wait_for(self.controls.get(), 8))

    async def offer(self) -> str:
        await self._pc.setLocalDescription(await self._pc.createOffer())
        formats, left_out = ("96 9 0 8", ()) if self._is_wide else ("0 8", ("a=rtpmap:96", "a=rtpmap:9 "))
        lines = [
            line.replace("SAVPF 96 9 0 8", f"SAVPF {formats} {TELEPHONE_EVENT}")
            for line in self._pc.localDescription.sdp.splitlines()
            if not line.startswith(("a=candidate", "a=end-of-candidates", *left_out))
        ]
        return "\r\n".join([*lines, f"a=rtpmap:{TELEPHONE_EVENT} telephone-event/8000", ""])

    async def accept(self, answer: str) -> None:
        await self._pc.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))

    async def send(
        self, payload: bytes, *, sequence: int, timestamp: int, payload_type: int = 0, marker: bool = False
    ) -> None:
        header = RtpHeader(
            payload_type=payload_type, sequence=sequence, timestamp=timestamp, ssrc=self.ssrc, marker=marker
        )
        await self.dtls._send_rtp(header.pack() + payload)

    async def receive(self) -> tuple[RtpHeader, bytes]:
        datagram = await asyncio.wait_for(self.received.get(), 5)
        header = parse_header(datagram)
        assert header is not None
        return header, header.payload_of(datagram)

    @property
    def address(self) -> tuple[str, int]:
        """Where our datagrams come from, as ICE chose it."""
        candidate = self.dtls.transport._connection._nominated[1].local_candidate
        return candidate.host, candidate.port

    async def send_datagram(self, data: bytes) -> None:
        """A datagram from the connected address that is no media."""
        await self.dtls.transport._connection.send(data)

    async def vanish(self) -> None:
        """Stop without a word, as a browser whose machine went away."""
        await self.dtls.transport._connection.close()

    async def close(self) -> None:
        await self._pc.close()
