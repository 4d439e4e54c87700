"""A configured carrier, as the SIP side needs to know it."""

from dataclasses import dataclass, field
from enum import Enum

from widget.sip.tls import TlsOptions


class Transport(Enum):
    """How SIP travels to a carrier (RFC 3261 section 18); the value is the token that Via names."""

    __hash__ = object.__hash__  # The members are singletons, and every route is looked up by them.

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"


class Identity(Enum):
    """Where a carrier reads who calls: From, P-Asserted-Identity or P-Preferred-Identity (RFC 3325)."""

    FROM = "from"
    ASSERTED = "asserted"
    PREFERRED = "preferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """One carrier or PBX: where its signalling goes, who we are there, and what it wants of a call.

    `host` is a name or an address; `port` 0 takes both from the name's SRV records (RFC 3263). `transport` None takes
    that from DNS too, and may end in plain text: who wants TLS for certain says so. `realm` limits digest
    authentication to one realm, "" stands for the realm of the first challenge that comes from this trunk.
    `caller_id` replaces the caller's own number when set. `tls` says how the carrier proves who it is, and what we
    show it. `registration_seconds` is the lifetime that we ask for when the trunk `registers` (RFC 3261 section 10).

    `identity` says which header names the caller: with another one than From, From names the account, unless
    `from_account` is off. `domain` is the host of these URIs, "" for our own address. `privacy` hides the caller from
    the called party (RFC 3323).
    `extra_headers` go into each INVITE; `custom_headers.checked_headers` says which are allowed.
    `session_timer_seconds` replaces the configured `session_seconds`, 0 for no timer (RFC 4028).
    `reliable_provisional`: demand that the carrier's 18x are acknowledged (RFC 3262); a carrier that does not know
    that refuses it with 420. `offers_reliable`: offer it, for carriers that may want it.
    `late_offer`: our INVITE has no session description, the carrier's 200 has the offer and our ACK the answer. There
    is no early media then, and no 100rel, which would ask for an answer before that (RFC 3262 section 5).
    """

    id: int
    host: str
    port: int = 5060
    transport: Transport | None = Transport.UDP
    username: str = ""
    password: str = field(default="", repr=False)
    realm: str = ""
    caller_id: str = ""
    registers: bool = False
    registration_seconds: int = 300
    tls: TlsOptions = field(default_factory=TlsOptions)
    identity: Identity = Identity.FROM
    from_account: bool = True
    domain: str = ""
    privacy: bool = False
    extra_headers: tuple[tuple[str, str], ...] = ()
    session_timer_seconds: int | None = None
    reliable_provisional: bool = False
    offers_reliable: bool = True
    late_offer: bool = False

    def caller(self, given: str) -> str:
        """Who calls: the trunk's prescription, else the caller's own, else the account's name."""
        return self.caller_id or given or self.username or "anonymous"
