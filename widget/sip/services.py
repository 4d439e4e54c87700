"""The services of a SIP domain (RFC 3263 section 4): where DNS says that they are, remembered, put in order."""

import asyncio
import random

from widget.sip.dns_questions import Answer, DnsQuestions, Pointer, Pointers, Questions, Service
from widget.sip.trunk import Transport

MAX_REMEMBERED = 256
PREFIXES = {Transport.UDP: "_sip._udp.", Transport.TCP: "_sip._tcp.", Transport.TLS: "_sips._tcp."}


class ServiceDirectory:
    """Remembers answers as long as they hold. `now`: seconds of a monotonic clock."""

    def __init__(self, questions: Questions | None = None) -> None:
        self._ask = questions or DnsQuestions()
        self._services: dict[str, tuple[float, Answer]] = {}
        self._pointers: dict[str, tuple[float, Pointers]] = {}

    async def services(self, host: str, transport: Transport, now: float) -> tuple[Service, ...]:
        """The services of a domain for one transport, as DNS gave them.

        Both questions are asked at once, as a caller waits: whether NAPTR says where the records are (section 4.1),
        and what stands at their usual place (section 4.2). NAPTR has the last word.
        """
        usual = f"{PREFIXES[transport]}{host}"
        pointers, services = await asyncio.gather(self._pointers_of(host, now), self._services_of(usual, now))
        named = [each for each in pointers if each.transport is transport]
        for pointer in sorted(named, key=lambda each: (each.order, each.preference)):
            if pointer.name.lower() == usual.lower():
                return services
            if found := await self._services_of(pointer.name, now):
                return found
        return services

    async def transports(self, host: str, now: float) -> tuple[Transport, ...]:
        """How a domain wants to be reached, best first: as NAPTR says, else over all that have SRV records.

        Section 4.1 leaves the order of the latter to us. None at all when DNS says nothing.
        """
        names = [f"{prefix}{host}" for prefix in PREFIXES.values()]
        pointers, usual = await asyncio.gather(
            self._pointers_of(host, now), asyncio.gather(*(self._services_of(name, now) for name in names))
        )
        named = sorted(pointers, key=lambda each: (each.order, each.preference))
        if named:
            return tuple(dict.fromkeys(each.transport for each in named))
        return tuple(transport for transport, services in zip(PREFIXES, usual, strict=True) if services)

    async def _services_of(self, name: str, now: float) -> tuple[Service, ...]:
        until, answer = self._services.get(name, (0.0, None))
        if answer is None or now >= until:
            answer = await self._ask.services(name)
            if len(self._services) >= MAX_REMEMBERED:
                self._services.clear()
            self._services[name] = now + answer.seconds, answer
        return answer.services

    async def _pointers_of(self, host: str, now: float) -> tuple[Pointer, ...]:
        until, answer = self._pointers.get(host, (0.0, None))
        if answer is None or now >= until:
            answer = await self._ask.pointers(host)
            if len(self._pointers) >= MAX_REMEMBERED:
                self._pointers.clear()
            self._pointers[host] = now + answer.seconds, answer
        return answer.pointers


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
