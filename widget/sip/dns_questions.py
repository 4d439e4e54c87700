"""What DNS says about a SIP domain: SRV records (RFC 2782) and the NAPTR records that name them (RFC 3403)."""

import logging
from dataclasses import dataclass
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

from widget.sip.trunk import Transport

logger = logging.getLogger(__name__)

QUERY_SECONDS = 3.0
NEGATIVE_SECONDS = 60.0
LONGEST_TTL_SECONDS = 3600.0
MAX_RECORDS = 20
SERVICES = {"sip+d2u": Transport.UDP, "sip+d2t": Transport.TCP, "sips+d2t": Transport.TLS}


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record: the lowest priority first; among equals by chance, in proportion to the weight."""

    priority: int
    weight: int
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """One NAPTR record: where the SRV records of a transport are. The lowest order first, then the preference."""

    order: int
    preference: int
    transport: Transport
    name: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS said, and for how many seconds that holds."""

    services: tuple[Service, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Pointers:
    """The same for NAPTR."""

    pointers: tuple[Pointer, ...]
    seconds: float


class Questions(Protocol):
    """What a directory asks. None of it raises: no answer is an empty one."""

    async def services(self, name: str) -> Answer:
        """The SRV records of `_sip._udp.example.com`."""

    async def pointers(self, domain: str) -> Pointers:
        """The NAPTR records of `example.com` that are about SIP."""


class DnsQuestions:
    """Asks the system's name servers, or those of the resolver given."""

    def __init__(self, resolver: dns.asyncresolver.Resolver | None = None) -> None:
        self._resolver = resolver

    async def services(self, name: str) -> Answer:
        """Records without a port or with the target "." stand for no service (RFC 2782)."""
        answer = await self._ask(name, dns.rdatatype.SRV)
        found = [
            Service(record.priority, record.weight, record.target.to_text(omit_final_dot=True), record.port)
            for record in answer or ()
        ]
        return Answer(tuple(each for each in found if each.host not in {"", "."} and each.port), holds(answer))

    async def pointers(self, domain: str) -> Pointers:
        """Only those that lead to SRV records (flag "s", no expression), of transports that we have."""
        answer = await self._ask(domain, dns.rdatatype.NAPTR)
        found = [
            Pointer(
                record.order,
                record.preference,
                SERVICES[record.service.decode("ascii", "replace").lower()],
                record.replacement.to_text(omit_final_dot=True),
            )
            for record in answer or ()
            if record.flags.lower() == b"s"
            and not record.regexp
            and record.service.decode("ascii", "replace").lower() in SERVICES
        ]
        return Pointers(tuple(found), holds(answer))

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> dns.resolver.Answer | None:
        try:
            resolver = self._resolver or dns.asyncresolver.get_default_resolver()
            answer = await resolver.resolve(name, kind, lifetime=QUERY_SECONDS)
        except (dns.exception.DNSException, OSError) as error:
            logger.debug("no %s under %r: %s", kind.name, name, error)
            return None
        return answer if answer.rrset and len(answer.rrset) <= MAX_RECORDS else None


def holds(answer: dns.resolver.Answer | None) -> float:
    """For how many seconds."""
    return min(answer.rrset.ttl, LONGEST_TTL_SECONDS) if answer and answer.rrset else NEGATIVE_SECONDS
