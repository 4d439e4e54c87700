"""What a transcoder says of itself. Pure."""

import struct
from dataclasses import astuple, dataclass
from typing import Final, Self

#: Signs of life a second.
BEATS: Final = 10
_SIGN: Final = struct.Struct("!dIQQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Since it started: the CPU that it used, the directions of calls that it has in hand now, packets that it took and
    those that it could make nothing of or not hand over."""

    cpu_seconds: float = 0.0
    strands: int = 0
    packets: int = 0
    refused: int = 0

    def pack(self) -> bytes:
        return _SIGN.pack(*astuple(self))

    @classmethod
    def unpack(cls, packed: bytes) -> Self:
        cpu_seconds, strands, packets, refused = _SIGN.unpack(packed)
        return cls(cpu_seconds=cpu_seconds, strands=strands, packets=packets, refused=refused)
