"""The media side's settings, as plain values; defaults suit one host without NAT."""

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

    ``browser_addresses`` empty = every interface address (loopback only with ``allow_loopback`` or if nothing else
    exists); all share ``browser_port`` (0 = any free one). ``carrier_host`` empty = the address from which the host
    reaches the carrier. ``carrier_ports`` is used for even port numbers.
    """

    browser_addresses: tuple[BrowserAddress, ...] = ()
    browser_port: int = 0
    allow_loopback: bool = False
    carrier_host: str = ""
    carrier_advertised_host: str = ""
    carrier_ports: range = field(default=range(16384, 32768))
    connect_seconds: float = 10.0
    browser_silence_seconds: int = 8
