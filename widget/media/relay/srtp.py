"""SRTP in place, through the binding inside pylibsrtp: its Session copies every packet twice.

This is the only place that touches pylibsrtp's private names; ``tests/media/test_srtp.py`` fails when they change.
"""

import struct
from typing import Any, Final

from pylibsrtp import Policy
from pylibsrtp._binding import ffi, lib

from widget.media.rtp import FIXED_HEADER, SEQUENCE_MASK, VERSION

#: Room that ``protect`` needs behind the packet (SRTP_MAX_TRAILER_LEN of libsrtp).
TRAILER: Final = 144
#: Reordering that the replay check tolerates, in packets: over two seconds. libsrtp shifts all of it for every packet.
WINDOW: Final = 128

#: libsrtp's numbers of the suites that carriers agree on (RFC 4568, RFC 7714).
PROFILES: Final = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}

#: libsrtp's statuses for a packet that came before, or that is too old to tell (srtp_err_status_replay_fail, _old).
REPLAYS: Final = frozenset({9, 10})

#: A sequence number this far ahead is never taken for an old one (RFC 3711 section 3.3.1).
_STRIDE: Final = 0x4000

_EMPTY_REPORT: Final = struct.Struct("!BBHI")

#: ``protect(context, pointer, length_pointer)`` and ``unprotect(…)`` return 0 or a libsrtp status, and set the length.
protect: Final = lib.srtp_protect
unprotect: Final = lib.srtp_unprotect
#: The same for RTCP.
protect_control: Final = lib.srtp_protect_rtcp
unprotect_control: Final = lib.srtp_unprotect_rtcp


def receiving(key: bytes, profile: int) -> Any:
    """A context that authenticates and decrypts packets of any SSRC."""
    return _create(Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile))


def sending(key: bytes, profile: int) -> Any:
    """A context that encrypts packets of any SSRC."""
    return _create(Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))


def _create(policy: Policy) -> Any:
    policy.window_size = WINDOW
    box = ffi.new("srtp_t *")
    status = lib.srtp_create(box, policy._policy)
    if status:
        raise ValueError(f"libsrtp refused the key: status {status}")
    return ffi.gc(box[0], lib.srtp_dealloc)


def new_length() -> Any:
    """The length argument of :data:`protect` and :data:`unprotect`: set and read element 0."""
    return ffi.new("int *")


def length_at(address: int) -> Any:
    """The same for a length that lies at this place in memory."""
    return ffi.cast("int *", address)


def advance_sender(context: Any, ssrc: int, index: int) -> None:
    """Bring a fresh sending context to a packet index, roll-over counter included, so that no keystream is used twice
    and the receiver finds it where it expects it. The binding cannot set the counter: packets that nobody gets can."""
    for step in _strides(index):
        _protect_empty(context, ssrc, step)


def advance_receiver(context: Any, mirror: Any, ssrc: int, index: int) -> None:
    """The same for a fresh receiving context. ``mirror`` is a sending context of the same key."""
    for step in _strides(index):
        packet, length = _protect_empty(mirror, ssrc, step)
        unprotect(context, packet, length)


def advance_control_sender(context: Any, ssrc: int, sent: int) -> None:
    """Bring a fresh sending context's SRTCP index beyond that of ``sent`` packets (RFC 3711 section 3.4)."""
    packet, length = ffi.new("char[]", _EMPTY_REPORT.size + TRAILER), new_length()
    report = _EMPTY_REPORT.pack(VERSION << 6, 201, 1, ssrc)
    for _ in range(sent):
        ffi.memmove(packet, report, len(report))
        length[0] = len(report)
        protect_control(context, packet, length)


def _strides(index: int) -> list[int]:
    return [*range(min(index, _STRIDE), index, _STRIDE), index]


def _protect_empty(context: Any, ssrc: int, index: int) -> tuple[Any, Any]:
    packet, length = ffi.new("char[]", FIXED_HEADER.size + TRAILER), new_length()
    header = FIXED_HEADER.pack(VERSION << 6, 0, index & SEQUENCE_MASK, 0, ssrc)
    ffi.memmove(packet, header, len(header))
    length[0] = len(header)
    protect(context, packet, length)
    return packet, length
