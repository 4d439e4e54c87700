"""RTP packet headers (RFC 3550 section 5.1) as values: no sockets, no clock, no state.

The relay's hot loop does not build these objects; it uses :data:`FIXED_HEADER` and the constants in place.
"""

import struct
from dataclasses import dataclass
from typing import Final

#: First octet, marker and payload type, sequence number, timestamp, SSRC.
FIXED_HEADER: Final = struct.Struct("!BBHII")
VERSION: Final = 2
#: RTCP packet types as they appear in the second octet, the range that rtcp-mux sets aside (RFC 5761 section 4).
RTCP_PACKET_TYPES: Final = range(192, 224)

SEQUENCE_MASK: Final = 0xFFFF
TIMESTAMP_MASK: Final = 0xFFFFFFFF

Buffer = bytes | bytearray | memoryview

_EXTENSION = struct.Struct("!HH")


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpHeader:
    """One packet's header. ``payload_start`` and ``payload_end`` are offsets into the datagram it was read from,
    past CSRCs and extension and before padding; both are 0 for a header that was not parsed."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    marker: bool = False
    csrcs: tuple[int, ...] = ()
    payload_start: int = 0
    payload_end: int = 0

    def pack(self) -> bytes:
        """The header on the wire, without extension or padding; the caller appends the payload."""
        second = self.payload_type & 0x7F | (0x80 if self.marker else 0)
        first = VERSION << 6 | len(self.csrcs)
        fixed = FIXED_HEADER.pack(
            first, second, self.sequence & SEQUENCE_MASK, self.timestamp & TIMESTAMP_MASK, self.ssrc
        )
        return fixed + struct.pack(f"!{len(self.csrcs)}I", *self.csrcs)

    def payload_of(self, datagram: Buffer) -> bytes:
        """The payload of the datagram that this header was parsed from."""
        return bytes(datagram[self.payload_start : self.payload_end])


def parse_header(datagram: Buffer) -> RtpHeader | None:
    """Read an RTP header; ``None`` for anything that is no well-formed RTP packet (RTCP included)."""
    if len(datagram) < FIXED_HEADER.size or datagram[0] >> 6 != VERSION or is_rtcp(datagram):
        return None
    first, second, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(datagram)
    bounds = payload_bounds(datagram)
    if bounds is None:
        return None
    return RtpHeader(
        payload_type=second & 0x7F,
        sequence=sequence,
        timestamp=timestamp,
        ssrc=ssrc,
        marker=second >= 0x80,
        csrcs=struct.unpack_from(f"!{first & 0x0F}I", datagram, FIXED_HEADER.size),
        payload_start=bounds[0],
        payload_end=bounds[1],
    )


def payload_bounds(datagram: Buffer) -> tuple[int, int] | None:
    """Offsets of the payload's first octet and of the octet past its last; ``None`` if the packet is too short for
    what its first octet announces."""
    first, size = datagram[0], len(datagram)
    start = FIXED_HEADER.size + 4 * (first & 0x0F)
    if first & 0x10:
        if size < start + _EXTENSION.size:
            return None
        start += _EXTENSION.size + 4 * _EXTENSION.unpack_from(datagram, start)[1]
    padding = datagram[-1] if first & 0x20 else 0
    # Padding counts itself, so a set padding bit with a count of 0 is malformed.
    if start + padding > size or (first & 0x20 and padding == 0):
        return None
    return start, size - padding


def is_rtcp(datagram: Buffer) -> bool:
    """Whether a datagram on a shared port is RTCP (RFC 5761 section 4)."""
    return len(datagram) > 1 and datagram[1] in RTCP_PACKET_TYPES
