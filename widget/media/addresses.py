"""Local addresses and ports: which ones browsers are told, and the carriers' port range."""

import asyncio
import ipaddress
import logging
import socket
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import ifaddr

from widget.media.config import BrowserAddress, MediaConfig
from widget.media.errors import MediaError, MediaFailure

SOMEBODY = "192.0.2.1"
LOOPBACK = "127.0.0.1"

logger = logging.getLogger(__name__)

_RECEIVE_BUFFER = 4 << 20
#: Linux; Python's socket module names none of these.
_SO_RCVBUFFORCE = 33
_IP_MTU_DISCOVER = 10
_IPV6_MTU_DISCOVER = 23
_PMTUDISC_PROBE = 3
#: Expedited forwarding, the DSCP of voice (RFC 4594 section 4.1, RFC 8837 section 5).
_VOICE = 46 << 2


def interface_addresses() -> list[str]:
    """Addresses of all interfaces, loopback included; IPv4 first, which more networks carry than they say."""
    found = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    first = [str(ip.ip) for ip in found if ip.is_IPv4]
    return first + [host for ip in found if ip.is_IPv6 and _is_usable(host := ip.ip[0])]


def _is_usable(host: str) -> bool:
    """Not ::1, beside which 127.0.0.1 always is, nor an address that is still being tried out (RFC 4862, 5.4)."""
    address = ipaddress.ip_address(host)
    if address.is_loopback or address.is_link_local:
        return False
    try:
        open_udp(host, 0).close()
    except OSError:
        return False
    return True


def browser_addresses(config: MediaConfig, found: Sequence[str]) -> tuple[BrowserAddress, ...]:
    """What browsers are offered, given the addresses ``found`` on this host: as configured, or else all of them, with
    loopback last and only if it is allowed or the only one."""
    if config.browser_addresses:
        return config.browser_addresses
    usable = [ipaddress.ip_address(address) for address in found]
    outside = [address for address in usable if not address.is_loopback and not address.is_link_local]
    loopback = [address for address in usable if address.is_loopback]
    chosen = outside + (loopback if config.allow_loopback or not outside else [])
    hosts = [str(address) for address in chosen]
    return tuple(BrowserAddress(host, advertised=config.advertise(host, "")) for host in hosts)


def open_udp(host: str, port: int) -> socket.socket:
    """A bound, non-blocking UDP socket whose datagrams are marked as voice; raises :class:`OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        opened.bind((host, port))
        _mark(opened)
    except OSError:
        opened.close()
        raise
    return opened


def _mark(opened: socket.socket) -> None:
    """Ask routers to let voice pass first, and never to cut it in pieces: nothing of ours is longer than any network
    takes, and the kernel need not number what stays whole (4 % of what a packet costs to send)."""
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _VOICE)
        opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE)
    else:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _VOICE)
        opened.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE)


def open_browser_sockets(addresses: Sequence[BrowserAddress], port: int) -> list[socket.socket]:
    """One socket per address, on the same port where possible. Raises :class:`OSError` if a fixed port is taken."""
    opened: list[socket.socket] = []
    for address in addresses:
        try:
            opened.append(_open_like(address.host, port, opened))
        except OSError:
            for earlier in opened:
                earlier.close()
            raise
    for shared in opened:
        widen(shared)
    return opened


def widen(shared: socket.socket) -> None:
    """Let a socket that all browsers share hold what hundreds of calls send while the relay waits for its core: beyond
    ``net.core.rmem_max`` where we may, else up to it."""
    try:
        shared.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
    except PermissionError:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)


def _open_like(host: str, port: int, earlier: Sequence[socket.socket]) -> socket.socket:
    if port or not earlier:
        return open_udp(host, port)
    try:
        return open_udp(host, earlier[0].getsockname()[1])
    except OSError:
        return open_udp(host, 0)


def local_address_towards(remote: str) -> str:
    """The address from which this host reaches ``remote`` (an IP literal); nothing is sent."""
    family = socket.AF_INET6 if ":" in remote else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((remote, 9))
        except OSError as error:
            raise MediaError(MediaFailure.BAD_ADDRESS, f"{remote} is unreachable: {error}") from error
        return str(probe.getsockname()[0])


def anywhere() -> str:
    """A peer outside for whom we know no better (RFC 5737), or ourselves on a machine without a way out."""
    try:
        local_address_towards(SOMEBODY)
    except MediaError:
        return LOOPBACK
    return SOMEBODY


def local_address_for(remote: str) -> str:
    """As above; where there is no way it is the INVITE that fails, so that another trunk may be tried."""
    try:
        return local_address_towards(remote)
    except MediaError:
        return local_address_towards(anywhere())


class PortPair(NamedTuple):
    """RTP's socket and RTCP's, on the port above (RFC 3550 section 11)."""

    media: socket.socket
    control: socket.socket


class CarrierPorts:
    """Even ports of a range, the one that rested longest first: what still arrives for a finished call meets a closed
    port for as long as possible, not the next call."""

    def __init__(self, ports: range) -> None:
        self._free = deque(port for port in ports if port % 2 == 0)

    def open(self, host: str) -> PortPair:
        """Sockets on the next even port and the one above it that are free on ``host``; raises :class:`MediaError` if
        there are none."""
        for _ in range(len(self._free)):
            port = self._free.popleft()
            try:
                return _open_pair(host, port)
            except OSError:
                self._free.append(port)
        raise MediaError(MediaFailure.NO_PORT, f"no free carrier port on {host}")

    def close(self, opened: PortPair) -> None:
        """Close a pair from :meth:`open` and put its port to rest."""
        self._free.append(opened.media.getsockname()[1])
        opened.media.close()
        opened.control.close()


def _open_pair(host: str, port: int) -> PortPair:
    media = open_udp(host, port)
    try:
        return PortPair(media, open_udp(host, port + 1))
    except OSError:
        media.close()
        raise


def transmit(opened: socket.socket, data: bytes, address: tuple[str, int]) -> None:
    """Send from a shared browser socket; what does not leave is lost, as any datagram may be."""
    try:
        opened.sendto(data, address)
    except OSError as error:
        logger.debug("Nothing sent to a browser: %s", error)


async def resolve(host: str) -> str:
    """An IP literal for a host of SDP or configuration; raises :class:`MediaError`."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        raise MediaError(MediaFailure.BAD_ADDRESS, f"{host} does not resolve: {error}") from error
    return str(found[0][4][0])
