"""The media side's settings, as plain values; defaults suit one host without NAT."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BrowserAddress:
    """A local address for browsers. ``advertised`` is what they are told, where 1:1 NAT hides the local one."""

    host: str
    advertised: str = ""

    @property
    def public(self) -> str:
        return self.advertised or self.host


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaConfig:
    """Addresses are IP literals.

    ``relays`` is how many relay processes there are; towards browsers each has a port of its own, ``browser_port`` and
    those above it (0 = any free ones), on all addresses. ``browser_addresses`` empty = every interface address
    (loopback only with ``allow_loopback`` or if nothing else exists). ``carrier_host`` empty = the address from which
    the host reaches the carrier. ``carrier_ports`` is used for even port numbers.
    ``advertise(local, remote)`` gives the address that a peer is told where 1:1 NAT hides the local one; any browser
    is the ``remote`` "". ``max_transcoded_calls`` at a time, 0 = none: each takes some 2 % of a core. Two carrier legs
    that are joined are told of (``CarriersSilent``) when nothing came from either for ``joined_silence_seconds``.
    """

    relays: int = 1
    browser_addresses: tuple[BrowserAddress, ...] = ()
    browser_port: int = 0
    allow_loopback: bool = False
    carrier_host: str = ""
    advertise: Callable[[str, str], str] = field(default=lambda local, remote: local)
    carrier_ports: range = field(default=range(16384, 32768))
    connect_seconds: float = 10.0
    browser_silence_seconds: int = 8
    max_transcoded_calls: int = 20
    joined_silence_seconds: float = 60.0
