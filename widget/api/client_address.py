"""PURE: which address a request comes from, and whether a list of networks holds it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str) -> IPAddress | None:
    """Return the address, IPv4 also where it came mapped into IPv6; None when it is none."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def client_address(remote: str, forwarded_for: str, *, trusted_proxies: Sequence[str]) -> IPAddress | None:
    """Return the client's address.

    Threat: anyone may send X-Forwarded-For. It is read from the right, and only as far as our own proxies wrote it.
    """
    address = parse_address(remote)
    for hop in reversed(forwarded_for.split(",") if forwarded_for else []):
        if address is None or not is_in(address, trusted_proxies):
            break
        address = parse_address(hop)
    return address


def is_in(address: IPAddress | None, networks: Iterable[str]) -> bool:
    """Whether one of the networks (addresses or CIDR) holds the address."""
    return address is not None and any(address in ipaddress.ip_network(network, strict=False) for network in networks)
