import pytest

from tests.simulator.goertzel import pressed_key, strength
from widget.simulator import audio
from widget.simulator.audio import DIGIT_FREQUENCIES, SAMPLE_RATE


def test_a_tone_has_its_frequencies_and_its_level() -> None:
    samples = audio.tone((440, 480), 1.0, level=0.25)
    assert len(samples) == SAMPLE_RATE
    assert strength(samples, 440) == pytest.approx(0.25 * 0x7FFF, rel=0.01)
    assert strength(samples, 480) == pytest.approx(0.25 * 0x7FFF, rel=0.01)
    assert strength(samples, 1000) < 20


def test_a_tone_beyond_full_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="full scale"):
        audio.tone((440, 480, 620), 0.1, level=0.4)


def test_ringback_is_two_seconds_on_four_off() -> None:
    samples = audio.ringback()
    on, off = samples[: 2 * SAMPLE_RATE], samples[2 * SAMPLE_RATE :]
    assert len(off) == 4 * SAMPLE_RATE
    assert not any(off)
    assert strength(on, 440) > 3000
    assert strength(on, 480) > 3000


@pytest.mark.parametrize("digit", DIGIT_FREQUENCIES)
def test_each_digit_has_its_tone_pair_and_a_pause(digit: str) -> None:
    samples = audio.digit_tone(digit)
    tone, pause = samples[:1600], samples[1600:]
    assert pressed_key(tone, DIGIT_FREQUENCIES) == digit
    assert len(pause) == 800
    assert not any(pause)


def test_key_pad_frequencies() -> None:
    assert len(DIGIT_FREQUENCIES) == 16
    assert DIGIT_FREQUENCIES["1"] == (697, 1209)
    assert DIGIT_FREQUENCIES["0"] == (941, 1336)
    assert DIGIT_FREQUENCIES["#"] == (941, 1477)
    assert DIGIT_FREQUENCIES["D"] == (941, 1633)


def test_the_announcement_is_speech_of_a_few_seconds_in_whole_packets() -> None:
    samples = audio.announcement()
    assert 3 * SAMPLE_RATE < len(samples) < 6 * SAMPLE_RATE
    assert len(samples) % 160 == 0
    assert 8000 < max(samples) < 0x7FFF


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_coding_keeps_the_sound(codec: str) -> None:
    samples = audio.tone((1000,), 0.1)
    decoded = audio.decode(codec, audio.encode(codec, samples))
    assert max(abs(a - b) for a, b in zip(samples, decoded, strict=True)) < 260
    assert audio.encode(codec, decoded) == audio.encode(codec, samples)


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
def test_the_octet_of_silence_is_what_silence_encodes_to(codec: str) -> None:
    assert audio.encode(codec, audio.silence(0.02)) == audio.SILENCE[codec] * 160
