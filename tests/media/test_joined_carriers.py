"""Two carriers' legs that are joined to each other, through a real relay process: no browser stands between them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import PATIENT, MediaBench
from tests.media.test_carrier_terms import SecureCarrierPeer
from tests.media.tones import heard, level, payloads
from widget.media.dtmf import DtmfEvent, pack
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import CarriersSilent
from widget.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from widget.media.transcoder.codecs import CLOCK_RATES

AUDIO = bytes(range(160))
FRAME = 160
NUMBERS = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 96}


async def joined(bench: MediaBench, first: CarrierPeer, second: CarrierPeer) -> None:
    await bench.service.join("first", "second")
    await bench.settle()
    await exchanged(first, second)


async def exchanged(first: CarrierPeer, second: CarrierPeer, *, sequence: int = 1) -> tuple[int, int]:
    """Both hear the other, octet by octet; the sequence numbers under which they do."""
    first.send(AUDIO, sequence=sequence, timestamp=sequence * FRAME)
    to_second, payload = await second.receive()
    assert payload == AUDIO
    second.send(AUDIO[::-1], sequence=sequence, timestamp=sequence * FRAME)
    to_first, payload = await first.receive()
    assert payload == AUDIO[::-1]
    return to_first.sequence, to_second.sequence


async def test_audio_passes_both_ways_octet_by_octet(bench: MediaBench) -> None:
    first, second = await bench.carrier("first"), await bench.carrier("second")
    await joined(bench, first, second)
    for number in range(2, 7):
        await exchanged(first, second, sequence=number)
    statistics = await bench.service.close_carrier_leg("first")
    assert (statistics.received_packets, statistics.sent_packets, statistics.strays) == (6, 6, 0)
    assert statistics.received_bytes == statistics.sent_bytes == 6 * (12 + len(AUDIO))
    second.send(AUDIO, sequence=7, timestamp=7 * FRAME)
    await bench.settle()
    assert (await bench.service.close_carrier_leg("second")).unwanted == 1


async def test_whom_the_agent_leaves_hears_one_stream_and_the_agent_nothing(bench: MediaBench) -> None:
    browser, first, second = await bench.browser(), await bench.carrier("first"), await bench.carrier("second")
    await bench.service.bridge("browser", "first")
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=FRAME)
    before, _ = await first.receive()
    await bench.service.bridge("browser", "second")
    await bench.service.join("first", "second")
    await bench.settle()
    await browser.send(AUDIO, sequence=2, timestamp=2 * FRAME)
    second.send(AUDIO, sequence=9, timestamp=9 * FRAME)
    after, _ = await first.receive()
    assert (after.ssrc, after.sequence) == (before.ssrc, before.sequence + 1 & 0xFFFF)
    assert after.marker
    await bench.service.close_browser_leg("browser")
    await bench.settle()
    await exchanged(first, second, sequence=10)


async def test_g711_is_translated_and_digits_get_the_others_number(bench: MediaBench) -> None:
    first = await bench.carrier("first")
    second = await bench.carrier("second", codec="PCMA", payload_type=8, dtmf_payload_type=96)
    await bench.service.join("first", "second")
    await bench.settle()
    first.send(AUDIO, sequence=1, timestamp=FRAME)
    header, payload = await second.receive()
    assert (header.payload_type, payload) == (8, AUDIO.translate(ULAW_TO_ALAW))
    second.send(AUDIO, sequence=1, timestamp=FRAME, payload_type=8)
    header, payload = await first.receive()
    assert (header.payload_type, payload) == (0, AUDIO.translate(ALAW_TO_ULAW))
    digit = pack(DtmfEvent(5, duration=160))
    for sender, number, hearer, told in ((first, 101, second, 96), (second, 96, first, 101)):
        sender.send(digit, sequence=2, timestamp=2 * FRAME, payload_type=number, marker=True)
        header, payload = await hearer.receive()
        assert (header.payload_type, payload, header.marker) == (told, digit, True)


async def test_who_holds_hears_nothing_and_may_play_music(bench: MediaBench) -> None:
    first, second = await bench.carrier("first"), await bench.carrier("second")
    await joined(bench, first, second)
    await bench.connect("first", first, receives=False)
    await bench.settle()
    second.send(AUDIO, sequence=2, timestamp=2 * FRAME)
    first.send(AUDIO, sequence=2, timestamp=2 * FRAME)
    assert (await second.receive())[1] == AUDIO
    await bench.connect("first", first)
    await bench.settle()
    # What came meanwhile is not made up for.
    await exchanged(first, second, sequence=3)


@pytest.mark.parametrize("both", [False, True], ids=["one side", "both sides"])
async def test_srtp_ends_and_begins_at_the_relay(bench: MediaBench, both: bool) -> None:  # noqa: FBT001  (pytest's)
    first, second = SecureCarrierPeer(), SecureCarrierPeer() if both else CarrierPeer()
    await bench.carrier("first", peer=first, keys=first.keys)
    await bench.carrier("second", peer=second, keys=second.keys if isinstance(second, SecureCarrierPeer) else None)
    await joined(bench, first, second)
    for number in range(2, 5):
        await exchanged(first, second, sequence=number)


@pytest.mark.parametrize(("one", "other"), [("PCMU", "G722"), ("opus", "PCMA")])
async def test_codecs_that_differ_are_transcoded(bench: MediaBench, one: str, other: str) -> None:
    peers = {
        name: await bench.carrier(name, codec=codec, payload_type=NUMBERS[codec], clock_rate=CLOCK_RATES[codec])
        for name, codec in (("first", one), ("second", other))
    }
    await bench.service.join("first", "second")
    assert bench.service.transcoding.statistics().calls == 1
    for (name, codec), (hearer, told) in ((("first", one), ("second", other)), (("second", other), ("first", one))):
        got = await spoken(peers[name], codec, peers[hearer], told)
        samples = heard(told, got)
        assert level(told, samples[len(samples) // 2 :]) > 0.7
    await bench.service.close_carrier_leg("first")
    assert bench.service.transcoding.statistics().calls == 0


async def spoken(speaker: CarrierPeer, codec: str, hearer: CarrierPeer, told: str) -> list[bytes]:
    """Half a second of a tone as the other side hears it; what came before the transcoder was there is gone."""
    got: list[bytes] = []
    for number, payload in enumerate(payloads(codec, 2000)):
        stamp = number * CLOCK_RATES[codec] // 50
        speaker.send(payload, sequence=number, timestamp=stamp, payload_type=NUMBERS[codec])
        try:
            async with asyncio.timeout(0.1):
                header, heard_payload = await hearer.receive()
        except TimeoutError:
            continue
        assert header.payload_type == NUMBERS[told]
        got.append(heard_payload)
        if len(got) == 25:
            break
    return got


async def test_past_the_limit_nothing_is_joined_and_all_stays_as_it_was(bench: MediaBench) -> None:
    browser, first = await bench.browser(), await bench.carrier("first")
    await bench.carrier("second", codec="G722", payload_type=9)
    await bench.service.bridge("browser", "first")
    bench.service.transcoding._max_calls = 0
    with pytest.raises(MediaError) as caught:
        await bench.service.join("first", "second")
    assert caught.value.failure is MediaFailure.TOO_MANY_TRANSCODED
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=FRAME)
    assert (await first.receive())[1] == AUDIO


async def test_a_leg_that_is_not_connected_is_joined_to_nobody(bench: MediaBench) -> None:
    await bench.carrier("first")
    await bench.service.open_carrier_leg("second", remote_host="127.0.0.1")
    for other in ("second", "nobody"):
        with pytest.raises(MediaError):
            await bench.service.join("first", other)


async def test_keys_of_ours_take_the_place_of_the_others_audio(bench: MediaBench) -> None:
    first, second = await bench.carrier("first"), await bench.carrier("second")
    await joined(bench, first, second)
    bench.service.press("second", "7")
    header, payload = await second.receive()
    assert (header.payload_type, payload[0]) == (101, 7)
    while not payload[1] & 0x80:
        _, payload = await second.receive()
    for _ in range(2):
        await second.receive()
    await exchanged(first, second, sequence=2)


async def test_a_pair_goes_on_when_its_relay_is_killed(bench: MediaBench) -> None:
    first, second = await bench.carrier("first"), await bench.carrier("second")
    await joined(bench, first, second)
    before = await exchanged(first, second, sequence=2)
    await bench.kill_relay()
    after = await exchanged(first, second, sequence=40)
    for earlier, later in zip(before, after, strict=True):
        assert 3000 < (later - earlier) & 0xFFFF < 0x8000
    assert bench.is_calm()


async def test_two_who_share_a_port_are_joined_with_each_other(bench: MediaBench) -> None:
    peers = {}
    for name in ("first", "second"):
        peer = peers[name] = CarrierPeer()
        bench.peers.callback(peer.close)
        peer.remote = await bench.service.open_carrier_leg(name, remote_host="127.0.0.1", shares_port=True)
        await bench.connect(name, peer)
    assert peers["first"].remote == peers["second"].remote
    await joined(bench, peers["first"], peers["second"])
    await exchanged(peers["first"], peers["second"], sequence=2)


async def test_legs_in_two_relays_are_brought_together() -> None:
    bench = MediaBench(replace(PATIENT, relays=2))
    await bench.service.start()
    try:
        async with bench.peers:
            first, second = await bench.carrier("first"), await bench.carrier("second")
            assert [relay.carrier_legs for relay in bench.service.statistics()] == [1, 1]
            await joined(bench, first, second)
            assert sorted(relay.carrier_legs for relay in bench.service.statistics()) == [0, 2]
            await exchanged(first, second, sequence=2)
    finally:
        await bench.service.close()


@pytest.fixture
async def impatient() -> AsyncIterator[MediaBench]:
    bench = MediaBench(replace(PATIENT, joined_silence_seconds=2))
    await bench.service.start()
    try:
        async with bench.peers:
            yield bench
    finally:
        await bench.service.close()


async def test_silence_of_both_is_told_once(impatient: MediaBench) -> None:
    first, second = await impatient.carrier("first"), await impatient.carrier("second")
    await joined(impatient, first, second)
    told = await impatient.event()
    assert isinstance(told, CarriersSilent)
    assert set(told.leg_ids) == {"first", "second"}
    assert impatient.is_calm()
