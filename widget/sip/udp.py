"""SIP over UDP (RFC 3261 section 18), with the ICMP errors that come back for what we sent."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable
from typing import TypeAlias

from widget.sip.observer import Sent
from widget.sip.transport import Address, Advertise, Receiver, TransportError, as_it_is
from widget.sip.trunk import Transport

logger = logging.getLogger(__name__)

MAX_DATAGRAM = 65_535
DATAGRAMS_PER_WAKE = 64
RECEIVE_BUFFER_BYTES = 1_048_576
ROUTE_SECONDS = 5.0
MAX_ROUTES = 1000
MAX_QUOTED = 1024
# Linux: <linux/in.h>, <linux/in6.h>; the socket module does not name them.
RECEIVE_ERRORS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
ERROR_QUEUE = getattr(socket, "MSG_ERRQUEUE", 0)

Unreachable: TypeAlias = Callable[[bytes], None]
"""Gets the start of a datagram of ours that the network could not deliver."""


class UdpTransport:
    """One UDP socket, read by the loop. Datagrams go to the receiver as they come."""

    kind = Transport.UDP
    reliable = False

    def __init__(
        self,
        host: str,
        port: int,
        receiver: Receiver,
        unreachable: Unreachable,
        sent: Sent | None = None,
        *,
        advertise: Advertise = as_it_is,
    ) -> None:
        """Binds at once. Raises OSError when the address is taken or not ours."""
        self.family: int = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._receiver = receiver
        self._unreachable = unreachable
        self._sent = sent
        self._advertise = advertise
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
            if udp.family == socket.AF_INET6:
                udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if ERROR_QUEUE:
                udp.setsockopt(*RECEIVE_ERRORS[udp.family], 1)
            udp.bind((host, port))
        except OSError:
            udp.close()
            raise
        return udp

    def send(self, data: bytes, remote: Address) -> None:
        """Send one datagram; a full buffer counts as loss, which retransmission repairs. Raises TransportError."""
        try:
            self._send(data, remote)
        except BlockingIOError:
            logger.warning("send buffer full, a SIP datagram is lost")
        except (OSError, OverflowError) as error:
            raise TransportError(str(error)) from error
        if self._sent:
            self._sent(data, remote, self)

    def _send(self, data: bytes, remote: Address) -> None:
        """Linux reports the ICMP error of an earlier datagram at the next call, whatever that is: then try again."""
        try:
            self._socket.sendto(data, remote)
        except BlockingIOError:
            raise
        except OSError:
            if not self._take_errors():
                raise
            self._socket.sendto(data, remote)

    def local_address(self, remote: Address) -> Address:
        """The bound address, or, when bound everywhere, the one that the kernel's routes choose for this peer; under
        the name that reaches us from there."""
        return self._advertise(self._local_host(remote), remote[0]), self.address[1]

    def _local_host(self, remote: Address) -> str:
        if not self._everywhere:
            return self.address[0]
        known = self._routes.get(remote[0])
        now = self._loop.time()
        if known and now < known[1]:
            return known[0]
        host = routed_host(remote, self.family)
        if len(self._routes) >= MAX_ROUTES:
            self._routes.clear()
        self._routes[remote[0]] = (host, now + ROUTE_SECONDS)
        return host

    def close(self) -> None:
        """Stop reading and close; harmless when repeated."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()

    def _read(self) -> None:
        """Take what is there, but leave the loop its turn after some datagrams."""
        for count in range(DATAGRAMS_PER_WAKE):
            try:
                data, remote = self._socket.recvfrom(MAX_DATAGRAM)
            except BlockingIOError:
                if not count:
                    self._take_errors()
                return
            except OSError as error:
                logger.info("SIP socket: %s", error)
                self._take_errors()
                continue
            self._receiver(data, (remote[0], remote[1]), self)
            if self._socket.fileno() < 0:
                return

    def _take_errors(self) -> bool:
        """Read the socket's ICMP errors; whether there were any. Their transactions hear of it in the loop's next turn.

        An ICMP message is easily forged, so it counts only when it quotes a branch of ours, which nobody can guess.
        """
        found = False
        while ERROR_QUEUE:
            try:
                quoted, _, _, _ = self._socket.recvmsg(MAX_QUOTED, MAX_QUOTED, ERROR_QUEUE)
            except OSError:
                break
            found = True
            self._loop.call_soon(self._unreachable, quoted)
        return found


def routed_host(remote: Address, family: int) -> str:
    """Our address on the way to a peer: connecting a UDP socket sends nothing, but makes the kernel choose.

    Raises TransportError when there is no way.
    """
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(remote)
        except (OSError, OverflowError) as error:
            raise TransportError(str(error)) from error
        host: str = probe.getsockname()[0]
    return host
