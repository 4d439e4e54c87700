"""Every codec into every other and back to linear audio, by ear (Goertzel)."""

import itertools

import pytest
from av import FFmpegError

from tests.media.tones import heard, level, payloads
from widget.media.transcoder.codecs import DECODED_RATES, Resampler, decoder, packet_ms_of

CODECS = tuple(DECODED_RATES)


@pytest.mark.parametrize("encoding", CODECS)
@pytest.mark.parametrize("packet_ms", [10, 20, 40, 60])
def test_a_tone_survives_its_codec(encoding: str, packet_ms: int) -> None:
    samples = heard(encoding, payloads(encoding, 1000 // packet_ms, packet_ms=packet_ms))
    seconds = 1000 // packet_ms * packet_ms / 1000
    assert len(samples) == seconds * DECODED_RATES[encoding]
    assert level(encoding, samples[len(samples) // 2 :]) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("source", "destination"), list(itertools.permutations((8000, 16000, 48000), 2)))
def test_as_much_comes_out_of_a_resampler_as_went_in(source: int, destination: int) -> None:
    resampler = Resampler(source, destination)
    assert {len(resampler.convert(bytes(2 * source // 50))) for _ in range(20)} == {2 * destination // 50}


def test_two_channels_of_opus_are_heard_as_one() -> None:
    """What a browser would send with ``stereo=1``."""
    samples = heard("opus", _stereo())
    assert level("opus", samples[len(samples) // 2 :]) == pytest.approx(0.5, abs=0.1)


def _stereo() -> list[bytes]:
    """The tone in the left channel alone."""
    from fractions import Fraction

    from av import AudioFrame
    from av.codec import Codec

    context = Codec("libopus", "w").create("audio")
    context.sample_rate, context.layout, context.format = 48000, "stereo", "s16"
    packets = []
    mono = heard("PCMU", payloads("PCMU", 50))
    for number in range(50):
        frame = AudioFrame(format="s16", layout="stereo", samples=960)
        pairs = bytearray()
        for sample in mono[160 * number : 160 * (number + 1)]:
            pairs += (sample.to_bytes(2, "little", signed=True) + b"\0\0") * 6
        frame.planes[0].update(bytes(pairs))
        frame.sample_rate, frame.time_base, frame.pts = 48000, Fraction(1, 48000), 960 * number
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets


def test_a_payload_of_another_codec_is_refused() -> None:
    with pytest.raises(FFmpegError):
        decoder("opus").decode(b"\xff" * 40)


def test_opus_knows_but_some_lengths() -> None:
    assert [packet_ms_of("opus", wanted) for wanted in (10, 20, 30, 60)] == [10, 20, 20, 60]
    assert packet_ms_of("G722", 30) == 30
