"""From a next hop to the addresses to try, in order (RFC 3263 section 4). Literal addresses never leave the loop.

A trunk's transport is configured, or left to DNS; a URI without one keeps that of its dialog. NAPTR says where the
transport's SRV records are.
"""

import asyncio
import ipaddress
import logging
import random
import secrets
import socket
from collections.abc import Callable, Coroutine
from functools import lru_cache, partial
from typing import TypeAlias, TypeVar

from widget.sip.dns_questions import Service
from widget.sip.services import ServiceDirectory, in_order
from widget.sip.trunk import Transport
from widget.sip.uri import DEFAULT_PORTS, Domain, Hop

logger = logging.getLogger(__name__)

MAX_ADDRESSES = 8
T = TypeVar("T")

Address: TypeAlias = tuple[str, int]
Found: TypeAlias = Callable[[list[Address]], None]
Chosen: TypeAlias = Callable[[list[Hop]], None]


class Resolver:
    """Looks names up without blocking the loop; a look-up that is not finished at the end is forgotten.

    SRV records count for a hop without a port (0); its names, and names without records, go through the system.
    """

    def __init__(self, directory: ServiceDirectory | None = None, chance: random.Random | None = None) -> None:
        self._directory = directory or ServiceDirectory()
        self._chance = chance or secrets.SystemRandom()
        self._pending: set[asyncio.Task[None]] = set()

    def choose(self, domain: Domain, chosen: Chosen) -> None:
        """Call `chosen` with the hops to try, best first: at once where DNS has no say (RFC 3263 section 4.1)."""
        if domain.port or literal_address(domain.host):
            chosen([Hop(domain.host, domain.port, Transport.UDP)])
        else:
            self._begin(self._choose(domain, chosen))

    def resolve(self, hop: Hop, family: int, found: Found) -> None:
        """Call `found` with addresses of this family (0: of any): at once for a literal, none when there are none."""
        literal = literal_address(hop.host)
        if literal is None:
            self._begin(self._look_up(hop, family, found))
            return
        wanted = 6 if family == socket.AF_INET6 else 4
        port = hop.port or DEFAULT_PORTS[hop.transport]
        found([(hop.host, port)] if not family or literal.version == wanted else [])

    async def chosen(self, domain: Domain) -> list[Hop]:
        """`choose` for whoever can wait."""
        chosen: asyncio.Future[list[Hop]] = asyncio.get_running_loop().create_future()
        self.choose(domain, partial(_settle, chosen))
        return await chosen

    async def resolved(self, hop: Hop) -> list[Address]:
        """`resolve` for whoever can wait: addresses of any family."""
        found: asyncio.Future[list[Address]] = asyncio.get_running_loop().create_future()
        self.resolve(hop, 0, partial(_settle, found))
        return await found

    def close(self) -> None:
        """Forget what is under way."""
        for task in self._pending:
            task.cancel()

    async def closed(self) -> None:
        """Wait until nothing is under way any more."""
        await asyncio.gather(*self._pending, return_exceptions=True)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)

    async def _choose(self, domain: Domain, chosen: Chosen) -> None:
        """UDP for a name about which DNS says nothing."""
        transports = await self._directory.transports(domain.host, asyncio.get_running_loop().time())
        chosen([Hop(domain.host, domain.port, transport) for transport in transports or (Transport.UDP,)])

    async def _look_up(self, hop: Hop, family: int, found: Found) -> None:
        addresses: list[Address] = []
        for service in await self._services(hop):
            addresses += await system_addresses(service.host, service.port, family)
        found(list(dict.fromkeys(addresses))[:MAX_ADDRESSES])

    async def _services(self, hop: Hop) -> list[Service]:
        """Without records the name itself, at the transport's port (section 4.2)."""
        plain = [Service(0, 0, hop.host, hop.port or DEFAULT_PORTS[hop.transport])]
        if hop.port:
            return plain
        now = asyncio.get_running_loop().time()
        return in_order(await self._directory.services(hop.host, hop.transport, now), self._chance) or plain


def _settle(waiting: asyncio.Future[T], value: T) -> None:
    """Who waited may have given up."""
    if not waiting.done():
        waiting.set_result(value)


async def system_addresses(host: str, port: int, family: int) -> list[Address]:
    """What the system's resolver says, its hosts file included."""
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        logger.warning("host %r does not resolve: %s", host, error)
        return []
    return [(str(address[0]), int(address[1])) for *_, address in answers]


@lru_cache(maxsize=256)
def literal_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address when the host is one, else None."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
