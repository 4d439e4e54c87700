"""The transports of a user agent, and the way to each next hop."""

from collections.abc import Callable

from widget.sip.resolver import Resolver
from widget.sip.transport import Address, Flow, MessageTransport, TransportError
from widget.sip.trunk import Transport
from widget.sip.uri import Hop


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
