"""Keys for SRTP in session descriptions (SDES, RFC 4568; AES-GCM: RFC 7714). Pure but for the making of keys.

Whoever reads the signalling can read these keys, so they belong on TLS; here they never get into a repr or a log.
"""

import base64
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

LIFETIME = re.compile(r"(2\^)?[0-9]{1,20}")
TAG = re.compile(r"[0-9]{1,9}")
IGNORABLE_PARAMETER = re.compile(r"-.*|WSH=[0-9]{1,9}")
"""Session parameters that change nothing for us: optional ones, and the hint on the replay window (section 6.3)."""


class SrtpPolicy(Enum):
    """What a trunk wants: plain RTP only, SRTP where the far end takes it, or nothing but SRTP."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Suite(Enum):
    """The crypto suites that we speak, in the order in which we offer them."""

    AEAD_AES_256_GCM = "AEAD_AES_256_GCM"
    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"

    @property
    def key_size(self) -> int:
        """Octets of master key and master salt together."""
        return 44 if self is Suite.AEAD_AES_256_GCM else 30


NO_KEYS: Mapping[Suite, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CryptoLine:
    """One `a=crypto` that we can use; `key` is master key and salt of the packets that its author sends."""

    tag: int
    suite: Suite
    key: bytes = field(repr=False)

    def __str__(self) -> str:
        """The attribute on the wire: it has the key, so it goes into a session description and nowhere else."""
        return f"a=crypto:{self.tag} {self.suite.value} inline:{base64.b64encode(self.key).decode()}\r\n"


@dataclass(frozen=True, slots=True)
class Security:
    """SRTP as agreed: master key and salt of each direction, seen from us. `tag` is the chosen line's."""

    suite: Suite
    tag: int
    receive_key: bytes = field(repr=False)
    send_key: bytes = field(repr=False)


def new_keys() -> dict[Suite, bytes]:
    """Our own keys for one call: one per suite, as no key may serve two lines (section 6.1)."""
    return {suite: secrets.token_bytes(suite.key_size) for suite in Suite}


def offered_lines(keys: Mapping[Suite, bytes]) -> list[CryptoLine]:
    """What we offer, best first; the tag is the suite's place."""
    return [CryptoLine(tag, suite, keys[suite]) for tag, suite in enumerate(Suite, 1) if suite in keys]


def parse_crypto(value: str) -> CryptoLine | None:
    """Read what stands after `a=crypto:`; None for a suite, a master key index or a parameter that we do not take."""
    parts = value.split()
    if len(parts) < 3 or not TAG.fullmatch(parts[0]) or not all(map(IGNORABLE_PARAMETER.fullmatch, parts[3:])):
        return None
    suite = next((known for known in Suite if known.value == parts[1]), None)
    key = _parse_key(parts[2])
    return CryptoLine(int(parts[0]), suite, key) if suite and len(key) == suite.key_size else None


def _parse_key(text: str) -> bytes:
    """`inline:key|lifetime`; empty if it is anything else. Several keys need indices in each packet: not taken.

    Padding may be missing, as some leave it out.
    """
    method, _, info = text.partition(":")
    encoded, *rest = info.split("|")
    if method != "inline" or len(rest) > 1 or not all(map(LIFETIME.fullmatch, rest)):
        return b""
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return b""


def agree(lines: Iterable[CryptoLine], keys: Mapping[Suite, bytes]) -> Security | None:
    """Answer an offer: the far end's first line that we have a key for (section 5.1.2)."""
    chosen = next((line for line in lines if line.suite in keys), None)
    return Security(chosen.suite, chosen.tag, chosen.key, keys[chosen.suite]) if chosen else None


def accept(lines: Iterable[CryptoLine], keys: Mapping[Suite, bytes]) -> Security | None:
    """Read the answer to our offer: it repeats tag and suite of one of our lines (section 5.1.3)."""
    ours = {(line.tag, line.suite) for line in offered_lines(keys)}
    return agree((line for line in lines if (line.tag, line.suite) in ours), keys)
