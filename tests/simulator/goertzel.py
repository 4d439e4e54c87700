"""How strong one frequency is in recorded samples: the ear of these tests."""

import math
from collections.abc import Sequence

from widget.simulator.audio import SAMPLE_RATE


def strength(samples: Sequence[int], frequency: float) -> float:
    """Peak amplitude of one frequency in hertz, in sample units (Goertzel's algorithm)."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / SAMPLE_RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + coefficient * last - before
    power = before**2 + last**2 - coefficient * before * last
    return 2 * math.sqrt(max(power, 0)) / len(samples)


def pressed_key(samples: Sequence[int], keys: dict[str, tuple[int, int]]) -> str:
    """The key whose two frequencies are the strongest."""
    return max(keys, key=lambda key: min(strength(samples, frequency) for frequency in keys[key]))
