"""Comfort noise by its level."""

from array import array

import pytest

from widget.media.transcoder.noise import QUIETEST, Noise, level_of, payload_of


@pytest.mark.parametrize("level", [20, 40, 60])
def test_noise_is_as_loud_as_was_said(level: int) -> None:
    noise = Noise(level)
    heard = b"".join(noise.take(320) for _ in range(100))
    assert len(heard) == 64_000
    assert level_of(payload_of(heard)) == pytest.approx(level, abs=1)


def test_silence_has_a_level_too() -> None:
    assert payload_of(bytes(320)) == bytes([QUIETEST])
    assert payload_of(b"") == bytes([QUIETEST])
    assert level_of(b"") == QUIETEST
    assert not any(array("h", Noise(QUIETEST).take(160)))


def test_the_spectrum_behind_the_level_is_passed_over() -> None:
    assert level_of(bytes([0x80 | 37, 1, 2, 3])) == 37
