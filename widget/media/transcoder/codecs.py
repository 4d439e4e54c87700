"""The codecs, on FFmpeg through PyAV: payloads to linear audio and back.

Linear audio is native-endian 16-bit mono in bytes. Every decoder has its rate (Hz), an encoder takes that for which it
was made, and whole packets only. Both keep state from packet to packet: one per stream.
"""

from fractions import Fraction
from typing import Final, Literal, Protocol

from av import AudioFrame, AudioResampler, Packet
from av.audio.codeccontext import AudioCodecContext
from av.codec import Codec

from widget.media.g711 import decode_alaw, decode_ulaw, encode_alaw, encode_ulaw

#: What RTP timestamps count in (RFC 3551 section 4.5.2 for G.722, RFC 7587 section 4.1).
CLOCK_RATES: Final = {"PCMU": 8000, "PCMA": 8000, "G722": 8000, "opus": 48000}
#: What linear audio comes out at. Opus is always decoded at its full rate.
DECODED_RATES: Final = {"PCMU": 8000, "PCMA": 8000, "G722": 16000, "opus": 48000}
SAMPLE_SIZE: Final = 2
#: Opus takes the rate that there is: narrow-band audio is coded as such and costs less.
_OPUS_RATES: Final = (8000, 16000, 48000)
_OPUS_BITS_PER_SECOND: Final = {8000: 20_000, 16000: 28_000, 48000: 32_000}
_OPUS_PACKETS_MS: Final = (10, 20, 40, 60)
#: What the encoder expects to be lost: some redundancy for the packets before (RFC 7587 section 3.3).
_OPUS_LOSS_PERCENT: Final = "5"
_USUAL_PACKET_MS: Final = 20

_LAWS: Final = {"PCMU": (decode_ulaw, encode_ulaw), "PCMA": (decode_alaw, encode_alaw)}


class Decoder(Protocol):
    def decode(self, payload: bytes) -> bytes: ...


class Encoder(Protocol):
    def encode(self, audio: bytes) -> bytes: ...


class _Law:
    """G.711 by our own tables: no frame of FFmpeg's is worth it."""

    def __init__(self, encoding: str) -> None:
        self.decode, self.encode = _LAWS[encoding]


class _AvDecoder:
    def __init__(self, name: str, rate: int) -> None:
        self._context = _context(name, "r", rate)

    def decode(self, payload: bytes) -> bytes:
        """Raises ``av.FFmpegError`` for a payload that is none of this codec's."""
        return b"".join(_samples_of(frame) for frame in self._context.decode(Packet(payload)))


class _AvEncoder:
    def __init__(self, name: str, rate: int, **options: str) -> None:
        self._context = _context(name, "w", rate)
        self._context.options = options
        if name == "libopus":
            self._context.bit_rate = _OPUS_BITS_PER_SECOND[rate]
        self._rate, self._position = rate, 0

    def encode(self, audio: bytes) -> bytes:
        frame = _frame(audio, self._rate)
        frame.pts = self._position
        self._position += frame.samples
        return b"".join(bytes(packet) for packet in self._context.encode(frame))


class Resampler:
    """From one rate to another. Its filter looks ahead by some 2 ms; the silence that it begins with stands for them,
    so that as much comes out as went in."""

    def __init__(self, source: int, destination: int) -> None:
        self._source, self._destination = source, destination
        self._resampler = AudioResampler(format="s16", layout="mono", rate=destination)
        self._is_primed = source == destination
        self._position = 0

    def convert(self, audio: bytes) -> bytes:
        if self._source == self._destination:
            return audio
        frame = _frame(audio, self._source)
        frame.pts = self._position
        self._position += frame.samples
        converted = b"".join(_samples_of(made) for made in self._resampler.resample(frame))
        if self._is_primed:
            return converted
        self._is_primed = True
        return bytes(len(audio) * self._destination // self._source - len(converted)) + converted


def decoder(encoding: str) -> Decoder:
    """For payloads of this name (as in SDP); :data:`DECODED_RATES` has its rate."""
    match encoding:
        case "G722":
            return _AvDecoder("g722", DECODED_RATES[encoding])
        case "opus":
            # Two channels in one payload come out as their mean.
            return _AvDecoder("libopus", DECODED_RATES[encoding])
        case _:
            return _Law(encoding)


def encoder(encoding: str, rate: int, packet_ms: int) -> Encoder:
    """For packets of ``packet_ms``; ``rate`` is that of :func:`encoded_rate`."""
    match encoding:
        case "G722":
            return _AvEncoder("g722", rate, frame_size=str(rate * packet_ms // 1000))
        case "opus":
            return _AvEncoder(
                "libopus",
                rate,
                application="voip",
                frame_duration=str(packet_ms),
                fec="1",
                packet_loss=_OPUS_LOSS_PERCENT,
            )
        case _:
            return _Law(encoding)


def encoded_rate(encoding: str, decoded_rate: int) -> int:
    """The rate at which to encode what was decoded at ``decoded_rate``."""
    if encoding == "opus" and decoded_rate in _OPUS_RATES:
        return decoded_rate
    return DECODED_RATES[encoding]


def packet_ms_of(encoding: str, wanted: int) -> int:
    """What a packet holds, milliseconds: Opus knows but some lengths (RFC 6716 section 2.1.4)."""
    return wanted if encoding != "opus" or wanted in _OPUS_PACKETS_MS else _USUAL_PACKET_MS


def _context(name: str, mode: Literal["r", "w"], rate: int) -> AudioCodecContext:
    context = Codec(name, mode).create("audio")
    context.sample_rate, context.layout, context.format = rate, "mono", "s16"
    return context


def _frame(audio: bytes, rate: int) -> AudioFrame:
    frame = AudioFrame(format="s16", layout="mono", samples=len(audio) // SAMPLE_SIZE)
    frame.planes[0].update(audio)
    frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
    return frame


def _samples_of(frame: AudioFrame) -> bytes:
    """What a frame holds, without the padding behind it."""
    return bytes(frame.planes[0])[: frame.samples * SAMPLE_SIZE]
