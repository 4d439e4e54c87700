"""The first half of a trunk's test: whether there is a way to it, from the settings to the TLS handshake."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass

from widget.sip.reachability import Handshake, Reach, TlsFault, reach, shake_hands
from widget.sip.resolver import Resolver, literal_address
from widget.sip.services import ServiceDirectory
from widget.sip.transport import Address, TransportError
from widget.sip.trunk import Transport, Trunk
from widget.sip.udp import routed_host
from widget.sip.uri import DEFAULT_PORTS, Domain, Hop, way_to
from widget.switchboard.findings import Finding, Outcome, Step, fail, note, ok

DNS_SECONDS = 8.0
MAX_SHOWN = 4


@dataclass(slots=True)
class Way:
    """What was found on it; ``hop`` has the transport that a call takes first, ``address`` is the first that works."""

    trunk: Trunk
    hop: Hop | None = None
    addresses: tuple[Address, ...] = ()
    address: Address | None = None

    async def explore(self) -> AsyncIterator[Finding]:
        """The steps; one that failed is the last."""
        for step in (self._choose, self._look_up, self._connect, self._secure):
            found = await step()
            if found is not None:
                yield found
            if found is not None and found.outcome is Outcome.FAIL:
                return

    async def _choose(self) -> Finding | None:
        """Where DNS chooses the transport, it is told which."""
        way = way_to(self.trunk)
        if isinstance(way, Hop):
            self.hop = way
            return None
        self.hop, *others = await hops_of(way)
        if self.trunk.port or literal_address(self.trunk.host):
            return None
        transports = ", ".join(hop.transport.value for hop in (self.hop, *others))
        return ok(Step.DNS, "transports", host=self.trunk.host, transports=transports)

    @property
    def _transport(self) -> Transport:
        return self.hop.transport if self.hop else Transport.UDP

    async def _look_up(self) -> Finding:
        trunk = self.trunk
        self.addresses = await addresses_of(Hop(trunk.host, trunk.port, self._transport))
        shown = told(self.addresses)
        if literal_address(trunk.host):
            return ok(Step.DNS, "address", address=shown)
        if not self.addresses:
            return fail(Step.DNS, "unknown_host", host=trunk.host)
        if services := await self._services():
            return ok(Step.DNS, "services", host=trunk.host, services=services, addresses=shown)
        return ok(Step.DNS, "resolved", host=trunk.host, addresses=shown)

    async def _services(self) -> str:
        if self.trunk.port:
            return ""
        now = asyncio.get_running_loop().time()
        found = await ServiceDirectory().services(self.trunk.host, self._transport, now)
        return ", ".join(f"{each.host}:{each.port}" for each in found[:MAX_SHOWN])

    async def _connect(self) -> Finding:
        if self._transport is Transport.UDP:
            return self._route()
        worst = Reach.TIMEOUT
        for address in self.addresses:
            worst = await reach(address)
            if worst is Reach.CONNECTED:
                self.address = address
                return ok(Step.CONNECTION, "connected", address=told([address]))
        return fail(Step.CONNECTION, worst.value, address=told(self.addresses))

    def _route(self) -> Finding:
        """UDP has no connection: only our own side can be looked at."""
        for address in self.addresses:
            try:
                local = routed_host(address, socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
            except (TransportError, OSError):
                continue
            self.address = address
            return ok(Step.CONNECTION, "route", address=told([address]), local=local)
        return fail(Step.CONNECTION, "no_route", address=told(self.addresses))

    async def _secure(self) -> Finding | None:
        if self._transport is not Transport.TLS or self.address is None:
            return None
        handshake = await shake_hands(self.trunk, self.address)
        facts = _facts(handshake, self.trunk, self.address)
        if handshake.fault is not TlsFault.NONE:
            return fail(Step.TLS, handshake.fault.value, **facts)
        return ok(Step.TLS, "secure", **facts) if self.trunk.tls.verify else note(Step.TLS, "unverified", **facts)


async def addresses_of(hop: Hop) -> tuple[Address, ...]:
    """The addresses that a call would try, in its order."""
    async with _resolver() as resolver:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DNS_SECONDS):
                return tuple(await resolver.resolved(hop))
    return ()


async def hops_of(domain: Domain) -> tuple[Hop, ...]:
    """The transports that a call would try, in its order; UDP when DNS does not answer."""
    async with _resolver() as resolver:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DNS_SECONDS):
                return tuple(await resolver.chosen(domain))
    return (Hop(domain.host, domain.port, Transport.UDP),)


@contextlib.asynccontextmanager
async def _resolver() -> AsyncIterator[Resolver]:
    resolver = Resolver()
    try:
        yield resolver
    finally:
        resolver.close()
        await resolver.closed()


def settings(trunk: Trunk, codecs: tuple[str, ...], *, enabled: bool, used: bool = True) -> list[Finding]:
    """What can be said without a packet."""
    found = []
    if trunk.registers and not trunk.username:
        found.append(fail(Step.SETTINGS, "no_user"))
    if not codecs:
        found.append(fail(Step.SETTINGS, "no_codec"))
    if found:
        return found
    if trunk.username and not trunk.password:
        found.append(note(Step.SETTINGS, "no_password"))
    if trunk.transport is Transport.TLS and trunk.port == DEFAULT_PORTS[Transport.UDP]:
        found.append(note(Step.SETTINGS, "plain_port"))
    if trunk.transport not in {Transport.TLS, None} and trunk.port == DEFAULT_PORTS[Transport.TLS]:
        found.append(note(Step.SETTINGS, "tls_port"))
    if not enabled:
        found.append(note(Step.SETTINGS, "disabled"))
    if not used:
        found.append(note(Step.SETTINGS, "unused"))
    return found or [ok(Step.SETTINGS, "complete")]


def told(addresses: "tuple[Address, ...] | list[Address]") -> str:
    """Addresses with their ports, some of them."""
    return ", ".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses[:MAX_SHOWN])


def _facts(handshake: Handshake, trunk: Trunk, address: Address) -> dict[str, str]:
    return {
        "address": told([address]),
        "expected": trunk.tls.server_name or trunk.host,
        "names": ", ".join(handshake.names),
        "issuer": handshake.issuer,
        "until": handshake.until.date().isoformat() if handshake.until else "",
        "protocol": handshake.protocol,
        "detail": handshake.detail,
    }
