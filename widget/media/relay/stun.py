"""As much of STUN (RFC 8489) as demultiplexing needs: which leg a datagram from an unknown address names. Pure.

Nothing is authenticated here; the control process checks MESSAGE-INTEGRITY before it believes anything.
"""

import struct
from typing import Final

_HEADER = struct.Struct("!HHI")
_ATTRIBUTE = struct.Struct("!HH")
_HEADER_SIZE = 20
_COOKIE = 0x2112A442
_USERNAME = 0x0006
#: User fragments are at most this long (RFC 8839 section 5.4).
_MAX_UFRAG: Final = 256


def is_stun(datagram: bytes | memoryview) -> bool:
    """First octet 0-3 (RFC 7983) and the magic cookie."""
    return len(datagram) >= _HEADER_SIZE and datagram[0] < 4 and _HEADER.unpack_from(datagram)[2] == _COOKIE


def is_request(datagram: bytes | memoryview) -> bool:
    """Whether a STUN message is a Binding request."""
    return datagram[0] == 0 and datagram[1] == 1


def local_ufrag(datagram: bytes | memoryview) -> str | None:
    """The receiver's half of a request's USERNAME; ``None`` if there is none."""
    position, end = _HEADER_SIZE, len(datagram)
    while position + _ATTRIBUTE.size <= end:
        kind, size = _ATTRIBUTE.unpack_from(datagram, position)
        position += _ATTRIBUTE.size
        if kind == _USERNAME:
            name = bytes(datagram[position : position + min(size, _MAX_UFRAG)])
            return name.partition(b":")[0].decode("ascii", "replace")
        position += size + 3 & ~3
    return None
