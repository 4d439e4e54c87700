"""The whole media side with a real ICE and DTLS peer as browser, over loopback, through a real relay process."""

import asyncio
import os

import pytest

from tests.media.browser_peer import TELEPHONE_EVENT, BrowserPeer
from tests.media.media_bench import MediaBench
from widget.media.carrier_terms import CarrierTerms
from widget.media.config import MediaConfig
from widget.media.dtmf import DtmfEvent, pack
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import BrowserLegConnected, BrowserLegFailed, LegStatistics, MediaEvent
from widget.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from widget.media.service import MediaService

AUDIO = bytes(range(160))
FRAME = 160


async def test_audio_passes_both_ways_octet_by_octet(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    for number in range(5):
        await browser.send(AUDIO[number:], sequence=10 + number, timestamp=number * FRAME)
        carrier.send(AUDIO[number:], sequence=20 + number, timestamp=number * FRAME)
        assert (await carrier.receive())[1] == AUDIO[number:]
        assert (await browser.receive())[1] == AUDIO[number:]
    statistics = await bench.service.close_carrier_leg("carrier")
    size = sum(12 + len(AUDIO[number:]) for number in range(5))
    assert statistics == LegStatistics(received_packets=5, received_bytes=size, sent_packets=5, sent_bytes=size)


async def test_the_browser_hears_the_ssrc_that_the_answer_announced(bench: MediaBench) -> None:
    peer = BrowserPeer()
    bench.peers.push_async_callback(peer.close)
    answer = await bench.service.open_browser_leg("browser", await peer.offer(), codecs=["PCMU"])
    await peer.accept(answer)
    await bench.event()
    carrier = await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    carrier.send(AUDIO, sequence=1, timestamp=1)
    header, _ = await peer.receive()
    assert f"a=ssrc:{header.ssrc} " in answer
    assert "a=end-of-candidates" in answer
    assert "extmap" not in answer


@pytest.mark.parametrize(("codec", "payload_type"), [("PCMU", 0), ("PCMA", 8)])
async def test_the_answer_follows_the_order_of_codecs(bench: MediaBench, codec: str, payload_type: int) -> None:
    peer = BrowserPeer()
    bench.peers.push_async_callback(peer.close)
    answer = await bench.service.open_browser_leg("browser", await peer.offer(), codecs=[codec])
    section = next(line for line in answer.splitlines() if line.startswith("m=audio"))
    assert section.endswith(f"SAVPF {payload_type} {TELEPHONE_EVENT}")


async def test_what_the_answer_lets_pass_is_known_by_name(bench: MediaBench) -> None:
    await bench.browser(codecs=["PCMA", "PCMU"])
    assert bench.service.encodings("browser") == ("PCMA", "PCMU", "telephone-event")
    assert bench.service.encodings("nobody") == ()


async def test_different_codecs_are_translated_by_table(bench: MediaBench) -> None:
    browser = await bench.browser(codecs=["PCMU"])
    carrier = await bench.carrier(codec="PCMA", payload_type=8)
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=1)
    carrier.send(AUDIO, sequence=1, timestamp=1, payload_type=8)
    header, payload = await carrier.receive()
    assert (header.payload_type, payload) == (8, AUDIO.translate(ULAW_TO_ALAW))
    header, payload = await browser.receive()
    assert (header.payload_type, payload) == (0, AUDIO.translate(ALAW_TO_ULAW))


async def test_digits_change_payload_type_and_keep_marker_and_timing(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    digit = pack(DtmfEvent(5, duration=160))
    await browser.send(AUDIO, sequence=1, timestamp=0)
    await browser.send(digit, sequence=2, timestamp=FRAME, payload_type=TELEPHONE_EVENT, marker=True)
    audio, _ = await carrier.receive()
    event, payload = await carrier.receive()
    assert (event.payload_type, event.marker, payload) == (101, True, digit)
    assert (event.sequence - audio.sequence, (event.timestamp - audio.timestamp) & 0xFFFFFFFF) == (1, FRAME)
    carrier.send(digit, sequence=9, timestamp=0, payload_type=101)
    assert (await browser.receive())[0].payload_type == TELEPHONE_EVENT


async def test_only_the_negotiated_address_and_payload_types_are_heard(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    stranger = await bench.carrier("other")
    stranger.remote = carrier.remote
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    stranger.send(b"stray" * 20, sequence=1, timestamp=1)
    carrier.send(b"\x20", sequence=1, timestamp=1, payload_type=13)
    carrier.send_datagram(b"\x80\xc8" + bytes(26))
    carrier.send_datagram(b"short")
    carrier.send(AUDIO, sequence=2, timestamp=161)
    assert (await browser.receive())[1] == AUDIO
    statistics = await bench.service.close_carrier_leg("carrier")
    assert (statistics.strays, statistics.foreign, statistics.rtcp) == (2, 1, 1)


async def test_hold_silences_each_direction_and_resuming_leaves_no_gap(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=0)
    before, _ = await carrier.receive()
    await bench.connect("carrier", carrier, sends=False, receives=False)
    await bench.settle()
    await browser.send(AUDIO, sequence=2, timestamp=FRAME)
    carrier.send(AUDIO, sequence=2, timestamp=FRAME)
    await bench.settle()
    await bench.connect("carrier", carrier)
    await bench.settle()
    await browser.send(b"again", sequence=3, timestamp=2 * FRAME)
    after, payload = await carrier.receive()
    assert (payload, after.sequence - before.sequence, after.ssrc) == (b"again", 1, before.ssrc)
    assert browser.received.empty()
    assert (await bench.service.close_carrier_leg("carrier")).unwanted == 1


async def test_another_browser_leg_is_spliced_into_the_same_stream(bench: MediaBench) -> None:
    first, carrier = await bench.browser("first"), await bench.carrier()
    await bench.service.bridge("first", "carrier")
    await bench.settle()
    await first.send(AUDIO, sequence=1, timestamp=0)
    before, _ = await carrier.receive()
    second = await bench.browser("second")
    await bench.service.bridge("second", "carrier")
    await bench.settle()
    await first.send(b"nobody hears this", sequence=2, timestamp=FRAME)
    second.ssrc = 0x9999
    await second.send(AUDIO, sequence=30000, timestamp=777)
    after, payload = await carrier.receive()
    assert (payload, after.ssrc, after.sequence - before.sequence) == (AUDIO, before.ssrc, 1)
    carrier.send(AUDIO, sequence=1, timestamp=1)
    assert (await second.receive())[1] == AUDIO
    assert first.received.empty()


async def test_unbridged_legs_hear_nothing_and_stay_up(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.service.unbridge("carrier")
    await bench.settle()
    carrier.send(AUDIO, sequence=1, timestamp=1)
    await bench.settle()
    assert browser.received.empty()
    assert (await bench.service.close_carrier_leg("carrier")).unwanted == 1


async def test_forged_datagrams_end_nothing(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    stranger = await bench.carrier("other")
    stranger.remote = bench.service.candidates[0]
    close_notify = bytes.fromhex("15fefd0000000000000000000201 00")
    garbage = [b"", b"\x00", b"\x16" * 40, close_notify, b"\x80" * 60, b"\x00\x01" + bytes(30), b"\xff" * 1500]
    for datagram in garbage:
        stranger.send_datagram(datagram)
        await browser.send_datagram(datagram)
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=1)
    assert (await carrier.receive())[1] == AUDIO
    assert bench.events.empty()


async def test_a_browser_that_closes_is_noticed_at_once(bench: MediaBench) -> None:
    browser = await bench.browser()
    await browser.close()
    assert await bench.event() == BrowserLegFailed("browser", "closed_by_browser")


async def test_a_browser_that_vanishes_is_noticed_by_its_silence(bench: MediaBench) -> None:
    browser = await bench.browser()
    await browser.vanish()
    assert await bench.event() == BrowserLegFailed("browser", "silent")


async def test_a_browser_that_never_checks_is_given_up() -> None:
    events: asyncio.Queue[MediaEvent] = asyncio.Queue()
    service = MediaService(MediaConfig(allow_loopback=True, connect_seconds=0.05), on_event=events.put_nowait)
    await service.start()
    peer = BrowserPeer()
    try:
        await service.open_browser_leg("browser", await peer.offer(), codecs=["PCMU"])
        assert await asyncio.wait_for(events.get(), 5) == BrowserLegFailed("browser", "connect_timeout")
    finally:
        await peer.close()
        await service.close()


@pytest.mark.parametrize("sdp", ["", "nonsense", "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", "m=audio x y z\r\n"])
async def test_an_offer_that_is_none_is_refused_and_leaves_nothing(bench: MediaBench, sdp: str) -> None:
    with pytest.raises(MediaError):
        await bench.service.open_browser_leg("browser", sdp, codecs=["PCMU"])
    with pytest.raises(MediaError) as caught:
        await bench.service.bridge("browser", "carrier")
    assert caught.value.failure is MediaFailure.UNKNOWN_LEG


async def test_without_a_common_codec_the_offer_is_refused(bench: MediaBench) -> None:
    peer = BrowserPeer()
    bench.peers.push_async_callback(peer.close)
    offer = (await peer.offer()).replace("PCMU/", "X/").replace("PCMA/", "Y/")
    with pytest.raises(MediaError) as caught:
        await bench.service.open_browser_leg("browser", offer, codecs=["PCMU", "PCMA"])
    assert caught.value.failure is MediaFailure.NO_COMMON_CODEC


async def test_a_new_offer_replaces_the_leg(bench: MediaBench) -> None:
    await bench.browser()
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=1)
    assert (await carrier.receive())[1] == AUDIO
    assert bench.events.empty()


async def test_calls_leave_no_descriptors_and_no_ports_behind(bench: MediaBench) -> None:
    async def call() -> None:
        browser, carrier = await bench.browser(), await bench.carrier()
        await bench.service.bridge("browser", "carrier")
        await bench.service.close_carrier_leg("carrier")
        await bench.service.close_browser_leg("browser")
        await browser.close()
        carrier.close()

    def descriptors() -> list[int]:
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in (os.getpid(), bench.relay_pid)]

    await call()
    before = descriptors()
    for _ in range(5):
        await call()
    await bench.settle()
    assert descriptors() == before


@pytest.mark.parametrize(
    ("host", "port"), [("224.0.0.1", 4000), ("::1", 4000), ("127.0.0.1", 0), ("no.such.invalid", 4)]
)
async def test_media_is_not_sent_just_anywhere(bench: MediaBench, host: str, port: int) -> None:
    await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    terms = CarrierTerms(
        host=host, port=port, codec="PCMU", payload_type=0, dtmf_payload_type=None, sends=True, receives=True
    )
    with pytest.raises(MediaError) as caught:
        await bench.service.connect_carrier_leg("carrier", terms)
    assert caught.value.failure is MediaFailure.BAD_ADDRESS


async def test_ports_are_even_and_rest_before_they_are_used_again(bench: MediaBench) -> None:
    ports = []
    for _ in range(3):
        ports.append((await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1"))[1])
        await bench.service.close_carrier_leg("carrier")
    assert len(set(ports)) == 3
    assert not any(port % 2 for port in ports)


async def test_closing_what_is_not_there_is_no_error(bench: MediaBench) -> None:
    await bench.service.close_browser_leg("nobody")
    assert await bench.service.close_carrier_leg("nobody") == LegStatistics()
    await bench.service.unbridge("nobody")


async def test_a_service_that_is_not_started_says_so() -> None:
    service = MediaService(MediaConfig(), on_event=lambda event: None)
    with pytest.raises(MediaError) as caught:
        await service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    assert caught.value.failure is MediaFailure.RELAY_UNAVAILABLE
    await service.close()


async def test_the_event_of_a_connected_leg_names_it(bench: MediaBench) -> None:
    peer = BrowserPeer()
    bench.peers.push_async_callback(peer.close)
    await peer.accept(await bench.service.open_browser_leg("x", await peer.offer(), codecs=["PCMU"]))
    assert await bench.event() == BrowserLegConnected("x")
