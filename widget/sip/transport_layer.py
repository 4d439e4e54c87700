"""The transports of a user agent, and the way to each next hop."""

import socket
from collections.abc import Callable
from time import monotonic

from widget.sip.connection import Connection
from widget.sip.connection_pool import ConnectionPool, Peer, Trust
from widget.sip.resolver import Resolver, literal_address
from widget.sip.tls import TlsOptions
from widget.sip.transport import Address, Flow, MessageTransport, TransportError
from widget.sip.trunk import Transport
from widget.sip.uri import DEFAULT_PORTS, Domain, Hop

ANY_FAMILY = 0
BLOCK_SECONDS = 60.0
MAX_BLOCKED = 1000
OTHERS_WAIT_SECONDS = 1.5
"""How long a connection may take while the name has other addresses; the last one gets the configured time."""
Found = Callable[[Flow | None], None]
Target = tuple[Transport, Address]
Way = tuple[Hop, Address]
NONE_TRIED: frozenset[Target] = frozenset()


class TransportLayer:
    """One UDP socket per family, and the connections; without a pool there is no way over TCP and TLS."""

    def __init__(self, resolver: Resolver, *udp: MessageTransport, pool: ConnectionPool | None = None) -> None:
        self._resolver = resolver
        self._udp = {transport.family: transport for transport in udp}
        self._first = udp[0]
        self._pool = pool
        self._trust: dict[str, Trust] = {}
        self._blocked: dict[Target, float] = {}

    @property
    def address(self) -> Address:
        """Where UDP is bound, and TCP with it."""
        return self._first.address

    @property
    def tls_port(self) -> int:
        """Where TLS listens, 0 when it does not."""
        return self._pool.ports.get(Transport.TLS, 0) if self._pool else 0

    def trust(self, host: str, options: TlsOptions) -> None:
        """How the TLS peer of this name or address proves who it is; others need a certificate that the system knows.

        Raises nothing: unusable options show when the connection is opened.
        """
        self._trust[host] = Trust(host, options)

    def locate(self, hop: Hop | Domain, found: Found, *, without: frozenset[Target] = NONE_TRIED) -> None:
        """Find the way and call back: at once when the host is an address, None when there is no way.

        Of several addresses the first that is not blocked, and over TCP and TLS the first that can be connected;
        none of those in `without`. A hop over TLS never falls back to plain text; a domain's DNS may say so.
        """
        if isinstance(hop, Hop) and literal_address(hop.host):
            remote = hop.host, hop.port or DEFAULT_PORTS[hop.transport]
            if (hop.transport, remote) in without:
                found(None)
            else:
                self._connect(hop, remote, found, None)
            return

        def resolved(ways: list[Way]) -> None:
            left = [way for way in ways if (way[0].transport, way[1]) not in without]
            self._try(self._by_block(left), found)

        if isinstance(hop, Hop):
            self._resolve([hop], [], resolved)
        else:
            self._resolver.choose(hop, lambda hops: self._resolve(hops, [], resolved))

    def _resolve(self, hops: list[Hop], ways: list[Way], resolved: Callable[[list[Way]], None]) -> None:
        """The addresses of each, in this order."""
        hop, *others = hops

        def found(remotes: list[Address]) -> None:
            known = [*ways, *((hop, remote) for remote in remotes)]
            if others:
                self._resolve(others, known, resolved)
            else:
                resolved(known)

        family = next(iter(self._udp)) if hop.transport is Transport.UDP and len(self._udp) == 1 else ANY_FAMILY
        self._resolver.resolve(hop, family, found)

    def may_have_others(self, hop: Hop | Domain) -> bool:
        """Whether there may be several addresses: a name's, not a literal."""
        return literal_address(hop.host) is None

    def block(self, flow: Flow) -> None:
        """The address did not do its work: others of the same name come first for a minute (RFC 3263 section 4.3)."""
        self._block(flow.transport.kind, flow.remote)

    def _block(self, kind: Transport, remote: Address) -> None:
        if len(self._blocked) >= MAX_BLOCKED:
            self._blocked.clear()
        self._blocked[kind, remote] = monotonic() + BLOCK_SECONDS

    def _by_block(self, ways: list[Way]) -> list[Way]:
        """Blocked ones last, the longest blocked first: when all are, one of them is better than none."""
        if len(ways) < 2:
            return ways
        now = monotonic()

        def blocked_until(way: Way) -> float:
            until = self._blocked.get((way[0].transport, way[1]), 0.0)
            return until if until > now else 0.0

        return sorted(ways, key=blocked_until)

    def _try(self, ways: list[Way], found: Found) -> None:
        """One after the other."""
        if not ways:
            found(None)
            return
        (hop, remote), *others = ways

        def tried(flow: Flow | None) -> None:
            if flow is None and others:
                self._block(hop.transport, remote)
                self._try(others, found)
            else:
                found(flow)

        self._connect(hop, remote, tried, OTHERS_WAIT_SECONDS if others else None)

    def remember(self, connection: MessageTransport, hop: Hop) -> None:
        """The next hop of a dialog may be reached over the connection that it opened, if it is named by address."""
        if self._pool and isinstance(connection, Connection) and literal_address(hop.host):
            self._pool.remember(connection, hop.transport, (hop.host, hop.port))

    def _connect(self, hop: Hop, remote: Address, found: Found, seconds: float | None) -> None:
        if hop.transport is Transport.UDP:
            found(self._over_udp(remote))
        elif self._pool is None:
            found(None)
        else:
            trust = self._trust_of(hop, remote)
            peer = Peer(hop.transport, remote, trust)
            self._pool.connect(
                peer,
                lambda connection: found(flow_over(connection)),
                shares=remote[0] not in self._trust,
                seconds=seconds,
            )

    def _over_udp(self, remote: Address) -> Flow | None:
        transport = self._udp.get(socket.AF_INET6 if ":" in remote[0] else socket.AF_INET)
        try:
            return Flow(transport, remote, transport.local_address(remote)) if transport else None
        except TransportError:
            return None

    def _trust_of(self, hop: Hop, remote: Address) -> Trust | None:
        """By name; the address of a trunk, in a Contact, stands for the trunk's name."""
        if hop.transport is not Transport.TLS:
            return None
        if named := self._trust.get(hop.host):
            self._trust[remote[0]] = named
        return self._trust.get(remote[0]) or Trust(hop.host, TlsOptions())

    def close(self) -> None:
        """Close every socket and forget pending look-ups."""
        self._resolver.close()
        for transport in self._udp.values():
            transport.close()
        if self._pool:
            self._pool.close()

    async def closed(self) -> None:
        """Wait until nothing of it runs any more."""
        await self._resolver.closed()
        if self._pool:
            await self._pool.closed()


def flow_over(connection: Connection | None) -> Flow | None:
    """The way over a connection, None when it could not be opened."""
    if connection is None or not connection.is_open:
        return None
    return Flow(connection, connection.remote, connection.local_address(connection.remote))
