"""A small name server on loopback: answers from a zone's text, and says that other names do not exist."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import dns.zonefile

from widget.sip.dns_questions import DnsQuestions

Address = tuple[str, int]


class NameServer(asyncio.DatagramProtocol):
    """Each line of the zone: name, seconds, class, type, data."""

    def __init__(self, zone: str) -> None:
        self.records = dns.zonefile.read_rrsets(
            "\n".join(line.strip() for line in zone.strip().splitlines()), rdclass=None, default_ttl=60
        )
        self.transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: Address) -> None:
        query = dns.message.from_wire(data)
        response = dns.message.make_response(query)
        asked = query.question[0]
        same_name = [each for each in self.records if each.name == asked.name]
        response.answer = [each for each in same_name if each.rdtype == asked.rdtype]
        response.set_rcode(dns.rcode.NOERROR if same_name else dns.rcode.NXDOMAIN)
        response.flags |= dns.flags.RA
        self.transport.sendto(response.to_wire(), source)


@asynccontextmanager
async def name_server(zone: str) -> AsyncIterator[DnsQuestions]:
    """Questions that it answers."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(zone), local_addr=("127.0.0.1", 0))
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    try:
        yield DnsQuestions(resolver)
    finally:
        transport.close()
