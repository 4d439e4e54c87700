"""The transport of a trunk that leaves it to DNS, and the way from one transport to the next (RFC 3263 section 4.1)."""

import pytest

from tests.sip.callers import LiveCallee, LiveCaller
from tests.sip.certificates import Authority
from tests.sip.name_server import name_server
from tests.sip.peers import free_port
from tests.sip.test_resolver import answering
from tests.sip.test_streams import answer
from widget.sip.config import UserAgentConfig
from widget.sip.dns_questions import DnsQuestions
from widget.sip.events import Answered
from widget.sip.resolver import Resolver
from widget.sip.services import ServiceDirectory
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport, Trunk
from widget.sip.uri import Domain, Hop

AUTHORITY = Authority()
TRUNK = Trunk(id=1, host="sip.example", port=0, transport=None, tls=TlsOptions(ca=AUTHORITY.certificate))
POINTERS = """
    sip.example. 60 IN NAPTR 30 10 "s" "SIP+D2U" "" _sip._udp.sip.example.
    sip.example. 60 IN NAPTR 10 20 "s" "SIP+D2T" "" _sip._tcp.sip.example.
    sip.example. 60 IN NAPTR 10 10 "s" "SIPS+D2T" "" _sips._tcp.sip.example.
"""
TLS, TCP, UDP = Transport.TLS, Transport.TCP, Transport.UDP


@pytest.mark.parametrize(
    ("zone", "order"),
    [
        (POINTERS, [TLS, TCP, UDP]),
        ("_sip._tcp.sip.example. 60 IN SRV 1 1 5060 localhost.", [TCP]),
        ("_sips._tcp.sip.example. 60 IN SRV 1 1 1 a.\n_sip._udp.sip.example. 60 IN SRV 1 1 1 a.", [UDP, TLS]),
        ("sip.example. 60 IN A 127.0.0.1", [UDP]),
    ],
)
async def test_what_dns_says_of_transports(zone: str, order: list[Transport]) -> None:
    async with name_server(zone) as questions:
        resolver = Resolver(ServiceDirectory(questions))
        assert await resolver.chosen(Domain("sip.example", 0)) == [Hop("sip.example", 0, each) for each in order]


@pytest.mark.parametrize(("host", "port"), [("sip.example", 5070), ("192.0.2.1", 0), ("2001:db8::1", 5060)])
async def test_an_address_or_a_port_is_udp_and_asks_nobody(host: str, port: int) -> None:
    chosen: list[list[Hop]] = []
    Resolver().choose(Domain(host, port), chosen.append)
    assert chosen == [[Hop(host, port, UDP)]]


async def carried_over(questions: DnsQuestions, callee: LiveCallee, calls: int = 1) -> str:
    """The transport of the last of some calls, hung up by us: BYE takes the same way."""
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"), resolver=Resolver(ServiceDirectory(questions)))
    await caller.start()
    try:
        for _ in range(calls):
            caller.dial(0, trunk=TRUNK)
            await caller.heard(Answered)
            caller.call.hang_up()
            await caller.ended()
    finally:
        await caller.close()
    return callee.calls[-1].header("Via").split("/")[-1].split(" ")[0]


async def test_the_transport_that_naptr_prefers() -> None:
    callee = LiveCallee(UserAgentConfig(host="127.0.0.1", tls=AUTHORITY.identity("sip.example"), tls_port=0))
    callee.decide = answer
    await callee.start()
    zone = f"{POINTERS}\n_sips._tcp.sip.example. 60 IN SRV 1 1 {callee.agent.tls_port} localhost."
    async with name_server(zone) as questions:
        assert await carried_over(questions, callee) == "TLS"
    await callee.close()


async def test_a_transport_that_fails_is_followed_by_the_next_and_comes_last_afterwards() -> None:
    """Nothing listens for TLS, and whoever listens for TCP is not there either."""
    callee = await answering()
    zone = f"""{POINTERS}
        _sips._tcp.sip.example. 60 IN SRV 1 1 {free_port()} localhost.
        _sip._tcp.sip.example. 60 IN SRV 1 1 {free_port()} localhost.
        _sip._udp.sip.example. 60 IN SRV 1 1 {callee.agent.address[1]} localhost.
    """
    async with name_server(zone) as questions:
        assert await carried_over(questions, callee, calls=2) == "UDP"
    assert len(callee.calls) == 2
    await callee.close()


async def test_a_transport_in_trouble_is_followed_by_the_next() -> None:
    """503 over TCP: the same host may do better over UDP."""
    troubled, callee = LiveCallee(), await answering()
    troubled.decide = lambda call: call.reject(503)
    await troubled.start()
    zone = f"""{POINTERS}
        _sip._tcp.sip.example. 60 IN SRV 1 1 {troubled.agent.address[1]} localhost.
        _sip._udp.sip.example. 60 IN SRV 1 1 {callee.agent.address[1]} localhost.
    """
    async with name_server(zone) as questions:
        assert await carried_over(questions, callee) == "UDP"
    assert troubled.calls[0].header("Via").startswith("SIP/2.0/TCP")
    for side in (troubled, callee):
        await side.close()
