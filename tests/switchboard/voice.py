"""A loud tone in every codec, and how loud it is at the other end, by FFmpeg's encoders and decoders."""

import array
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import av
from av.audio.codeccontext import AudioCodecContext

LOUD = 4000
PACKETS = 500
PACKETS_PER_SECOND = 50
HERTZ = 440


@dataclass(frozen=True, slots=True)
class Coding:
    """FFmpeg's names of encoder and decoder, samples per second, and RTP timestamp units per second."""

    encoder: str
    decoder: str
    rate: int
    clock_rate: int


CODINGS = {
    "PCMU": Coding("pcm_mulaw", "pcm_mulaw", 8000, 8000),
    "PCMA": Coding("pcm_alaw", "pcm_alaw", 8000, 8000),
    "G722": Coding("g722", "g722", 16_000, 8000),
    "opus": Coding("libopus", "libopus", 48_000, 48_000),
}


def encoded(codec: str) -> Iterator[tuple[bytes, int]]:
    """Ten seconds in packets of 20 ms, each with its RTP timestamp."""
    coding = CODINGS[codec]
    encoder = cast(AudioCodecContext, av.CodecContext.create(coding.encoder, "w"))
    encoder.sample_rate, encoder.layout, encoder.format = coding.rate, "mono", av.AudioFormat("s16")
    size = coding.rate // PACKETS_PER_SECOND
    number = 0
    for place in range(PACKETS):
        wave = (12_000 * math.sin(2 * math.pi * HERTZ * (place * size + i) / coding.rate) for i in range(size))
        frame = av.AudioFrame(format="s16", layout="mono", samples=size)
        frame.planes[0].update(array.array("h", map(int, wave)).tobytes())
        frame.sample_rate, frame.pts = coding.rate, place * size
        for packet in encoder.encode(frame):
            yield bytes(packet), number * coding.clock_rate // PACKETS_PER_SECOND
            number += 1


class Decoder:
    """One stream's."""

    def __init__(self, codec: str) -> None:
        coding = CODINGS[codec]
        self._context = cast(AudioCodecContext, av.CodecContext.create(coding.decoder, "r"))
        self._context.sample_rate, self._context.layout = coding.rate, "mono"
        self._context.format = av.AudioFormat("s16")

    def loudness(self, payload: bytes) -> int:
        """The highest sample of a packet."""
        resampler = av.AudioResampler(format="s16", layout="mono")
        frames = [made for frame in self._context.decode(av.Packet(payload)) for made in resampler.resample(frame)]
        samples = [abs(sample) for frame in frames for sample in memoryview(bytes(frame.planes[0])).cast("h")]
        return max(samples, default=0)
