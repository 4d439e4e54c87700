"""From a host name to an address. Literal addresses never leave the loop; names go through the system's resolver."""

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

logger = logging.getLogger(__name__)

Found: TypeAlias = Callable[[tuple[str, int] | None], None]


class Resolver:
    """Looks names up without blocking the loop; a look-up that is not finished at the end is forgotten."""

    def __init__(self) -> None:
        self._pending: set[asyncio.Task[None]] = set()

    def resolve(self, host: str, port: int, family: int, found: Found) -> None:
        """Call `found` with an address of this family: at once for a literal, None when there is none."""
        literal = literal_address(host)
        if literal is None:
            task = asyncio.get_running_loop().create_task(self._look_up(host, port, family, found))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)
            return
        wanted = 6 if family == socket.AF_INET6 else 4
        found((host, port) if literal.version == wanted else None)

    def close(self) -> None:
        """Forget what is under way."""
        for task in self._pending:
            task.cancel()

    async def closed(self) -> None:
        """Wait until nothing is under way any more."""
        await asyncio.gather(*self._pending, return_exceptions=True)

    async def _look_up(self, host: str, port: int, family: int, found: Found) -> None:
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as error:
            logger.warning("host %r does not resolve: %s", host, error)
            answers = []
        found((str(answers[0][4][0]), int(answers[0][4][1])) if answers else None)


@lru_cache(maxsize=256)
def literal_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address when the host is one, else None."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
