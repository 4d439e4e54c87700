"""SRTP in place, through the binding inside pylibsrtp: its Session copies every packet twice.

This is the only place that touches pylibsrtp's private names; ``tests/media/test_srtp.py`` fails when they change.
"""

from typing import Any, Final

from pylibsrtp import Policy
from pylibsrtp._binding import ffi, lib

#: Room that ``protect`` needs behind the packet (SRTP_MAX_TRAILER_LEN of libsrtp).
TRAILER: Final = 144
#: Reordering that the replay check tolerates, in packets.
WINDOW: Final = 1024

#: ``protect(context, pointer, length_pointer)`` and ``unprotect(…)`` return 0 or a libsrtp status, and set the length.
protect: Final = lib.srtp_protect
unprotect: Final = lib.srtp_unprotect


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
