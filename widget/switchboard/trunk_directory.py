"""The enabled trunks, in step with the database: whose requests are answered, and where we are registered.

A request from any address that is no trunk's is met with silence, whatever its method.
"""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Iterable, Sequence

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget.sip.resolver import Resolver
from widget.sip.uri import Domain, Hop, way_to
from widget.sip.user_agent import UserAgent
from widget.switchboard import trunks
from widget.switchboard.trunks import KnownTrunk, Network

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 15
"""How soon a change is seen that nobody told of, such as another address of a name."""
MEMORY_SECONDS = 3600
"""How long an address stays a trunk's after its name was last seen with it: names with many answer with a few."""


class TrunkDirectory:
    """`admits` is the user agent's question about strangers; ``at`` says whose call an address sends."""

    def __init__(self, resolver: Resolver | None = None) -> None:
        self._resolver = resolver or Resolver()
        self._trunks: dict[int, KnownTrunk] = {}
        self._seen: dict[tuple[Hop | Domain, str], float] = {}
        self._by_address: dict[str, list[KnownTrunk]] = {}
        self._by_network: list[tuple[Network, KnownTrunk]] = []
        self._changed = asyncio.Event()
        self._sip: UserAgent | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, sip: UserAgent) -> None:
        """Learn the trunks, and go on learning; ``sip`` registers where they want that."""
        self._sip = sip
        await self.refresh()
        self._task = asyncio.get_running_loop().create_task(self._keep_fresh(), name="trunks")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._resolver.close()
        await self._resolver.closed()

    def changed(self) -> None:
        """An admin changed something about trunks: look now."""
        self._changed.set()

    def admits(self, host: str) -> bool:
        """Whether this address is a trunk's."""
        return host in self._by_address or bool(self.at(host))

    def at(self, host: str, port: int = 0) -> list[KnownTrunk]:
        """The trunks at an address; the port decides only which of several comes first."""
        host = plain(host)
        found = self._by_address.get(host, [])
        if self._by_network:
            found = [*found, *self._within(host)]
        return sorted(found, key=lambda known: known.trunk.port != port)

    @property
    def known(self) -> Sequence[KnownTrunk]:
        """Every enabled trunk."""
        return list(self._trunks.values())

    async def refresh(self) -> None:
        """Read the trunks and look their addresses up; a name that does not resolve lets nobody in."""
        now = {known.id: known for known in await database_sync_to_async(trunks.known_trunks)()}
        if self._sip is not None:
            self._register(self._sip, now)
        self._trunks = now
        await self._look_up(list(now.values()))

    def _register(self, sip: UserAgent, now: dict[int, KnownTrunk]) -> None:
        for trunk_id, before in self._trunks.items():
            if trunk_id not in now or now[trunk_id].trunk != before.trunk:
                sip.remove_trunk(trunk_id)
        for trunk_id, known in now.items():
            before_trunk = self._trunks[trunk_id].trunk if trunk_id in self._trunks else None
            if known.trunk != before_trunk:
                sip.add_trunk(known.trunk)

    async def _look_up(self, known: Sequence[KnownTrunk]) -> None:
        """All at once, so that one slow name does not keep the others out."""
        hops = [way_to(one.trunk) for one in known]
        found = await asyncio.gather(*map(self._resolve, hops))
        by_address: dict[str, list[KnownTrunk]] = {}
        for one, hop, addresses in zip(known, hops, found, strict=True):
            for address in self._remember(hop, addresses):
                by_address.setdefault(address, []).append(one)
        self._by_address = by_address
        self._by_network = [(network, one) for one in known for network in one.sources]

    def _remember(self, hop: Hop | Domain, addresses: Iterable[str]) -> list[str]:
        """The addresses that the host has now, and had lately."""
        now = asyncio.get_running_loop().time()
        self._seen.update({(hop, plain(address)): now for address in addresses})
        self._seen = {key: at for key, at in self._seen.items() if at > now - MEMORY_SECONDS}
        return [address for seen_hop, address in self._seen if seen_hop == hop]

    async def _resolve(self, hop: Hop | Domain) -> list[str]:
        """Of every transport that the carrier names: it may call over another one than we do."""
        hops = [hop] if isinstance(hop, Hop) else await self._resolver.chosen(hop)
        return [host for each in hops for host, _ in await self._resolver.resolved(each)]

    def _within(self, host: str) -> list[KnownTrunk]:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return []
        return [known for network, known in self._by_network if address in network]

    async def _keep_fresh(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFRESH_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            try:
                await self.refresh()
            except DatabaseError as error:
                logger.error("the trunks could not be read: %s", error)


def plain(host: str) -> str:
    """An address as we compare it: an IPv4 address that a socket for both families wrote as IPv6 is IPv4."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
