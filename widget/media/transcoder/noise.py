"""Comfort noise (RFC 3389): its level, and noise of that level for listeners who cannot make it themselves. Pure.

White noise by its level alone: the spectrum that may follow is a refinement that nearly nobody sends.
"""

import math
import random
from array import array
from functools import lru_cache
from typing import Final

from widget.media.transcoder.codecs import SAMPLE_SIZE

#: The quietest that the first octet of the payload can say, in -dBov (RFC 3389 section 3.1).
QUIETEST: Final = 127
_OVERLOAD: Final = 32768.0
#: So much noise, over and over: long enough for no one to hear the seam.
_UNIT_SAMPLES: Final = 16_000
_chance: Final = random.Random(3389)  # noqa: S311 - noise is no secret
_UNIT: Final = [_chance.uniform(-math.sqrt(3), math.sqrt(3)) for _ in range(_UNIT_SAMPLES)]


def level_of(payload: bytes) -> int:
    """The level (-dBov) in a comfort noise payload; silence if it is empty."""
    return payload[0] & QUIETEST if payload else QUIETEST


def payload_of(audio: bytes) -> bytes:
    """A comfort noise payload as loud as this linear audio."""
    samples = memoryview(audio).cast("h")
    power = sum(sample * sample for sample in samples) / max(len(samples), 1)
    if power < 1:
        return bytes([QUIETEST])
    return bytes([min(max(round(-10 * math.log10(power) + 20 * math.log10(_OVERLOAD)), 0), QUIETEST)])


class Noise:
    """Noise of one level (-dBov), in pieces."""

    def __init__(self, level: int) -> None:
        self._audio = _audio(level)
        self._position = 0

    def take(self, count: int) -> bytes:
        """So many samples more, as linear audio."""
        begin, size = self._position, count * SAMPLE_SIZE
        self._position = (begin + size) % len(self._audio)
        taken = self._audio[begin : begin + size]
        return taken + self._audio[: size - len(taken)]


@lru_cache(maxsize=32)
def _audio(level: int) -> bytes:
    scale = _OVERLOAD * 10 ** (-level / 20)
    return array("h", [max(min(round(scale * unit), 32767), -32768) for unit in _UNIT]).tobytes()
