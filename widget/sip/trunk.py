"""A configured carrier, as the SIP side needs to know it."""

from dataclasses import dataclass, field
from enum import Enum

from widget.sip.tls import TlsOptions


class Transport(Enum):
    """How SIP travels to a carrier (RFC 3261 section 18); the value is the token that Via names."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """One carrier or PBX: where its signalling goes, and who we are there.

    `host` is a name or an address; `port` 0 takes both from the name's SRV records (RFC 3263). `realm` limits digest
    authentication to one realm, "" stands for the realm of the first challenge that comes from this trunk.
    `caller_id` replaces the caller's own number when set. `tls` says how the carrier proves who it is, and what we
    show it. `registration_seconds` is the lifetime that we ask for when the trunk `registers` (RFC 3261 section 10).
    """

    id: int
    host: str
    port: int = 5060
    transport: Transport = Transport.UDP
    username: str = ""
    password: str = field(default="", repr=False)
    realm: str = ""
    caller_id: str = ""
    registers: bool = False
    registration_seconds: int = 300
    tls: TlsOptions = field(default_factory=TlsOptions)

    def caller(self, given: str) -> str:
        """The user part of From: the trunk's prescription, else the caller's own, else the account's name."""
        return self.caller_id or given or self.username or "anonymous"
