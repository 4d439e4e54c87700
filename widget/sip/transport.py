"""The transport layer (RFC 3261 section 18): sockets, and the addresses that Via and Contact name.

UDP is here; TCP and TLS take their place beside it as further implementations of MessageTransport.
"""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from widget.sip.resolver import Resolver
from widget.sip.trunk import Transport
from widget.sip.uri import Hop, user_uri

logger = logging.getLogger(__name__)

MAX_DATAGRAM = 65_535
DATAGRAMS_PER_WAKE = 64
RECEIVE_BUFFER_BYTES = 1_048_576
ROUTE_SECONDS = 5.0
MAX_ROUTES = 1000

Address: TypeAlias = tuple[str, int]
Receiver: TypeAlias = Callable[[bytes, Address, "MessageTransport"], None]


class TransportError(Exception):
    """The message could not be handed to the network."""


class MessageTransport(Protocol):
    """What a transaction needs of a transport. `kind` is the token of Via; `reliable` switches retransmission off.

    `address` is where it is bound, `family` (AF_INET or AF_INET6) the kind of address that it reaches.
    """

    kind: Transport
    reliable: bool
    family: int
    address: Address

    def send(self, data: bytes, remote: Address) -> None:
        """Send one message. Raises TransportError."""

    def local_address(self, remote: Address) -> Address:
        """Our address as seen on the way to `remote`. Raises TransportError when there is no way."""

    def close(self) -> None:
        """Close the sockets."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A way to a peer: the transport, where to send, and our own address on that way."""

    transport: MessageTransport
    remote: Address
    local: Address

    def via(self, branch: str) -> str:
        """Our Via value. rport asks the peer to answer where we sent from (RFC 3581)."""
        host, port = self.local
        name = f"[{host}]" if ":" in host else host
        return f"SIP/2.0/{self.transport.kind.value} {name}:{port};branch={branch};rport"

    def contact(self, user: str) -> str:
        """Our Contact value: where requests of a dialog reach us."""
        return f"<{user_uri(user, *self.local)}>"


class UdpTransport:
    """One UDP socket, read by the loop. Datagrams go to the receiver as they come."""

    kind = Transport.UDP
    reliable = False

    def __init__(self, host: str, port: int, receiver: Receiver) -> None:
        """Binds at once. Raises OSError when the address is taken or not ours."""
        self.family: int = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._socket = self._bind(host, port)
        name = self._socket.getsockname()
        self.address: Address = (name[0], name[1])
        self._routes: dict[str, tuple[str, float]] = {}
        self._everywhere = ipaddress.ip_address(name[0]).is_unspecified
        self._loop.add_reader(self._socket.fileno(), self._read)

    def _bind(self, host: str, port: int) -> socket.socket:
        udp = socket.socket(self.family, socket.SOCK_DGRAM)
        try:
            udp.setblocking(False)  # noqa: FBT003  (the standard library takes it by position only)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            udp.bind((host, port))
        except OSError:
            udp.close()
            raise
        return udp

    def send(self, data: bytes, remote: Address) -> None:
        """Send one datagram; a full buffer counts as loss, which retransmission repairs. Raises TransportError."""
        try:
            self._socket.sendto(data, remote)
        except BlockingIOError:
            logger.warning("send buffer full, a SIP datagram is lost")
        except (OSError, OverflowError) as error:
            raise TransportError(str(error)) from error

    def local_address(self, remote: Address) -> Address:
        """The bound address, or, when bound everywhere, the one that the kernel's routes choose for this peer."""
        if not self._everywhere:
            return self.address
        known = self._routes.get(remote[0])
        now = self._loop.time()
        if known and now < known[1]:
            return known[0], self.address[1]
        host = self._routed_host(remote)
        if len(self._routes) >= MAX_ROUTES:
            self._routes.clear()
        self._routes[remote[0]] = (host, now + ROUTE_SECONDS)
        return host, self.address[1]

    def _routed_host(self, remote: Address) -> str:
        """Connecting a UDP socket sends nothing, but makes the kernel choose."""
        with socket.socket(self.family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect(remote)
            except (OSError, OverflowError) as error:
                raise TransportError(str(error)) from error
            host: str = probe.getsockname()[0]
        return host

    def close(self) -> None:
        """Stop reading and close; harmless when repeated."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        """Take what is there, but leave the loop its turn after some datagrams."""
        for _ in range(DATAGRAMS_PER_WAKE):
            try:
                data, remote = self._socket.recvfrom(MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                # Linux reports an ICMP error of an earlier datagram here; the transaction's own timer judges it.
                logger.info("SIP socket: %s", error)
                return
            self._receiver(data, (remote[0], remote[1]), self)
            if self._socket.fileno() < 0:
                return


class TransportLayer:
    """The transports of a user agent, and the way to each next hop."""

    def __init__(self, resolver: Resolver, udp: MessageTransport) -> None:
        self._resolver = resolver
        self._udp = udp

    @property
    def address(self) -> Address:
        """Where we are bound."""
        return self._udp.address

    def locate(self, hop: Hop, found: Callable[[Flow | None], None]) -> None:
        """Find the way and call back: at once when the host is an address, None when there is no way.

        TCP and TLS are not here yet: TLS finds no way, for it must never fall back to plain text; a peer that asks
        for TCP in its Contact is tried over UDP, by which it reached us.
        """
        if hop.transport is Transport.TLS:
            found(None)
            return
        self._resolver.resolve(
            hop.host, hop.port, self._udp.family, lambda remote: found(self.flow(remote) if remote else None)
        )

    def flow(self, remote: Address) -> Flow | None:
        """The way to an address, None when there is no route."""
        try:
            return Flow(self._udp, remote, self._udp.local_address(remote))
        except TransportError:
            return None

    def close(self) -> None:
        """Close every socket and forget pending look-ups."""
        self._resolver.close()
        self._udp.close()

    async def closed(self) -> None:
        """Wait until nothing of it runs any more."""
        await self._resolver.closed()
