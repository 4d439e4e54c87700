"""SIP URIs (RFC 3261 section 19.1): the library's strict grammar, where it is wrong put right."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple
from urllib.parse import quote

from sipmessage import URI

from widget.sip.trunk import Transport, Trunk

MAX_URI_LENGTH = 1024
MAX_PORT = 65_535
DIALLED_NUMBER = re.compile(r"\+?[0-9*#]{1,20}", re.ASCII)
SAFE_IN_USER = "-_.!~*'()+"
NAMED_HOST = re.compile(
    r"(?P<before>sips?:(?:[^@;]*@)?)(?P<host>[A-Za-z0-9][A-Za-z0-9._-]{0,253})(?P<after>[:;].*)?", re.A
)
HOST_NAME = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?\.?")
HOP = re.compile(
    r"(?P<scheme>sips?):(?:[^@]*@)?(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9][a-z0-9._-]{0,253})(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<parameters>(?:;[^;?]*)*)(?P<headers>\?.*)?",
    re.I | re.A,
)
"""A URI that only leads somewhere: what else its parameters hold is its owner's, and is given back as it is."""
SCHEME = re.compile(r"(?:sips?|tel):", re.I)
VISUAL_SEPARATORS = str.maketrans("", "", "-.()")
DEFAULT_PORTS = {Transport.UDP: 5060, Transport.TCP: 5060, Transport.TLS: 5061}
TRANSPORTS = {transport.value.lower(): transport for transport in Transport}


class InvalidUriError(ValueError):
    """The text is not a URI that we accept."""


class Hop(NamedTuple):
    """Where a request goes next: a host name or an address without brackets, a port, a transport.

    Port 0: that is left to the name's SRV records.
    """

    host: str
    port: int
    transport: Transport


@dataclass(frozen=True, slots=True)
class Domain:
    """A next hop whose transport DNS tells as well (RFC 3263 section 4.1)."""

    host: str
    port: int


def way_to(trunk: Trunk) -> Hop | Domain:
    """Where requests to a trunk go."""
    if trunk.transport is None:
        return Domain(trunk.host, trunk.port)
    return Hop(trunk.host, trunk.port, trunk.transport)


@lru_cache(maxsize=512)
def parse_uri(text: str) -> URI:
    """Parse a sip, sips or tel URI. Raises InvalidUriError. Cached, as the same peers come again and again."""
    if len(text) > MAX_URI_LENGTH or not text.isascii():
        raise InvalidUriError("the URI is too long or not ASCII")
    if scheme := SCHEME.match(text):
        text = scheme[0].lower() + text[scheme.end() :]
    try:
        uri = URI.parse(text)
    except (ValueError, KeyError, TypeError):
        uri = parse_with_digit_label(text)
    if uri.port is not None and not 0 < uri.port <= MAX_PORT:
        raise InvalidUriError("the URI's port is out of range")
    return uri


def parse_with_digit_label(text: str) -> URI:
    """The library refuses host names whose last label holds a digit ("pbx1"), which section 25.1 allows.

    And those with an underscore, which it does not allow, but which networks of containers are full of.
    """
    match = NAMED_HOST.fullmatch(text)
    if match is None or not HOST_NAME.fullmatch(match["host"]):
        raise InvalidUriError("the URI is not valid")
    try:
        uri = URI.parse(f"{match['before']}host{match['after'] or ''}")
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidUriError("the URI is not valid") from error
    return replace(uri, host=match["host"])


def subscriber(user: str | None) -> str:
    """Whom a user part names, "" for nobody: without parameters of its own, as `+49301;npdi;rn=1` has (RFC 4694).

    A global number loses its visual separators too (RFC 3966 section 5.1.1).
    """
    name = (user or "").partition(";")[0]
    return name.translate(VISUAL_SEPARATORS) if name.startswith("+") else name


def dialled_uri(number: str, host: str, port: int) -> str:
    """The request URI for a dialled number. Raises InvalidUriError for anything but digits, *, # and a leading +."""
    if not DIALLED_NUMBER.fullmatch(number):
        raise InvalidUriError("the number may hold a leading +, digits, * and #, at most 20")
    return f"sip:{number.replace('#', '%23')}@{host_port(host, port)}"


@lru_cache(maxsize=512)
def user_uri(user: str, host: str, port: int = 5060) -> str:
    """A URI of our own making; whatever the user part holds is escaped."""
    return f"sip:{quote(user, safe=SAFE_IN_USER)}@{host_port(host, port)}"


def host_port(host: str, port: int) -> str:
    """`host[:port]` for URIs: IPv6 in brackets, the default port, and 0 for one that DNS tells, left out."""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if port in {0, DEFAULT_PORTS[Transport.UDP]} else f"{bracketed}:{port}"


@lru_cache(maxsize=512)
def hop_to(text: str, usual: Transport = Transport.UDP) -> Hop:
    """Where a request to this URI goes, which a call asks again and again. Raises InvalidUriError for tel and nonsense.

    `usual` is how the peer was reached so far, for a URI that names no transport; TLS stays TLS whatever it names.
    """
    match, parameters = read_hop(text)
    named = TRANSPORTS.get(parameters.get("transport", "").lower(), usual)
    transport = Transport.TLS if match["scheme"].lower() == "sips" or usual is Transport.TLS else named
    host = plain_host(parameters.get("maddr") or match["host"])
    port = int(match["port"] or 0)
    return Hop(host, port or (0 if HOST_NAME.fullmatch(host) else DEFAULT_PORTS[transport]), transport)


def read_hop(text: str) -> tuple[re.Match[str], dict[str, str]]:
    """The parts of such a URI, and its parameters, their names in lower case. Raises InvalidUriError."""
    match = HOP.fullmatch(text) if len(text) <= MAX_URI_LENGTH else None
    if match is None or int(match["port"] or 1) not in range(1, MAX_PORT + 1):
        raise InvalidUriError("the URI leads nowhere")
    pairs = (each.partition("=") for each in match["parameters"].split(";"))
    return match, {name.strip().lower(): value for name, _, value in pairs}


def plain_host(host: str) -> str:
    """Without brackets; an IPv4 address in IPv6's clothes is IPv4. Raises InvalidUriError for what is no host."""
    host = host.strip("[]")
    try:
        address = ip_address(host)
    except ValueError as error:
        if HOST_NAME.fullmatch(host):
            return host
        raise InvalidUriError("the URI's host is not valid") from error
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped) if mapped else host


@lru_cache(maxsize=512)
def without_headers(text: str) -> str:
    """The URI as a request URI may be: without what follows a question mark (section 19.1.1)."""
    match, _ = read_hop(text)
    return text[: match.start("headers")] if match["headers"] else text


@lru_cache(maxsize=512)
def is_loose_router(text: str) -> bool:
    """Whether the proxy behind this Route leaves the request URI alone (section 16.12.1.1)."""
    return "lr" in read_hop(text)[1]
