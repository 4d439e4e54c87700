"""A tone in any codec of the transcoder's, packet by packet, and how much of it is heard."""

import math
from array import array
from collections.abc import Iterable, Iterator

from tests.simulator.goertzel import strength
from widget.media.transcoder.codecs import DECODED_RATES, decoder, encoder

LEVEL = 8000
HERTZ = 440


def payloads(encoding: str, count: int, *, packet_ms: int = 20, hertz: float = HERTZ) -> Iterator[bytes]:
    """So many packets' worth."""
    rate = DECODED_RATES[encoding]
    size, coder = rate * packet_ms // 1000, encoder(encoding, rate, packet_ms)
    for number in range(count):
        times = range(number * size, (number + 1) * size)
        yield coder.encode(
            array("h", [round(LEVEL * math.sin(2 * math.pi * hertz * at / rate)) for at in times]).tobytes()
        )


def heard(encoding: str, packets: Iterable[bytes]) -> "array[int]":
    """Linear audio at the codec's rate."""
    ear = decoder(encoding)
    return array("h", b"".join(map(ear.decode, packets)))


def level(encoding: str, samples: "array[int]", hertz: float = HERTZ) -> float:
    """How loud a tone is in it, 1 = as it was sent."""
    return strength(samples, hertz * 8000 / DECODED_RATES[encoding]) / LEVEL
