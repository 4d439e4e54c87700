"""What a packet for the transcoder carries in front of it, and what such a packet becomes. Pure; both ends speak it.

The transcoder is told nothing beforehand: every packet says itself what is to be made of it, so that a fresh transcoder
goes on with a dead one's calls at their next packet.
"""

import enum
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: What the transcoder decodes and encodes; the place is the number on the wire.
TRANSCODED: Final = ("PCMU", "PCMA", "G722", "opus")
#: Milliseconds in a packet towards browsers.
BROWSER_PACKET_MS: Final = 20

#: Before every packet, both ways: the carrier leg's number and the direction.
ADDRESS: Final = struct.Struct("!IB")
_CONVERSION: Final = struct.Struct("!BBBBBBIIB")
PREFIX_SIZE: Final = ADDRESS.size + _CONVERSION.size
_NONE: Final = 0xFF


class Direction(enum.IntEnum):
    """Whom a packet is for."""

    TO_CARRIER = 0
    TO_BROWSER = 1


class Kind(enum.IntEnum):
    """What a packet holds."""

    AUDIO = 0
    EVENT = 1
    NOISE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """``source`` and ``destination`` are codecs of :data:`TRANSCODED`; the payload types are the destination's,
    ``None`` for what it does not know; event rates (Hz) are what the durations of digits count in, ``packet_ms`` is
    what the destination wants in one packet."""

    kind: Kind
    source: str
    destination: str
    payload_type: int
    event_payload_type: int | None = None
    noise_payload_type: int | None = None
    source_event_rate: int = 8000
    event_rate: int = 8000
    packet_ms: int = BROWSER_PACKET_MS

    def pack(self) -> bytes:
        numbers = (self.event_payload_type, self.noise_payload_type)
        return _CONVERSION.pack(
            self.kind,
            TRANSCODED.index(self.source),
            TRANSCODED.index(self.destination),
            self.payload_type,
            *(_NONE if number is None else number for number in numbers),
            self.source_event_rate,
            self.event_rate,
            self.packet_ms,
        )


@lru_cache(maxsize=1024)
def unpack(packed: bytes) -> Conversion:
    """What :meth:`Conversion.pack` wrote."""
    kind, source, destination, payload_type, event, noise, source_event_rate, event_rate, packet_ms = (
        _CONVERSION.unpack(packed)
    )
    return Conversion(
        kind=Kind(kind),
        source=TRANSCODED[source],
        destination=TRANSCODED[destination],
        payload_type=payload_type,
        event_payload_type=None if event == _NONE else event,
        noise_payload_type=None if noise == _NONE else noise,
        source_event_rate=source_event_rate,
        event_rate=event_rate,
        packet_ms=packet_ms,
    )
