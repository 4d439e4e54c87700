"""Settings of a user agent."""

from dataclasses import dataclass, field

from widget.sip.timers import Timers
from widget.sip.tls import TlsOptions
from widget.sip.transport import Advertise, as_it_is


@dataclass(frozen=True, slots=True, kw_only=True)
class UserAgentConfig:
    """`host` may be 0.0.0.0 or ::; Via and Contact then name the address that routes to each peer. `port` 0 takes any.

    TCP listens at the same port as UDP. `second_host` is an address of the other family, so that IPv4 and IPv6 peers
    are both reached. `tls` is our identity as a server: with it TLS listens at `tls_port` (0 takes any), and peers
    need a certificate when it names a `ca`. A connection that is not up after `connect_seconds` counts as no way.

    `first_response_seconds` bounds the silence after an INVITE; once a provisional response came there is no limit
    here, because how long a phone may ring is the owner's decision.
    `session_seconds` is the lifetime that we ask for an answered call, refreshed at half of it (RFC 4028), 0 for none.
    `takes_refer`: REFER in a call is taken and handed to its owner; else it gets 405, as it can run up costs.
    `registration_retry_seconds` is the first pause after a failed REGISTER; it doubles up to
    `registration_retry_limit_seconds` (RFC 5626 section 4.5).
    `messages_per_second` is what one source may send, `message_burst` how much of it at once; the rest is dropped
    before it is parsed. A carrier's whole traffic may come from one address: a call is about seven messages.
    `advertise` names our addresses to peers outside, where a network translates them (1:1 NAT).
    """

    host: str = "0.0.0.0"  # noqa: S104  (a carrier may be behind any interface; the answer's address is chosen per peer)
    port: int = 0
    user_agent: str = "django-cc-sdk"
    contact_user: str = "cc"
    timers: Timers = field(default_factory=Timers)
    first_response_seconds: float = 8.0
    session_seconds: int = 1800
    takes_refer: bool = False
    registration_retry_seconds: float = 5.0
    registration_retry_limit_seconds: float = 300.0
    second_host: str = ""
    connect_seconds: float = 4.0
    tls: TlsOptions | None = None
    tls_port: int = 5061
    messages_per_second: float = 2000.0
    message_burst: float = 4000.0
    advertise: Advertise = as_it_is
