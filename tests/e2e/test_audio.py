"""The yardstick itself: the same speech is alike whatever its delay and level, another one is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.e2e import audio


@pytest.fixture(scope="module")
def other_speech(tmp_path_factory: pytest.TempPathFactory) -> audio.Samples:
    path: Path = tmp_path_factory.mktemp("other") / "other.wav"
    audio.speak(path, "Eleven gardeners were planting young cherry trees along the old canal before the rain came.")
    rate, samples = audio.read(path)
    return audio.resample(samples, rate, audio.TELEPHONE_RATE)


def test_delay_and_level_do_not_count(speech: audio.Samples) -> None:
    assert audio.likeness(0.2 * speech[1234:40_000], speech) > 0.99


@pytest.mark.parametrize("seconds", [1.0, audio.PLAYED_SECONDS])
def test_another_speech_is_not_alike(speech: audio.Samples, other_speech: audio.Samples, seconds: float) -> None:
    assert audio.likeness(other_speech, speech, seconds=seconds) < 0.75


def test_an_echo_that_is_mixed_in_counts(speech: audio.Samples) -> None:
    assert audio.likeness(speech + np.roll(speech, 3200), speech) < 0.85


def test_silence_is_not_alike(speech: audio.Samples) -> None:
    assert audio.likeness(np.zeros(16_000), speech) == 0


def test_the_level_of_a_tone() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 770 * np.arange(8000) / audio.TELEPHONE_RATE)
    assert audio.tone_level(tone, 770) == pytest.approx(0.5, rel=0.01)
    assert audio.tone_level(tone, 941) < 0.01
