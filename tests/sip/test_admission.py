"""Who is answered at all, and how much of one source is read."""

import pytest

from tests.sip.test_user_agent import THEM, US, RawPeer
from tests.sip.virtual import SDP, VirtualNetwork, start_agent
from widget.sip.admission import MAX_SOURCES, TokenBuckets
from widget.sip.config import UserAgentConfig
from widget.sip.custom_headers import InvalidHeaderError, checked_headers
from widget.sip.incoming import IncomingCall
from widget.sip.registrar import IncomingRegistration


@pytest.fixture
def peer(network: VirtualNetwork) -> RawPeer:
    return RawPeer(network)


def test_a_source_gets_its_burst_and_then_its_rate() -> None:
    buckets = TokenBuckets(per_second=2, burst=3)
    assert [buckets.takes("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert buckets.takes("b", 0.0)
    assert buckets.takes("a", 0.5)
    assert not buckets.takes("a", 0.5)


def test_many_sources_do_not_fill_the_memory() -> None:
    buckets = TokenBuckets(per_second=1, burst=1)
    assert buckets.takes("first", 0.0)
    for number in range(MAX_SOURCES):
        buckets.takes(str(number), 0.0)
    assert buckets.takes("first", 0.0)


def test_flood_is_dropped_before_it_is_parsed(network: VirtualNetwork, peer: RawPeer) -> None:
    start_agent(network, US, config=UserAgentConfig(messages_per_second=1, message_burst=5))
    for number in range(9):
        peer.say("OPTIONS", branch=f"z9hG4bK{number}", cseq=number + 1)
    assert len(peer.received) == 5


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "REGISTER", "BYE", "CANCEL", "BREW"])
def test_stranger_meets_silence(network: VirtualNetwork, peer: RawPeer, method: str) -> None:
    calls: list[IncomingCall] = []
    start_agent(network, US, on_invite=calls.append, admits=lambda host: host != THEM[0])
    peer.say(method, body=SDP if method == "INVITE" else "")
    peer.say(method, tag="guessed", branch="z9hG4bK2")
    assert not peer.received
    assert not calls


def test_admitted_source_is_answered_until_its_call_is_over(network: VirtualNetwork, peer: RawPeer) -> None:
    admitted = {THEM[0]}
    calls: list[IncomingCall] = []
    start_agent(network, US, on_invite=calls.append, admits=admitted.__contains__)
    peer.say("INVITE", "Content-Type: application/sdp", body=SDP)
    calls[0].ring()
    network.clock.run(0.1)
    admitted.clear()
    peer.say("OPTIONS", branch="z9hG4bK2", cseq=2, tag=peer.responses()[-1].to_tag)
    peer.say("CANCEL")
    assert peer.codes() == [100, 180, 200, 200, 487]


def test_registrar_decides(network: VirtualNetwork, peer: RawPeer) -> None:
    found: list[IncomingRegistration] = []

    def decide(registration: IncomingRegistration) -> None:
        found.append(registration)
        if registration.challenge("carrier.example", "joe", "s3cret"):
            registration.accept(60)

    start_agent(network, US, on_register=decide)
    peer.say("REGISTER", "Expires: 120")
    (response,) = peer.responses()
    assert response.code == 401
    assert 'realm="carrier.example"' in response.header("WWW-Authenticate")
    assert (found[0].account, found[0].contact, found[0].seconds) == ("100", "sip:200@192.0.2.2", 120)


def test_undecided_registration_is_refused(network: VirtualNetwork, peer: RawPeer) -> None:
    start_agent(network, US, on_register=lambda _registration: None)
    peer.say("REGISTER")
    assert peer.codes() == [403]


def test_headers_of_an_owner_are_checked() -> None:
    good = (("X-Ticket", "4711"), ("Privacy", "id"))
    assert checked_headers(good) == good


@pytest.mark.parametrize("header", [("Route", "<sip:x>"), ("X-A", "a\r\nRoute: <sip:x>"), ("X-", "a"), ("X-A:", "a")])
def test_headers_that_route_or_break_lines_are_refused(header: tuple[str, str]) -> None:
    with pytest.raises(InvalidHeaderError):
        checked_headers((header,))


def test_too_many_headers_are_refused() -> None:
    with pytest.raises(InvalidHeaderError):
        checked_headers((("X-A", "a"),) * 17)
