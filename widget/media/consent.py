"""Consent checks (RFC 7675): binding requests that ask a browser whether it still wants to hear us. Pure.

Every leg sends one each few seconds for as long as it lives, so what all of a leg's have in common is built once.
"""

import binascii
import hmac
import struct
from typing import Final

_BINDING_REQUEST: Final = 0x0001
_MAGIC_COOKIE: Final = 0x2112A442
_HEADER: Final = struct.Struct("!HHI12s")
#: RFC 8489 sections 14.5 and 14.7: type, length and value; the integrity's value is a SHA-1.
_INTEGRITY: Final = struct.Struct("!HH20s")
_FINGERPRINT: Final = struct.Struct("!HHI")
_MESSAGE_INTEGRITY: Final = 0x0008
_FINGERPRINT_TYPE: Final = 0x8028
_FINGERPRINT_XOR: Final = 0x5354554E


class ConsentRequests:
    """Requests with the same ``attributes`` (as they go over the wire, padded), authenticated with ``key``."""

    def __init__(self, attributes: bytes, key: bytes) -> None:
        self._attributes = attributes
        self._key = key

    def build(self, transaction_id: bytes) -> bytes:
        """The datagram; ``transaction_id`` has 12 octets that nobody can guess."""
        # Each of the two attributes covers what stands before it, under a length that already counts itself.
        length = len(self._attributes) + _INTEGRITY.size
        signed = self._head(length, transaction_id) + self._attributes
        seal = _INTEGRITY.pack(_MESSAGE_INTEGRITY, 20, hmac.digest(self._key, signed, "sha1"))
        sealed = self._head(length + _FINGERPRINT.size, transaction_id) + self._attributes + seal
        return sealed + _FINGERPRINT.pack(_FINGERPRINT_TYPE, 4, binascii.crc32(sealed) ^ _FINGERPRINT_XOR)

    @staticmethod
    def _head(length: int, transaction_id: bytes) -> bytes:
        return _HEADER.pack(_BINDING_REQUEST, length, _MAGIC_COOKIE, transaction_id)
