"""Which address is tried first, next, and last (RFC 3263, RFC 2782)."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sip.callers import LiveCallee, LiveCaller
from tests.sip.peers import free_port
from tests.sip.test_streams import answer
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, Failed, FailureCause
from widget.sip.resolver import Resolver
from widget.sip.services import Answer, Service, ServiceDirectory, in_order
from widget.sip.trunk import Transport, Trunk
from widget.sip.uri import Hop

SERVICES = st.builds(Service, st.integers(0, 3), st.integers(0, 5), st.sampled_from("abcdef"), st.integers(1, 9))


class Dns:
    """Answers as the test says and counts the questions."""

    def __init__(self, *services: Service, seconds: float = 60.0) -> None:
        self.answer = Answer(services, seconds)
        self.asked: list[str] = []

    async def __call__(self, name: str) -> Answer:
        self.asked.append(name)
        return self.answer


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
