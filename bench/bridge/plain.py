"""A bridge as one writes it with aiortc alone: its tracks, its codecs, a UDP socket per call. The usual way, to compare
with; nothing of the product is in it but how RTP headers are read."""

import asyncio
import fractions
from collections.abc import Awaitable, Callable
from typing import Any

from aioice import Candidate
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.codecs.g711 import PcmuDecoder, PcmuEncoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame

from widget.media.rtp import RtpHeader, parse_header

_TIME_BASE = fractions.Fraction(1, 8000)


class CarrierSide(asyncio.DatagramProtocol):
    """RTP of one call towards the carrier."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[Any] = asyncio.Queue(maxsize=10)
        self._decoder = PcmuDecoder()

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        header = parse_header(data)
        if header is not None and not self.frames.full():
            frame = JitterFrame(data=header.payload_of(data), timestamp=header.timestamp)
            for decoded in self._decoder.decode(frame):
                self.frames.put_nowait(decoded)


class CarrierTrack(MediaStreamTrack):
    """What the browser hears."""

    kind = "audio"

    def __init__(self, side: CarrierSide) -> None:
        super().__init__()
        self._side = side

    async def recv(self) -> AudioFrame:
        frame: AudioFrame = await self._side.frames.get()
        frame.time_base = _TIME_BASE
        return frame


class PlainBridge:
    """One peer connection and one UDP socket per call."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._peers: list[RTCPeerConnection] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """There is nothing to start."""

    async def connect(self, number: int, offer: str, host: str, port: int) -> tuple[str, tuple[str, int]]:
        loop = asyncio.get_running_loop()
        transport, side = await loop.create_datagram_endpoint(CarrierSide, local_addr=(self._host, 0))
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._peers.append(peer)
        transceiver = peer.addTransceiver(CarrierTrack(side), direction="sendrecv")
        capabilities = RTCRtpReceiver.getCapabilities("audio")
        assert capabilities is not None
        transceiver.setCodecPreferences([codec for codec in capabilities.codecs if codec.name == "PCMU"])
        peer.on("track", lambda track: self._spawn(_to_carrier(track, transport, (host, port))))
        await peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
        _gather_on(peer, self._host)
        await peer.setLocalDescription(await peer.createAnswer())
        return peer.localDescription.sdp, transport.get_extra_info("sockname")

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        await asyncio.gather(*(peer.close() for peer in self._peers))


async def _to_carrier(track: MediaStreamTrack, transport: asyncio.DatagramTransport, carrier: tuple[str, int]) -> None:
    encoder, sequence, timestamp = PcmuEncoder(), 0, 0
    while True:
        try:
            frame: Any = await track.recv()
        except MediaStreamError:
            return
        payloads, _ = encoder.encode(frame)
        for payload in payloads:
            header = RtpHeader(payload_type=0, sequence=sequence, timestamp=timestamp, ssrc=1)
            transport.sendto(header.pack() + payload, carrier)
            sequence, timestamp = sequence + 1, timestamp + len(payload)


def _gather_on(peer: RTCPeerConnection, host: str) -> None:
    """aioice would use every interface but loopback."""
    connection: Any = peer.getTransceivers()[0].receiver.transport.transport._connection
    gather: Callable[[int, list[str]], Awaitable[list[Candidate]]] = connection.get_component_candidates

    async def gather_on_host(component: int, addresses: list[str]) -> list[Candidate]:
        return await gather(component, [host])

    connection.get_component_candidates = gather_on_host
