"""Opening the sockets of a user agent: UDP and TCP at one port, for one or both families, and TLS when configured."""

from collections.abc import Callable
from dataclasses import dataclass

from widget.sip.config import UserAgentConfig
from widget.sip.connection_pool import ConnectionPool
from widget.sip.observer import Sent
from widget.sip.resolver import Resolver
from widget.sip.tls import server_context
from widget.sip.transport import MessageTransport, Receiver
from widget.sip.transport_layer import TransportLayer
from widget.sip.udp import UdpTransport, Unreachable

ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Receivers:
    """Who hears what the sockets say."""

    receive: Receiver
    unreachable: Unreachable
    connection_lost: Callable[[MessageTransport], None]
    admits: Callable[[str], bool] | None
    sent: Sent | None = None


async def open_transports(config: UserAgentConfig, receivers: Receivers, resolver: Resolver) -> TransportLayer:
    """Bind everything. Raises OSError when an address is taken or not ours, TlsError for an unusable certificate.

    A port that the kernel chose for UDP may be taken for TCP: then another one is tried.
    """
    for _ in range(ATTEMPTS - 1 if not config.port else 0):
        try:
            return await bind(config, receivers, resolver)
        except OSError:
            continue
    return await bind(config, receivers, resolver)


async def bind(config: UserAgentConfig, receivers: Receivers, resolver: Resolver) -> TransportLayer:
    """One attempt; nothing stays open when it fails."""
    udp = [udp_at(config, config.host, config.port, receivers)]
    pool = ConnectionPool(
        receivers.receive,
        receivers.connection_lost,
        connect_seconds=config.connect_seconds,
        admits=receivers.admits,
        sent=receivers.sent,
        advertise=config.advertise,
    )
    layer = TransportLayer(resolver, *udp, pool=pool)
    try:
        if config.second_host:
            udp.append(udp_at(config, config.second_host, udp[0].address[1], receivers))
            layer = TransportLayer(resolver, *udp, pool=pool)
        await listen(config, pool, udp)
    except BaseException:
        layer.close()
        await layer.closed()
        raise
    return layer


def udp_at(config: UserAgentConfig, host: str, port: int, receivers: Receivers) -> UdpTransport:
    """Bind one UDP socket. Raises OSError."""
    hears = receivers.receive, receivers.unreachable, receivers.sent
    return UdpTransport(host, port, *hears, advertise=config.advertise)


async def listen(config: UserAgentConfig, pool: ConnectionPool, udp: list[UdpTransport]) -> None:
    """TCP beside each UDP socket, TLS at its own port."""
    hosts = [config.host, config.second_host] if config.second_host else [config.host]
    for host in hosts:
        await pool.listen(host, udp[0].address[1])
        if config.tls:
            await pool.listen(host, config.tls_port, server_context(config.tls))
