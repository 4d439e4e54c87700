"""PURE: the signature of the original API (original-api.md, 1.2).

Limit: it covers neither the body nor the path, so it only proves who sent a request around that time.
"""

from __future__ import annotations

import hashlib
import hmac


def sign(api_key: str, api_secret: str, timestamp: str) -> str:
    """Return ``MD5(key + secret + timestamp)`` as 32 lower-case hex digits; ``timestamp`` is Unix time in seconds."""
    # The contract fixes MD5; the flag keeps it available where the platform's policy bans MD5 for new designs.
    return hashlib.md5((api_key + api_secret + timestamp).encode(), usedforsecurity=False).hexdigest()


def matches(given: str, expected: str) -> bool:
    """Compare two signatures in constant time; letter case does not count."""
    return hmac.compare_digest(given.lower().encode(), expected.lower().encode())


def is_fresh(timestamp: str, *, now: float, tolerance_seconds: float) -> bool:
    """Whether a Timestamp header is within the tolerance of ``now`` (Unix seconds), either way."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 15):
        return False
    return abs(int(timestamp) - now) <= tolerance_seconds
