"""One TCP or TLS connection that carries SIP (RFC 3261 section 18), with the keep-alive of RFC 5626 section 4.4.1."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from widget.sip.framing import PING, PONG, Framer, FramingError
from widget.sip.observer import Sent
from widget.sip.transport import Address, Advertise, Receiver, TransportError, as_it_is
from widget.sip.trunk import Transport

logger = logging.getLogger(__name__)

MAX_UNSENT_BYTES = 1_048_576
READ_BYTES = 16_384
"""The loop's own buffer is 256 KiB and new for each read: the system maps and unmaps it each time."""
MESSAGE_SECONDS = 20.0
PING_SECONDS = 95.0
PING_SCATTER_SECONDS = 25.0
PONG_SECONDS = 10.0
random = secrets.SystemRandom()


@dataclass(frozen=True, slots=True)
class ConnectionOwner:
    """What a connection tells: each message, that it is open, that it is gone. `admit` may refuse it.

    `sent` hears what the connection took.
    """

    receive: Receiver
    admit: Callable[["Connection"], bool]
    lost: Callable[["Connection"], None]
    sent: Sent | None = None
    advertise: Advertise = as_it_is


class Connection(asyncio.BufferedProtocol):
    """A reliable MessageTransport. `advertised_port` 0 stands for the connection's own port.

    Only the side that opened it sends keep-alives. A peer that never answered one is not required to.
    """

    reliable = True

    def __init__(self, kind: Transport, owner: ConnectionOwner, *, advertised_port: int, is_ours: bool) -> None:
        self.kind = kind
        self.family: int = socket.AF_INET
        self.address: Address = ("", 0)
        self.remote: Address = ("", 0)
        self.is_open = False
        self._owner = owner
        self._advertised_port = advertised_port
        self.is_ours = is_ours
        self._framer = Framer()
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._transport: asyncio.Transport | None = None
        self._ping: asyncio.TimerHandle | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._awaits_pong = False
        self._peer_pongs = False

    # What the loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn both addresses; one that is not admitted is closed without a byte."""
        self._transport = cast(asyncio.Transport, transport)
        self.remote = transport.get_extra_info("peername", ("", 0))[:2]
        host, port = transport.get_extra_info("sockname", ("", 0))[:2]
        self.address = host, self._advertised_port or port
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.is_open = True
        if not self._owner.admit(self):
            self.close()
        elif self.is_ours:
            self._plan_ping()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the loop puts what comes next; `buffer_updated` follows at once."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Whole messages go to the owner."""
        data = bytes(self._buffer[:nbytes])
        if self._awaits_pong:
            self._awaits_pong = False
            self._peer_pongs = self._peer_pongs or data == PONG
            self._plan_ping()
            if data == PONG:
                return
        try:
            for message in self._framer.feed(data):
                self._take(message)
        except FramingError as error:
            logger.warning("connection of %s closed: %s", self.remote[0], error.reason)
            self.close()
        self._watch_rest()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone, for whatever reason."""
        if exc:
            logger.info("connection to %s lost: %s", self.remote[0], exc)
        self.is_open = False
        self._cancel_timers()
        self._owner.lost(self)

    # What SIP calls.

    def send(self, data: bytes, remote: Address) -> None:
        """Send one message. Raises TransportError when the connection is gone or its peer does not read."""
        if not self.is_open or self._transport is None or self._transport.is_closing():
            raise TransportError("the connection is closed")
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.close()
            raise TransportError("the peer does not read")
        self._transport.write(data)
        if self._owner.sent:
            self._owner.sent(data, self.remote, self)

    def local_address(self, remote: Address) -> Address:
        """Where new connections to us may go: our address on this one, at the port that we listen on."""
        host, port = self.address
        return self._owner.advertise(host, remote[0]), port

    def close(self) -> None:
        """Drop it at once; `lost` follows from the loop."""
        self.is_open = False
        self._cancel_timers()
        if self._transport:
            self._transport.abort()

    # Inside.

    def _take(self, message: bytes) -> None:
        if not self.is_open:
            return
        if message == PING:
            self.send(PONG, self.remote)
        else:
            self._owner.receive(message, self.remote, self)

    def _watch_rest(self) -> None:
        """A message that began must be complete in time, so that nobody holds connections with half a line."""
        if self._deadline:
            if not self._framer.is_empty:
                return
            self._deadline.cancel()
            self._deadline = None
        elif not self._framer.is_empty and self.is_open:
            self._deadline = asyncio.get_running_loop().call_later(MESSAGE_SECONDS, self.close)

    def _plan_ping(self) -> None:
        if self._ping:
            self._ping.cancel()
        seconds = PING_SECONDS + random.uniform(0, PING_SCATTER_SECONDS)
        self._ping = asyncio.get_running_loop().call_later(seconds, self.ping)

    def ping(self) -> None:
        """Send a keep-alive now; a peer that answered one before must answer each."""
        try:
            self.send(PING, self.remote)
        except TransportError:
            return
        self._awaits_pong = True
        self._ping = asyncio.get_running_loop().call_later(PONG_SECONDS, self._no_pong)

    def _no_pong(self) -> None:
        if self._peer_pongs:
            logger.warning("connection to %s does not answer any more", self.remote[0])
            self.close()
        else:
            self._awaits_pong = False
            self._plan_ping()

    def _cancel_timers(self) -> None:
        for timer in (self._ping, self._deadline):
            if timer:
                timer.cancel()
        self._ping = self._deadline = None
