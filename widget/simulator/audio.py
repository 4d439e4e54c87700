"""What the simulated carrier plays, as linear samples. Pure: no clock, no sockets.

Samples are 8,000 a second, 16-bit signed, in ``array("h")``.
"""

import math
from array import array
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TypeAlias

from widget.media import g711

SAMPLE_RATE = 8000

# Quoted, because Python 3.11 cannot subscript the class.
Samples: TypeAlias = "array[int]"

SILENCE = {"PCMU": b"\xff", "PCMA": b"\xd5"}
"""The octet of digital silence in each codec."""

_ENCODERS = {"PCMU": g711.encode_ulaw, "PCMA": g711.encode_alaw}
_DECODERS = {"PCMU": g711.decode_ulaw, "PCMA": g711.decode_alaw}

_PEAK = 0x7FFF

# ITU-T Q.23: each key is the sum of its row's and its column's frequency, in hertz.
_ROWS = (697, 770, 852, 941)
_COLUMNS = (1209, 1336, 1477, 1633)
_KEYS = ("123A", "456B", "789C", "*0#D")
DIGIT_FREQUENCIES = {
    key: (_ROWS[row], _COLUMNS[column]) for row, keys in enumerate(_KEYS) for column, key in enumerate(keys)
}

# The North American ringback tone (Telcordia GR-506).
RINGBACK_FREQUENCIES = (440, 480)
RINGBACK_ON_SECONDS = 2.0
RINGBACK_OFF_SECONDS = 4.0

DIGIT_TONE_SECONDS = 0.2
DIGIT_PAUSE_SECONDS = 0.1


def encode(codec: str, samples: Samples) -> bytes:
    """One octet per sample. ``codec`` is "PCMU" or "PCMA"; KeyError for anything else."""
    return _ENCODERS[codec](samples)


def decode(codec: str, payload: bytes) -> Samples:
    """One sample per octet of "PCMU" or "PCMA"; KeyError for anything else."""
    return array("h", _DECODERS[codec](payload))


def silence(seconds: float) -> Samples:
    """Digital silence."""
    return array("h", bytes(2 * round(seconds * SAMPLE_RATE)))


def tone(frequencies: Sequence[float], seconds: float, *, level: float = 0.2) -> Samples:
    """The sum of sine waves of the given frequencies in hertz, each with a peak of ``level`` (1.0 is full scale)."""
    if level * len(frequencies) > 1:
        raise ValueError("The sum of the waves would exceed full scale; lower the level.")
    steps = [2 * math.pi * frequency / SAMPLE_RATE for frequency in frequencies]
    peak = level * _PEAK
    return array(
        "h",
        (round(peak * sum(math.sin(step * n) for step in steps)) for n in range(round(seconds * SAMPLE_RATE))),
    )


@cache
def ringback() -> Samples:
    """One period of the ringback tone: 2 s on, 4 s off."""
    return tone(RINGBACK_FREQUENCIES, RINGBACK_ON_SECONDS, level=0.1) + silence(RINGBACK_OFF_SECONDS)


@cache
def digit_tone(digit: str) -> Samples:
    """The tone pair of a key (0 to 9, *, #, A to D) and the pause after it. Raises KeyError for anything else."""
    return tone(DIGIT_FREQUENCIES[digit], DIGIT_TONE_SECONDS) + silence(DIGIT_PAUSE_SECONDS)


@cache
def announcement() -> Samples:
    """The spoken announcement, about 4 s.

    "This is the simulated carrier. Your call has arrived. Goodbye.", spoken by espeak-ng (en-us, 160 words a minute)
    and stored as headerless 8 kHz μ-law, in whole packets of 20 ms.
    """
    return decode("PCMU", files("widget.simulator").joinpath("sounds", "announcement.ulaw").read_bytes())
