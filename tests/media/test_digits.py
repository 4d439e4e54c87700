"""Keys that the server presses: in order, with the timing of RFC 4733, and never over audio."""

import asyncio
import itertools

import pytest

from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import MediaBench
from widget.media.digits import MAX_WAITING, PRESS_MS, Keys, packets
from widget.media.dtmf import DtmfEvent, unpack
from widget.media.errors import MediaError, MediaFailure
from widget.media.relay.protocol import SendEvent
from widget.media.rtp import RtpHeader

AUDIO = bytes(range(160))


def events(messages: list[SendEvent]) -> list[DtmfEvent]:
    return [event for message in messages if (event := unpack(bytes.fromhex(message.payload))) is not None]


@pytest.mark.parametrize("clock_rate", [8000, 48_000])
def test_a_press_grows_by_20_ms_and_ends_three_times(clock_rate: int) -> None:
    step = clock_rate // 50
    pressed = events(packets(1, "#", clock_rate))
    assert [event.duration for event in pressed] == [step, 2 * step, 3 * step, 4 * step, 5 * step, *[6 * step] * 3]
    assert [event.end for event in pressed] == [False] * 5 + [True] * 3
    assert {event.digit for event in pressed} == {"#"}


def test_a_press_has_one_beginning_and_one_end() -> None:
    pressed = packets(1, "0", 8000)
    assert [message.begins for message in pressed] == [True] + [False] * 7
    assert [message.ends for message in pressed] == [False] * 7 + [True]


async def test_keys_wait_for_each_other_and_too_many_are_refused() -> None:
    sent: list[SendEvent] = []
    done = asyncio.Event()

    def send(message: SendEvent) -> None:
        sent.append(message)
        if sum(earlier.ends for earlier in sent) == 3:
            done.set()

    keys = Keys(1, send)
    assert keys.press("12", clock_rate=8000)
    assert keys.press("3", clock_rate=8000)
    assert not keys.press("4" * MAX_WAITING, clock_rate=8000)
    await asyncio.wait_for(done.wait(), 20)
    assert [event.digit for event in events(sent)] == list("111111112222222233333333")
    keys.release()


async def test_what_is_no_key_presses_none() -> None:
    sent: list[SendEvent] = []
    keys = Keys(1, sent.append)
    with pytest.raises(ValueError, match="substring"):
        keys.press("1x", clock_rate=8000)
    await asyncio.sleep(0)
    assert not sent
    keys.release()


async def hear(carrier: CarrierPeer, digits: int) -> list[tuple[RtpHeader, bytes]]:
    """All packets until so many digits have ended, and one of audio after them."""
    heard: list[tuple[RtpHeader, bytes]] = []
    ends = 0
    while ends < 3 * digits or heard[-1][0].payload_type != 0:
        heard.append(await carrier.receive())
        event = unpack(heard[-1][1]) if heard[-1][0].payload_type == 101 else None
        ends += event is not None and event.end
    return heard


async def test_the_carrier_gets_keys_in_place_of_audio_in_one_stream(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    listening = asyncio.create_task(hear(carrier, 2))
    bench.service.press("carrier", "1#")
    number = 0
    async with asyncio.timeout(20):
        while not listening.done():
            number += 1
            await browser.send(AUDIO, sequence=number, timestamp=number * 160)
            await asyncio.sleep(0.02)
    heard = [header for header, _ in await listening]
    steps = {(after.sequence - before.sequence) & 0xFFFF for before, after in itertools.pairwise(heard)}
    assert steps == {1}
    assert len({header.ssrc for header in heard}) == 1
    keys = [place for place, header in enumerate(heard) if header.payload_type == 101]
    first, second = keys[:8], keys[8:]
    for pressed in (first, second):
        assert pressed == list(range(pressed[0], pressed[0] + 8))
        assert len({heard[place].timestamp for place in pressed}) == 1
        assert [heard[place].marker for place in pressed] == [True] + [False] * 7
    resumed = heard[second[-1] + 1]
    assert resumed.marker
    assert (resumed.timestamp - heard[second[0]].timestamp) & 0xFFFFFFFF >= PRESS_MS * 8


async def test_keys_without_an_agents_audio_and_keys_that_nobody_takes(bench: MediaBench) -> None:
    carrier = await bench.carrier()
    bench.service.press("carrier", "5")
    event = unpack((await carrier.receive())[1])
    assert event is not None
    assert event.digit == "5"
    await bench.carrier("deaf", dtmf_payload_type=None)
    for leg, failure in (("deaf", MediaFailure.NO_TELEPHONE_EVENT), ("nobody", MediaFailure.UNKNOWN_LEG)):
        with pytest.raises(MediaError) as caught:
            bench.service.press(leg, "5")
        assert caught.value.failure is failure
