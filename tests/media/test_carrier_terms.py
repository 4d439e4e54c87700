"""What a carrier may want of its leg: SRTP, another address, other numbers, RTCP elsewhere; through a real relay."""

import asyncio
import os

import pytest
from pylibsrtp import Policy, Session

from tests.media.browser_peer import BrowserPeer
from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import MediaBench
from widget.media.carrier_terms import CarrierKeys
from widget.media.relay.srtp import PROFILES
from widget.media.rtcp import ReceiverReport, SenderReport, build, parse
from widget.media.rtp import RtpHeader

AUDIO = bytes(range(160))
SIZES = {"AES_CM_128_HMAC_SHA1_80": 30, "AEAD_AES_256_GCM": 44}


class SecureCarrierPeer(CarrierPeer):
    """A carrier with keys of its own; what it gets in the clear fails."""

    def __init__(self, suite: str = "AES_CM_128_HMAC_SHA1_80") -> None:
        super().__init__()
        self.keys = CarrierKeys(suite, os.urandom(SIZES[suite]), os.urandom(SIZES[suite]))
        profile = PROFILES[suite]
        self.sending = Session(Policy(self.keys.receive_key, Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile))
        self.receiving = Session(Policy(self.keys.send_key, Policy.SSRC_ANY_INBOUND, srtp_profile=profile))

    def send_datagram(self, data: bytes) -> None:
        super().send_datagram(self.sending.protect(data))

    async def receive_datagram(self) -> bytes:
        return self.receiving.unprotect(await super().receive_datagram())


async def connected(bench: MediaBench, peer: CarrierPeer, **terms: object) -> BrowserPeer:
    browser = await bench.browser()
    bench.peers.callback(peer.close)
    peer.remote = await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    await bench.connect("carrier", peer, **terms)
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    return browser


async def heard_by_both(browser: BrowserPeer, carrier: CarrierPeer, *, sequence: int) -> tuple[RtpHeader, RtpHeader]:
    await browser.send(AUDIO, sequence=sequence, timestamp=sequence * 160)
    to_carrier, payload = await carrier.receive()
    assert payload == AUDIO
    carrier.send(AUDIO, sequence=sequence, timestamp=sequence * 160)
    to_browser, payload = await browser.receive()
    assert payload == AUDIO
    return to_carrier, to_browser


@pytest.mark.parametrize("suite", SIZES)
async def test_audio_passes_both_ways_encrypted_on_both_sides(bench: MediaBench, suite: str) -> None:
    carrier = SecureCarrierPeer(suite)
    browser = await connected(bench, carrier, keys=carrier.keys)
    for sequence in range(5):
        await heard_by_both(browser, carrier, sequence=sequence)
    assert (await bench.service.close_carrier_leg("carrier")).received_packets == 5


async def test_what_is_not_authentic_or_is_repeated_goes_nowhere(bench: MediaBench) -> None:
    carrier = SecureCarrierPeer()
    browser = await connected(bench, carrier, keys=carrier.keys)
    packet = carrier.sending.protect(RtpHeader(payload_type=0, sequence=1, timestamp=1, ssrc=7).pack() + AUDIO)
    plain = RtpHeader(payload_type=0, sequence=2, timestamp=161, ssrc=7).pack() + AUDIO
    for datagram in (packet, packet, plain, packet[:-1] + b"\x00"):
        CarrierPeer.send_datagram(carrier, datagram)
    assert (await browser.receive())[1] == AUDIO
    await bench.settle()
    assert browser.received.empty()
    assert (await bench.service.close_carrier_leg("carrier")).rejected == 3


async def test_a_key_that_stays_keeps_its_context_and_another_gets_its_own(bench: MediaBench) -> None:
    carrier = SecureCarrierPeer()
    browser = await connected(bench, carrier, keys=carrier.keys)
    await heard_by_both(browser, carrier, sequence=1)
    packet = carrier.sending.protect(RtpHeader(payload_type=0, sequence=2, timestamp=2, ssrc=7).pack() + AUDIO)
    CarrierPeer.send_datagram(carrier, packet)
    await browser.receive()
    await bench.connect("carrier", carrier, keys=carrier.keys)
    await bench.settle()
    CarrierPeer.send_datagram(carrier, packet)
    await heard_by_both(browser, carrier, sequence=3)
    other = SecureCarrierPeer()
    bench.peers.callback(other.close)
    carrier.sending, carrier.receiving = other.sending, other.receiving
    await bench.connect("carrier", carrier, keys=other.keys)
    await bench.settle()
    await heard_by_both(browser, carrier, sequence=4)
    assert (await bench.service.close_carrier_leg("carrier")).rejected == 1


async def test_an_encrypted_call_goes_on_when_its_relay_is_killed(bench: MediaBench) -> None:
    carrier = SecureCarrierPeer()
    browser = await connected(bench, carrier, keys=carrier.keys)
    await heard_by_both(browser, carrier, sequence=1)
    await bench.kill_relay()
    await heard_by_both(browser, carrier, sequence=40)


async def test_rtcp_is_encrypted_as_well(bench: MediaBench) -> None:
    carrier = SecureCarrierPeer()
    browser = await connected(bench, carrier, keys=carrier.keys)
    await heard_by_both(browser, carrier, sequence=1)
    report, *_ = parse(carrier.receiving.unprotect_rtcp(await carrier.receive_control_datagram()))
    assert isinstance(report, SenderReport | ReceiverReport)
    carrier.send_control(build(ReceiverReport(ssrc=1)))
    carrier.send_control(carrier.sending.protect_rtcp(build(ReceiverReport(ssrc=1))))
    await bench.settle()
    statistics = await bench.service.close_carrier_leg("carrier")
    assert (statistics.rtcp, statistics.rejected) == (2, 1)


async def test_rtcp_on_the_audios_port_where_that_was_agreed(bench: MediaBench) -> None:
    carrier = CarrierPeer()
    await connected(bench, carrier, rtcp_mux=True)
    assert isinstance(parse(await carrier.receive_datagram())[0], SenderReport | ReceiverReport)
    carrier.send_datagram(build(ReceiverReport(ssrc=1)))
    await bench.settle()
    assert (await bench.service.close_carrier_leg("carrier")).rtcp == 1


async def test_rtcp_from_where_the_carrier_says(bench: MediaBench) -> None:
    carrier, elsewhere = CarrierPeer(), CarrierPeer()
    bench.peers.callback(elsewhere.close)
    browser = await connected(bench, carrier, rtcp_host="127.0.0.1", rtcp_port=elsewhere.port)
    await heard_by_both(browser, carrier, sequence=1)
    assert isinstance(parse(await elsewhere.receive_datagram())[0], SenderReport | ReceiverReport)


async def test_a_carrier_that_latches_is_where_its_first_packet_comes_from(bench: MediaBench) -> None:
    named, real, late = CarrierPeer(), CarrierPeer(), CarrierPeer()
    browser = await connected(bench, named, latches=True)
    for peer in (real, late):
        bench.peers.callback(peer.close)
        peer.remote = named.remote
    real.send_datagram(b"\x00\x00" + AUDIO)
    real.send(AUDIO, sequence=1, timestamp=1, payload_type=77)
    real.send(AUDIO, sequence=2, timestamp=2)
    assert (await browser.receive())[1] == AUDIO
    late.send(b"stranger" * 20, sequence=3, timestamp=3)
    named.send(b"too late" * 20, sequence=3, timestamp=3)
    await heard_by_both(browser, real, sequence=4)
    await bench.connect("carrier", named, latches=True)
    await bench.settle()
    await heard_by_both(browser, real, sequence=5)
    # The kernel keeps those out who come after the carrier.
    assert 1 <= (await bench.service.close_carrier_leg("carrier")).strays <= 3


async def test_a_carrier_that_is_where_it_says_cannot_be_replaced(bench: MediaBench) -> None:
    carrier, stranger = CarrierPeer(), CarrierPeer()
    bench.peers.callback(stranger.close)
    browser = await connected(bench, carrier, latches=True)
    await heard_by_both(browser, carrier, sequence=1)
    stranger.remote = carrier.remote
    stranger.send(b"stranger" * 20, sequence=2, timestamp=2)
    await heard_by_both(browser, carrier, sequence=3)


async def test_strangers_are_no_sign_of_a_carrier_that_has_not_been_found(bench: MediaBench) -> None:
    named, stranger = CarrierPeer(), CarrierPeer()
    bench.peers.callback(stranger.close)
    browser = await connected(bench, named, latches=True, rtcp_mux=True)
    stranger.remote = named.remote
    stranger.send(b"\x40", sequence=1, timestamp=1, payload_type=13)
    stranger.send_datagram(build(ReceiverReport(ssrc=1)))
    await heard_by_both(browser, named, sequence=1)
    statistics = await bench.service.close_carrier_leg("carrier")
    assert (statistics.received_packets, statistics.strays, statistics.rtcp) == (1, 2, 0)


async def test_noise_without_the_calls_keys_is_refused(bench: MediaBench) -> None:
    carrier = SecureCarrierPeer()
    browser = await connected(bench, carrier, keys=carrier.keys)
    await heard_by_both(browser, carrier, sequence=1)
    noise = RtpHeader(payload_type=13, sequence=2, timestamp=320, ssrc=carrier.ssrc)
    CarrierPeer.send_datagram(carrier, noise.pack() + b"\x40" * 20)
    await heard_by_both(browser, carrier, sequence=2)
    statistics = await bench.service.close_carrier_leg("carrier")
    assert (statistics.received_packets, statistics.rejected) == (2, 1)


async def test_keys_prove_a_carrier_that_moves_once_more(bench: MediaBench) -> None:
    carrier, moved, stranger = SecureCarrierPeer(), SecureCarrierPeer(), CarrierPeer()
    browser = await connected(bench, carrier, keys=carrier.keys, latches=True)
    await heard_by_both(browser, carrier, sequence=1)
    for peer in (moved, stranger):
        bench.peers.callback(peer.close)
        peer.remote = carrier.remote
    moved.sending, moved.receiving = carrier.sending, carrier.receiving
    stranger.send(AUDIO, sequence=2, timestamp=320)
    moved.send(AUDIO, sequence=3, timestamp=480)
    await browser.receive()
    await heard_by_both(browser, moved, sequence=4)


async def test_another_address_in_a_later_answer_counts_again(bench: MediaBench) -> None:
    carrier, elsewhere = CarrierPeer(), CarrierPeer()
    bench.peers.callback(elsewhere.close)
    browser = await connected(bench, carrier, latches=True)
    await heard_by_both(browser, carrier, sequence=1)
    elsewhere.remote = carrier.remote
    await bench.connect("carrier", elsewhere, latches=True)
    await bench.settle()
    await heard_by_both(browser, elsewhere, sequence=2)


async def test_noise_that_the_browser_does_not_know_leaves_no_gap(bench: MediaBench) -> None:
    carrier = CarrierPeer()
    browser = await connected(bench, carrier)
    carrier.send(AUDIO, sequence=1, timestamp=0)
    carrier.send(b"\x40", sequence=2, timestamp=160, payload_type=13)
    carrier.send(AUDIO, sequence=3, timestamp=1600, marker=True)
    before, after = (await browser.receive())[0], (await browser.receive())[0]
    assert (after.sequence - before.sequence & 0xFFFF, after.marker) == (1, True)
    assert after.timestamp - before.timestamp & 0xFFFFFFFF == 1600


async def test_a_carrier_that_is_only_heard_from_elsewhere_is_named_in_the_log(
    bench: MediaBench, caplog: pytest.LogCaptureFixture
) -> None:
    named, real = CarrierPeer(), CarrierPeer()
    bench.peers.callback(real.close)
    await connected(bench, named)
    real.remote = named.remote
    async with asyncio.timeout(20):
        while not caplog.messages:
            real.send(AUDIO, sequence=1, timestamp=1)
            await asyncio.sleep(0.005)
    assert caplog.messages == ["call=carrier hears nothing: RTP comes only from an address that was not negotiated"]
