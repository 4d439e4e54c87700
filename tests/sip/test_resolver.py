"""Which address is tried first, next, and last (RFC 3263, RFC 2782)."""

import random
import socket
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sip.callers import LiveCallee, LiveCaller, until
from tests.sip.name_server import name_server
from tests.sip.peers import free_port
from tests.sip.test_streams import answer
from tests.switchboard.silent_peer import silent_peer
from widget.sip.config import UserAgentConfig
from widget.sip.dns_questions import Answer, Pointers, Service
from widget.sip.events import Answered, Failed, FailureCause, Rejected, SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.registration import RegistrationState
from widget.sip.resolver import Resolver
from widget.sip.services import ServiceDirectory, in_order
from widget.sip.timers import Timers
from widget.sip.transport import Address
from widget.sip.trunk import Transport, Trunk
from widget.sip.uri import Hop
from widget.sip.user_agent import UserAgent

SERVICES = st.builds(Service, st.integers(0, 3), st.integers(0, 5), st.sampled_from("abcdef"), st.integers(1, 9))


class Dns:
    """Answers as the test says and counts the questions."""

    def __init__(self, *services: Service, seconds: float = 60.0) -> None:
        self.answer = Answer(services, seconds)
        self.asked: list[str] = []

    async def services(self, name: str) -> Answer:
        self.asked.append(name)
        return self.answer

    async def pointers(self, domain: str) -> Pointers:
        return Pointers((), 60.0)


async def resolved(resolver: Resolver, hop: Hop) -> list[tuple[str, int]]:
    found: list[list[tuple[str, int]]] = []
    resolver.resolve(hop, 0, found.append)
    await resolver.closed()
    return found[0]


@given(st.lists(SERVICES, unique=True, max_size=8), st.integers())
def test_every_service_once_lowest_priority_first(services: list[Service], seed: int) -> None:
    ordered = in_order(tuple(services), random.Random(seed))
    assert Counter(ordered) == Counter(services)
    assert [each.priority for each in ordered] == sorted(each.priority for each in services)


def test_weights_share_the_load() -> None:
    services = (Service(1, 1, "light", 1), Service(1, 9, "heavy", 1))
    chance = random.Random(1)
    first = Counter(in_order(services, chance)[0].host for _ in range(2000))
    assert 0.8 < first["heavy"] / 2000 < 0.98


async def test_records_count_only_without_a_port() -> None:
    dns = Dns(Service(2, 0, "127.0.0.3", 5080), Service(1, 0, "127.0.0.2", 5070))
    resolver = Resolver(ServiceDirectory(dns))
    assert await resolved(resolver, Hop("sip.example", 0, Transport.TLS)) == [("127.0.0.2", 5070), ("127.0.0.3", 5080)]
    assert dns.asked == ["_sips._tcp.sip.example"]
    assert await resolved(resolver, Hop("127.0.0.9", 0, Transport.TCP)) == [("127.0.0.9", 5060)]
    assert len(dns.asked) == 1


async def test_without_records_the_name_itself_at_the_usual_port() -> None:
    addresses = await resolved(Resolver(ServiceDirectory(Dns())), Hop("localhost", 0, Transport.TLS))
    assert ("127.0.0.1", 5061) in addresses


async def test_answers_are_remembered_as_long_as_they_hold() -> None:
    dns = Dns(Service(1, 1, "a", 1), seconds=10)
    directory = ServiceDirectory(dns)
    for now in (0.0, 9.0, 11.0):
        await directory.services("x", Transport.UDP, now)
    assert len(dns.asked) == 2


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_dead_address_is_passed_over_within_the_call_and_afterwards(transport: Transport) -> None:
    callee = LiveCallee(UserAgentConfig(host="127.0.0.1"))
    callee.decide = answer
    await callee.start()
    dns = Dns(Service(1, 0, "127.0.0.1", free_port()), Service(2, 0, "127.0.0.1", callee.agent.address[1]))
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"), resolver=Resolver(ServiceDirectory(dns)))
    await caller.start()
    trunk = Trunk(id=1, host="sip.example", port=0, transport=transport)
    for _ in range(2):
        caller.dial(0, trunk=trunk)
        await caller.heard(Answered)
        caller.call.hang_up()
        await caller.ended()
    assert callee.calls[0].number == "100"
    await caller.close()
    await callee.close()


async def test_all_addresses_dead() -> None:
    dns = Dns(Service(1, 0, "127.0.0.1", free_port()), Service(2, 0, "127.0.0.1", free_port()))
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"), resolver=Resolver(ServiceDirectory(dns)))
    await caller.start()
    for transport in (Transport.UDP, Transport.TCP):
        caller.dial(0, trunk=replace(caller.trunk(0), host="sip.example", transport=transport))
        assert await caller.ended() == Failed(FailureCause.TRANSPORT)
        caller.events.clear()
    await caller.close()


async def given_up_here(trunk: Trunk, resolver: Resolver) -> list[SipEvent]:
    """A call to a trunk whose first address is no use and whose second one answers."""
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"), resolver=resolver)
    await caller.start()
    try:
        caller.dial(0, trunk=trunk)
        await caller.heard(Answered)
        caller.call.hang_up()
        await caller.ended()
    finally:
        await caller.close()
    return caller.events


async def answering() -> LiveCallee:
    callee = LiveCallee(UserAgentConfig(host="127.0.0.1"))
    callee.decide = answer
    await callee.start()
    return callee


async def test_an_address_that_says_nothing_is_left_within_two_seconds() -> None:
    """A dead machine gives no ICMP; with a limit of 4 s for the whole trunk the second address has to answer in it."""
    callee = await answering()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        dns = Dns(
            Service(1, 0, "127.0.0.1", mute.getsockname()[1]), Service(2, 0, "127.0.0.1", callee.agent.address[1])
        )
        resolver = Resolver(ServiceDirectory(dns))
        await given_up_here(Trunk(id=1, host="sip.example", port=0), resolver)
    assert len(callee.calls) == 1
    await callee.close()


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_an_address_in_trouble_is_followed_by_the_next(code: int) -> None:
    callee, troubled = await answering(), LiveCallee()
    troubled.decide = lambda call: call.reject(code)
    await troubled.start()
    dns = Dns(
        Service(1, 0, "127.0.0.1", troubled.agent.address[1]), Service(2, 0, "127.0.0.1", callee.agent.address[1])
    )
    await given_up_here(Trunk(id=1, host="sip.example", port=0), Resolver(ServiceDirectory(dns)))
    assert [len(troubled.calls), len(callee.calls)] == [1, 1]
    await troubled.close()
    await callee.close()


async def registers_elsewhere(first: Address) -> None:
    """Although this is the first address of the registrar's name."""
    registrar = UserAgent(UserAgentConfig(host="127.0.0.1"), on_register=lambda asked: asked.accept(asked.seconds))
    await registrar.start()
    dns = Dns(Service(1, 0, *first), Service(2, 0, *registrar.address))
    config = UserAgentConfig(host="127.0.0.1", timers=Timers(t1=0.001), registration_retry_seconds=0.01)
    agent = UserAgent(config, resolver=Resolver(ServiceDirectory(dns)))
    await agent.start()
    agent.add_trunk(Trunk(id=1, host="sip.example", port=0, registers=True))
    await until(lambda: agent.registration_state(1) is RegistrationState.REGISTERED)
    for each in (agent, registrar):
        await each.close()


async def test_a_silent_registrar_is_followed_by_the_next() -> None:
    with silent_peer() as mute:
        await registers_elsewhere(mute)


async def test_a_registrar_in_trouble_is_followed_by_the_next() -> None:
    troubled = UserAgent(UserAgentConfig(host="127.0.0.1"), on_register=lambda asked: asked.reject(503))
    await troubled.start()
    await registers_elsewhere(troubled.address)
    await troubled.close()


async def test_a_phone_that_rang_is_not_tried_elsewhere() -> None:
    callee, troubled = await answering(), LiveCallee()

    def ring_and_fail(call: IncomingCall) -> None:
        call.ring()
        call.reject(503)

    troubled.decide = ring_and_fail
    await troubled.start()
    dns = Dns(
        Service(1, 0, "127.0.0.1", troubled.agent.address[1]), Service(2, 0, "127.0.0.1", callee.agent.address[1])
    )
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"), resolver=Resolver(ServiceDirectory(dns)))
    await caller.start()
    caller.dial(0, trunk=Trunk(id=1, host="sip.example", port=0))
    assert isinstance(await caller.ended(), Rejected)
    assert not callee.calls
    for side in (caller, troubled, callee):
        await side.close()


async def test_pointers_and_services_of_a_real_name_server() -> None:
    """NAPTR leads to SRV records under another name than the usual one."""
    callee = await answering()
    async with name_server(
        f"""
        sip.example. 60 IN NAPTR 20 10 "s" "SIP+D2T" "" _tcp.elsewhere.example.
        sip.example. 60 IN NAPTR 10 20 "s" "SIP+D2U" "" _second.elsewhere.example.
        sip.example. 60 IN NAPTR 10 10 "s" "SIP+D2U" "" _empty.elsewhere.example.
        sip.example. 60 IN NAPTR 5 10 "u" "E2U+sip" "!^.*$!sip:900@premium.example!" .
        _second.elsewhere.example. 60 IN SRV 1 1 {callee.agent.address[1]} localhost.
        _sip._udp.sip.example. 60 IN SRV 1 1 9 localhost.
        """
    ) as questions:
        await given_up_here(Trunk(id=1, host="sip.example", port=0), Resolver(ServiceDirectory(questions)))
        assert await questions.services("_nothing.example") == Answer((), 60.0)
        assert await questions.services("_sip._udp.sip.example") == Answer((Service(1, 1, "localhost", 9),), 60.0)
    assert len(callee.calls) == 1
    await callee.close()
