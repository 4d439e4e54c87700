"""ITU-T G.711: μ-law and A-law against 16-bit linear samples, and against each other.

The relay uses only the two translation tables, through ``bytes.translate``; the simulator and the tests also encode and
decode. Linear audio is native-endian 16-bit bytes (any even length) or a sequence of ints from -32768 to 32767.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

_ULAW_BIAS = 0x84


def _ulaw_level(index: int) -> int:
    """Magnitude of the μ-law decoder output with 7-bit ``index`` counted from silence, on the 16-bit scale."""
    return (((index & 0x0F) << 3) + _ULAW_BIAS << (index >> 4)) - _ULAW_BIAS


def _alaw_level(index: int) -> int:
    segment, step = index >> 4, (index & 0x0F) << 4
    return step + 8 if segment == 0 else step + 0x108 << segment - 1


_ULAW_LEVELS = [_ulaw_level(index) for index in range(128)]
_ALAW_LEVELS = [_alaw_level(index) for index in range(128)]


def _ulaw_code(index: int, *, negative: bool) -> int:
    """μ-law sends every bit inverted; the sign bit is 1 for positive samples."""
    return (0x7F if negative else 0xFF) ^ index


def _alaw_code(index: int, *, negative: bool) -> int:
    """A-law inverts every other bit."""
    return (0x55 if negative else 0xD5) ^ index


def _nearest(levels: list[int], magnitude: int) -> int:
    """Index of the level closest to ``magnitude``; a tie goes to the louder one."""
    above = bisect_left(levels, magnitude)
    if above == 0 or (above < len(levels) and levels[above] - magnitude <= magnitude - levels[above - 1]):
        return above
    return above - 1


def _decode_table(levels: list[int], positive_mask: int) -> list[int]:
    return [levels[(code ^ positive_mask) & 0x7F] * (1 if code & 0x80 else -1) for code in range(256)]


_ULAW_DECODE = _decode_table(_ULAW_LEVELS, 0xFF)
_ALAW_DECODE = _decode_table(_ALAW_LEVELS, 0xD5)

# Indexed by the sample + 32768: 64 kB each, built once.
_ULAW_ENCODE = bytes(
    _ulaw_code(_nearest(_ULAW_LEVELS, abs(sample)), negative=sample < 0) for sample in range(-32768, 32768)
)
_ALAW_ENCODE = bytes(
    _alaw_code(_nearest(_ALAW_LEVELS, abs(sample)), negative=sample < 0) for sample in range(-32768, 32768)
)

# Conversion between the laws is by number, not by the nearest level: G.711 tables 3 and 4 list for each value number of
# one law that of the other, so that every gateway on the way agrees. Position = magnitude index; A-law counts from 1.
_ALAW_NUMBER_OF_ULAW = (
    *(number for number in range(1, 9) for _ in range(2)),
    *range(9, 26),
    *(27, 29, 31),
    *range(33, 45),
    46,
    *range(48, 63),
    *range(64, 80),
    *range(81, 129),
)
_ULAW_NUMBER_OF_ALAW = (
    *range(1, 16, 2),
    *range(16, 32),
    *(number for number in range(32, 36) for _ in range(2)),
    *range(36, 48),
    *(48, 48, 49, 49),
    *range(50, 64),
    64,
    *range(64, 80),
    *range(79, 128),
)

#: ``payload.translate(ULAW_TO_ALAW)`` turns μ-law into A-law (G.711 table 3); ``ALAW_TO_ULAW`` is table 4.
ULAW_TO_ALAW: Final = bytes(
    _alaw_code(_ALAW_NUMBER_OF_ULAW[(code ^ 0xFF) & 0x7F] - 1, negative=code < 0x80) for code in range(256)
)
ALAW_TO_ULAW: Final = bytes(
    _ulaw_code(_ULAW_NUMBER_OF_ALAW[(code ^ 0xD5) & 0x7F], negative=code < 0x80) for code in range(256)
)


def _samples(pcm: Sequence[int] | bytes) -> Sequence[int]:
    return memoryview(pcm).cast("h") if isinstance(pcm, bytes | bytearray | memoryview) else pcm


def encode_ulaw(pcm: Sequence[int] | bytes) -> bytes:
    """μ-law octets, one per sample."""
    return bytes([_ULAW_ENCODE[sample + 32768] for sample in _samples(pcm)])


def encode_alaw(pcm: Sequence[int] | bytes) -> bytes:
    """A-law octets, one per sample."""
    return bytes([_ALAW_ENCODE[sample + 32768] for sample in _samples(pcm)])


def decode_ulaw(payload: bytes) -> bytes:
    """Native-endian 16-bit samples, two octets per octet of μ-law."""
    return array("h", [_ULAW_DECODE[code] for code in payload]).tobytes()


def decode_alaw(payload: bytes) -> bytes:
    """Native-endian 16-bit samples, two octets per octet of A-law."""
    return array("h", [_ALAW_DECODE[code] for code in payload]).tobytes()
