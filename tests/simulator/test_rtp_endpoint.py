import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.simulator.peer import RtpPeer
from widget.media.rtp import RtpHeader
from widget.simulator import audio
from widget.simulator.rtp_endpoint import RtpEndpoint
from widget.simulator.sources import Playback, Silence


class Notes:
    """Writes down what the endpoint reports."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.events: list[bytes] = []
        self.sent: list[tuple[RtpHeader, bytes]] = []
        self.ended = asyncio.Event()
        self.something = asyncio.Event()

    def audio_heard(self, header: RtpHeader, payload: bytes) -> None:
        self.heard.append(payload)
        self.something.set()

    def event_heard(self, header: RtpHeader, payload: bytes) -> None:
        self.events.append(payload)
        self.something.set()

    def audio_sent(self, header: RtpHeader, payload: bytes) -> None:
        self.sent.append((header, payload))

    def source_ended(self) -> None:
        self.ended.set()


@pytest.fixture
async def peer() -> AsyncIterator[RtpPeer]:
    async with RtpPeer() as peer:
        yield peer


@pytest.fixture
async def notes() -> Notes:
    return Notes()


@pytest.fixture
async def endpoint(notes: Notes) -> AsyncIterator[RtpEndpoint]:
    endpoint = RtpEndpoint(notes)
    await endpoint.open("127.0.0.1")
    yield endpoint
    endpoint.close()
    await asyncio.sleep(0)


async def test_the_port_is_even(endpoint: RtpEndpoint) -> None:
    host, port = endpoint.address
    assert host == "127.0.0.1"
    assert port % 2 == 0


async def test_a_playback_arrives_whole_and_in_order(endpoint: RtpEndpoint, notes: Notes, peer: RtpPeer) -> None:
    samples = audio.tone((630,), 0.1)
    endpoint.play(Playback("PCMU", samples))
    endpoint.connect(peer.remote())
    packets = await peer.wait_for(5)
    await notes.ended.wait()
    assert b"".join(payload for _, payload in packets) == audio.encode("PCMU", samples)
    first = packets[0][0]
    assert [header.sequence - first.sequence for header, _ in packets] == [0, 1, 2, 3, 4]
    assert [(header.timestamp - first.timestamp) % 2**32 for header, _ in packets] == [0, 160, 320, 480, 640]
    assert [header.marker for header, _ in packets] == [True, False, False, False, False]
    assert [payload for _, payload in notes.sent] == [payload for _, payload in packets]
    assert endpoint.counters.sent_packets == 5


async def test_packets_are_as_long_as_the_peer_asks(endpoint: RtpEndpoint, peer: RtpPeer) -> None:
    endpoint.play(Silence("PCMA"))
    endpoint.connect(peer.remote(codec="PCMA", ptime_ms=30))
    for header, payload in await peer.wait_for(2):
        assert (header.payload_type, payload) == (8, b"\xd5" * 240)


async def three_periods() -> None:
    """Measured by another endpoint's packets, not by sleeping."""
    other = Notes()
    endpoint = RtpEndpoint(other)
    await endpoint.open("127.0.0.1")
    async with RtpPeer() as peer:
        endpoint.play(Playback("PCMU", audio.silence(0.06)))
        endpoint.connect(peer.remote())
        await other.ended.wait()
    endpoint.close()


async def test_nothing_is_sent_to_a_peer_on_hold_and_time_goes_on(endpoint: RtpEndpoint, peer: RtpPeer) -> None:
    endpoint.play(Silence("PCMU"))
    endpoint.connect(peer.remote())
    await peer.wait_for(2)
    endpoint.connect(peer.remote(receives=False))
    sent = endpoint.counters.sent_packets
    await three_periods()
    assert endpoint.counters.sent_packets == sent
    endpoint.connect(peer.remote())
    packets = await peer.wait_for(sent + 1)
    before, after = packets[-2][0], packets[-1][0]
    assert (after.sequence - before.sequence) % 2**16 == 1
    assert (after.timestamp - before.timestamp) % 2**32 >= 320
    assert after.marker


async def test_audio_and_events_are_told_apart(endpoint: RtpEndpoint, notes: Notes, peer: RtpPeer) -> None:
    endpoint.connect(peer.remote())
    peer.send(endpoint.address, b"a" * 160)
    peer.send(endpoint.address, b"\x05\x0a\x00\xa0", payload_type=101)
    while not (notes.heard and notes.events):
        notes.something.clear()
        await notes.something.wait()
    assert notes.heard == [b"a" * 160]
    assert notes.events == [b"\x05\x0a\x00\xa0"]
    assert endpoint.counters.received_packets == 1
    assert endpoint.counters.received_octets == 160


@pytest.mark.parametrize(
    "stray",
    [b"\x80", b"no RTP", b"\x80\xc8" + bytes(26), b"\x80\x12" + bytes(170), b"\xbf\x00" + bytes(10)],
    ids=["one octet", "text", "RTCP", "another payload type", "truncated"],
)
async def test_strays_are_counted_and_dropped(endpoint: RtpEndpoint, notes: Notes, peer: RtpPeer, stray: bytes) -> None:
    endpoint.connect(peer.remote())
    peer.send_raw(endpoint.address, stray)
    peer.send(endpoint.address, b"a" * 160)
    await notes.something.wait()
    assert notes.heard == [b"a" * 160]
    assert endpoint.counters.strays == 1


async def test_before_the_peer_is_known_everything_is_a_stray(
    endpoint: RtpEndpoint, notes: Notes, peer: RtpPeer
) -> None:
    endpoint.datagram_received(b"\x80\x00" + bytes(170), ("127.0.0.1", peer.port))
    assert endpoint.counters.strays == 1
    assert notes.heard == []


async def test_another_host_is_a_stray(endpoint: RtpEndpoint, notes: Notes, peer: RtpPeer) -> None:
    endpoint.connect(peer.remote())
    endpoint.datagram_received(b"\x80\x00" + bytes(170), ("127.0.0.2", peer.port))
    assert endpoint.counters.strays == 1
    assert notes.heard == []


async def test_a_closed_peer_port_does_not_stop_it(endpoint: RtpEndpoint, notes: Notes) -> None:
    async with RtpPeer() as gone:
        remote = gone.remote()
    endpoint.play(Playback("PCMU", audio.tone((630,), 0.1)))
    endpoint.connect(remote)
    await notes.ended.wait()
    assert endpoint.counters.sent_packets == 5


async def test_closing_twice_is_harmless_and_gives_the_port_back(notes: Notes) -> None:
    endpoint = RtpEndpoint(notes)
    await endpoint.open("127.0.0.1")
    endpoint.close()
    endpoint.close()
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="not open"):
        _ = endpoint.address


async def test_an_address_that_is_not_ours_is_refused(notes: Notes) -> None:
    with pytest.raises(OSError, match="assign"):
        await RtpEndpoint(notes).open("192.0.2.1")
