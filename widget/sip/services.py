"""SRV records of a SIP service (RFC 3263 section 4.2, RFC 2782): asked for, remembered, put in order."""

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import dns.asyncresolver
import dns.exception

from widget.sip.trunk import Transport

logger = logging.getLogger(__name__)

QUERY_SECONDS = 3.0
NEGATIVE_SECONDS = 60.0
LONGEST_TTL_SECONDS = 3600.0
MAX_REMEMBERED = 256
MAX_RECORDS = 20
PREFIXES = {Transport.UDP: "_sip._udp.", Transport.TCP: "_sip._tcp.", Transport.TLS: "_sips._tcp."}


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record: the lowest priority first; among equals by chance, in proportion to the weight."""

    priority: int
    weight: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS said, and for how many seconds that holds."""

    services: tuple[Service, ...]
    seconds: float


AskForServices: TypeAlias = Callable[[str], Awaitable[Answer]]


async def ask_for_services(name: str) -> Answer:
    """The records of `_sip._udp.example.com`; none when there are none or nobody answers."""
    try:
        answer = await dns.asyncresolver.resolve(name, "SRV", lifetime=QUERY_SECONDS)
    except (dns.exception.DNSException, OSError) as error:
        logger.debug("no services under %r: %s", name, error)
        return Answer((), NEGATIVE_SECONDS)
    found = [
        Service(record.priority, record.weight, record.target.to_text(omit_final_dot=True), record.port)
        for record in answer
    ]
    usable = tuple(each for each in found[:MAX_RECORDS] if each.host not in {"", "."} and each.port)
    return Answer(usable, min(answer.rrset.ttl if answer.rrset else NEGATIVE_SECONDS, LONGEST_TTL_SECONDS))


class ServiceDirectory:
    """Remembers answers as long as they hold. `now`: seconds of a monotonic clock."""

    def __init__(self, ask: AskForServices = ask_for_services) -> None:
        self._ask = ask
        self._known: dict[str, tuple[float, Answer]] = {}

    async def services(self, host: str, transport: Transport, now: float) -> tuple[Service, ...]:
        """The services of a domain, as DNS gave them."""
        name = f"{PREFIXES[transport]}{host}"
        until, answer = self._known.get(name, (0.0, None))
        if answer is None or now >= until:
            answer = await self._ask(name)
            if len(self._known) >= MAX_REMEMBERED:
                self._known.clear()
            self._known[name] = now + answer.seconds, answer
        return answer.services


def in_order(services: tuple[Service, ...], chance: random.Random) -> list[Service]:
    """The order in which to try them (RFC 2782, "Weight")."""
    ordered: list[Service] = []
    for priority in sorted({each.priority for each in services}):
        # Those of weight 0 stand first, so that they have a small chance too.
        left = sorted((each for each in services if each.priority == priority), key=lambda each: each.weight)
        while left:
            ordered.append(left.pop(drawn(left, chance)))
    return ordered


def drawn(services: list[Service], chance: random.Random) -> int:
    """The index of one of them, by weight."""
    mark = chance.randint(0, sum(each.weight for each in services))
    total = 0
    for index, service in enumerate(services):
        total += service.weight
        if total >= mark:
            return index
    return len(services) - 1
