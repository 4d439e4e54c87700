"""The TCP and TLS connections of a user agent: opened when needed, shared, and opened again after a loss."""

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from widget.sip.connection import Connection, ConnectionOwner
from widget.sip.observer import Sent
from widget.sip.tls import TlsError, TlsOptions, client_context
from widget.sip.transport import Address, Advertise, Receiver, as_it_is
from widget.sip.trunk import Transport

logger = logging.getLogger(__name__)

MAX_CONNECTIONS = 1000
MAX_CONNECTIONS_PER_HOST = 100

Connected: TypeAlias = Callable[[Connection | None], None]


@dataclass(frozen=True, slots=True)
class Trust:
    """How a TLS peer proves who it is: by a certificate for `name`."""

    name: str
    options: TlsOptions


class Peer(NamedTuple):
    """Whom a connection leads to; `trust` is None for TCP and for what came in."""

    kind: Transport
    remote: Address
    trust: Trust | None


class ConnectionPool:
    """Connections by peer. A second request to the same peer waits for the same connection."""

    def __init__(
        self,
        receive: Receiver,
        lost: Callable[[Connection], None],
        *,
        connect_seconds: float,
        admits: Callable[[str], bool] | None = None,
        sent: Sent | None = None,
        advertise: Advertise = as_it_is,
    ) -> None:
        self._owner = ConnectionOwner(receive, self._admit, self._lost, sent, advertise)
        self._tell_lost = lost
        self._connect_seconds = connect_seconds
        self._admits = admits
        self._open: dict[Peer, Connection] = {}
        self._all: set[Connection] = set()
        self._per_host: Counter[str] = Counter()
        self._waiting: dict[Peer, list[Connected]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[asyncio.Server] = []
        self._ports: dict[Transport, int] = {}
        self._all_gone = asyncio.Event()
        self._is_closing = False

    @property
    def ports(self) -> dict[Transport, int]:
        """Where we listen, by transport."""
        return self._ports

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Take connections. Raises OSError when the address is taken or not ours."""
        kind = Transport.TLS if tls else Transport.TCP
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: self._incoming(kind), host, port, ssl=tls)
        self._servers.append(server)
        self._ports[kind] = server.sockets[0].getsockname()[1]

    def connect(self, peer: Peer, connected: Connected, *, shares: bool, seconds: float | None = None) -> None:
        """Call back with a connection to this peer: at once when there is one, None when there is no way.

        `shares`: a connection that the peer opened will do. Never for a TLS trunk, which has to prove its name.
        `seconds`: how long it may take, when that is less than usual.
        """
        known = self._open.get(peer)
        if known is None and (shares or peer.trust is None):
            known = self._open.get(peer._replace(trust=None))
        if known and known.is_open:
            connected(known)
            return
        waiting = self._waiting.setdefault(peer, [])
        waiting.append(connected)
        if len(waiting) == 1:
            task = asyncio.get_running_loop().create_task(
                self._connect(peer, min(seconds or self._connect_seconds, self._connect_seconds))
            )
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def remember(self, connection: Connection, kind: Transport, remote: Address) -> None:
        """A peer that called us names its own port in Contact: reach it over the connection that it opened.

        Only at the same address, or anybody could draw another peer's messages to himself.
        """
        if connection.is_open and kind is connection.kind and remote[0] == connection.remote[0]:
            self._open.setdefault(Peer(kind, remote, None), connection)

    def close(self) -> None:
        """Drop every connection."""
        self._is_closing = True
        for task in self._tasks:
            task.cancel()
        for server in self._servers:
            server.close()
        for connection in tuple(self._all):
            connection.close()
        if not self._all:
            self._all_gone.set()

    async def closed(self) -> None:
        """Wait until the loop has let go of everything."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._all_gone.wait()
        for server in self._servers:
            await server.wait_closed()

    def _incoming(self, kind: Transport) -> Connection:
        return Connection(kind, self._owner, advertised_port=self._ports.get(kind, 0), is_ours=False)

    def _outgoing(self, kind: Transport) -> Connection:
        return Connection(kind, self._owner, advertised_port=self._ports.get(kind, 0), is_ours=True)

    async def _connect(self, peer: Peer, seconds: float) -> None:
        connection: Connection | None = None
        try:
            async with asyncio.timeout(seconds):
                connection = await self._establish(peer)
        except (OSError, TimeoutError, TlsError) as error:
            logger.warning("no connection to %s port %d: %s", *peer.remote, error or "no answer in time")
        if connection and connection.is_open:
            self._open[peer] = connection
        for connected in self._waiting.pop(peer, []):
            connected(connection)

    async def _establish(self, peer: Peer) -> Connection:
        loop = asyncio.get_running_loop()
        context = client_context(peer.trust.options) if peer.trust else None
        name = (peer.trust.options.server_name or peer.trust.name) if peer.trust else None
        _, connection = await loop.create_connection(
            lambda: self._outgoing(peer.kind), *peer.remote, ssl=context, server_hostname=name
        )
        return connection

    def _admit(self, connection: Connection) -> bool:
        """Strangers and whoever wants too many are refused; what we opened ourselves is always admitted."""
        host = connection.remote[0]
        self._all.add(connection)
        self._per_host[host] += 1
        if connection.is_ours:
            return not self._is_closing
        if self._is_closing or (self._admits and not self._admits(host)):
            return False
        return len(self._all) <= MAX_CONNECTIONS and self._per_host[host] <= MAX_CONNECTIONS_PER_HOST

    def _lost(self, connection: Connection) -> None:
        self._all.discard(connection)
        self._per_host[connection.remote[0]] -= 1
        if not self._per_host[connection.remote[0]]:
            del self._per_host[connection.remote[0]]
        for peer in [peer for peer, known in self._open.items() if known is connection]:
            del self._open[peer]
        if self._is_closing and not self._all:
            self._all_gone.set()
        self._tell_lost(connection)
