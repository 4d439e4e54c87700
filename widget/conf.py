"""The settings of the widget: one dict ``CCSDK`` in Django's settings, read when it is needed.

Every key has its default here and nowhere else. ``current()`` reads the dict anew each time, so a test's
``override_settings`` takes effect and nothing is frozen at import.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

SETTING = "CCSDK"
INSIDE, APART = "inside", "apart"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CcSettings:
    """All keys of ``CCSDK``; the attribute is the key in lower case."""

    secret_keys: Sequence[str] = dataclasses.field(default=(), repr=False)
    """Fernet keys: the first encrypts stored secrets, every one decrypts. Required; kept outside the database."""

    signature_tolerance_seconds: int = 300
    """How far the Timestamp of an API request may be from our clock, either way."""

    switchboard: str = INSIDE
    """Where calls live: "inside" the one web process, or "apart" in ``manage.py switchboard``, so that there may be
    several web processes, and their restart touches no call. Apart needs a Redis channel layer."""

    sip_host: str = "0.0.0.0"  # noqa: S104  (carriers reach us from outside; the trunk's addresses are the filter)
    """Address that the SIP side binds."""

    sip_port: int = 5060
    """UDP port that the SIP side binds; 0 = any free one."""

    sip_second_host: str = ""
    """Another address that the SIP side binds, of the other family: with "::" carriers are reached over IPv6 too."""

    sip_tls_port: int = 5061
    """TCP port at which carriers reach us over TLS, when there is a certificate; 0 = any free one."""

    sip_tls_certificate: str = ""
    """File of our certificate and its chain (PEM), for carriers that connect to us over TLS."""

    sip_tls_key: str = ""
    """File of that certificate's private key (PEM, no passphrase); empty: it is in the certificate's file."""

    sip_tls_ca: str = ""
    """File of the authorities (PEM) of which carriers must show a certificate when they connect; empty: none."""

    first_response_seconds: float = 8
    """A carrier that sends no response at all to an INVITE is given up after this."""

    ring_seconds: float = 45
    """A call that rings unanswered is given up after this."""

    reattach_seconds: float = 60
    """How long a live call waits for its agent's browser to come back."""

    credential_grace_seconds: float = 5
    """How long a live socket whose credential was replaced may take to bring the fresh one."""

    max_call_seconds: int = 14_400
    """An answered call is ended after this (4 h): the limit of what one forgotten or stolen call can cost."""

    media_addresses: Sequence[str] | None = None
    """Local addresses offered to browsers for media; None = every interface."""

    public_addresses: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Behind 1:1 NAT: our public address by local address, for browsers and for carriers outside the network."""

    turn_urls: Sequence[str] = ()
    """TURN servers for agents behind strict firewalls, for example turns:turn.example.com:443?transport=tcp."""

    turn_secret: str = dataclasses.field(default="", repr=False)
    """The secret shared with the TURN servers (coturn's static-auth-secret); agents get passwords made from it."""

    turn_only: bool = False
    """Let browsers send audio through TURN alone."""

    media_port: int = 0
    """UDP port of the media towards browsers, and of further relays the ports above it; 0 = any free ones."""

    relay_processes: int = 0
    """How many relay processes pass the calls' audio; 0 = one for each core but one, and at least one."""

    carrier_ports: tuple[int, int] = (16_384, 32_767)
    """First and last UDP port for RTP towards carriers, inclusive."""

    allow_loopback_media: bool = False
    """Accept loopback media addresses from browsers: for the demo and the tests only."""

    sip_ladder_days: float = 7
    """For how many days the SIP messages of calls are kept, without secrets; 0 = none are noted."""

    trunk_check_seconds: float = 30
    """How often each trunk is asked whether it is alive (SIP OPTIONS); 0 = never."""

    trunk_check_failures: int = 3
    """After so many checks in a row without a good answer a trunk counts as down, and is tried last."""

    max_calls: int = 500
    """A relay with so many legs towards carriers takes no new calls; 0 = any number."""

    max_relay_cpu: float = 0.9
    """A relay that uses this share of one core takes no new calls; 0 = never."""

    max_transcoded_calls: int = 20
    """So many calls at a time between sides that share no codec, about 2 % of a core each; 0 = none."""

    metrics_allow: Sequence[str] = ()
    """Addresses or networks that may read /cc/metrics (Prometheus); nobody else learns that it is there."""

    trusted_proxies: Sequence[str] = ()
    """Addresses or networks of our own reverse proxies: only their X-Forwarded-For is believed."""


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


DEFAULTS: Mapping[str, Any] = {field.name.upper(): _default(field) for field in dataclasses.fields(CcSettings)}


def configured() -> Mapping[str, Any]:
    """Return what the project wrote, unchecked."""
    value = getattr(settings, SETTING, None)
    return value if isinstance(value, Mapping) else {}


def current() -> CcSettings:
    """Return the settings in force. Unknown keys are left out here; the check ``ccsdk.W001`` names them."""
    return CcSettings(**{key.lower(): value for key, value in configured().items() if key in DEFAULTS})
