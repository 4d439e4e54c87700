"""Calls whose two sides share no codec, through the whole media side: a real ICE and DTLS peer as browser, a relay, and
a transcoder on demand.
"""

import asyncio
import os
import signal
from collections.abc import Callable

import pytest

from tests.media.browser_peer import BrowserPeer
from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import MediaBench
from tests.media.tones import heard, level, payloads
from widget.media.rtp import RtpHeader
from widget.media.transcoder.codecs import CLOCK_RATES

NUMBERS = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 96}


class Call:
    """A browser and a carrier who speak to each other, packet by packet."""

    def __init__(self, browser: BrowserPeer, spoken: str, carrier: CarrierPeer, codec: str) -> None:
        self._browser, self._spoken, self._carrier, self._codec = browser, spoken, carrier, codec
        self._said, self._replied = payloads(spoken, 2000), payloads(codec, 2000, hertz=1000)
        self._number = 0

    async def speak(self) -> None:
        """A packet each."""
        stamps = [self._number * CLOCK_RATES[codec] // 50 for codec in (self._spoken, self._codec)]
        number, spoken = self._number, NUMBERS[self._spoken]
        await self._browser.send(next(self._said), sequence=number, timestamp=stamps[0], payload_type=spoken)
        self._carrier.send(next(self._replied), sequence=number, timestamp=stamps[1], payload_type=NUMBERS[self._codec])
        self._number += 1

    async def until_both_hear(self) -> None:
        """The transcoder starts when it is wanted, and what came before is gone."""
        async with asyncio.timeout(30):
            while not await self._is_heard():
                pass

    async def _is_heard(self) -> bool:
        await self.speak()
        try:
            async with asyncio.timeout(0.1):
                await self._carrier.receive()
                await self._browser.receive()
        except TimeoutError:
            return False
        return True

    async def exchange(self, count: int) -> tuple[list[bytes], list[bytes]]:
        """So many packets: what the carrier and the browser heard."""
        both: tuple[list[tuple[RtpHeader, bytes]], list[tuple[RtpHeader, bytes]]] = ([], [])
        for _ in range(count):
            await self.speak()
            both[0].append(await self._carrier.receive())
            both[1].append(await self._browser.receive())
        for packets, codec in zip(both, (self._codec, self._spoken), strict=True):
            assert {header.payload_type for header, _ in packets} == {NUMBERS[codec]}
        return [payload for _, payload in both[0]], [payload for _, payload in both[1]]


async def call(bench: MediaBench, spoken: str, codec: str) -> Call:
    browser = await bench.browser(codecs=[spoken], is_wide=spoken in ("opus", "G722"))
    carrier = await bench.carrier(codec=codec, payload_type=NUMBERS[codec], clock_rate=CLOCK_RATES[codec])
    bench.service.transcoding.admit("carrier")
    await bench.service.bridge("browser", "carrier")
    return Call(browser, spoken, carrier, codec)


async def changed(read: Callable[[], int | None], before: int) -> None:
    """Another process has taken over."""
    async with asyncio.timeout(20):
        while read() in (None, before):  # noqa: ASYNC110  (what is waited for has no event)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("spoken", "codec"), [("PCMU", "G722"), ("opus", "G722"), ("PCMU", "opus")])
async def test_both_sides_hear_the_other(bench: MediaBench, spoken: str, codec: str) -> None:
    talk = await call(bench, spoken, codec)
    await talk.until_both_hear()
    to_carrier, to_browser = await talk.exchange(30)
    for packets, heard_in, hertz in ((to_carrier, codec, 440), (to_browser, spoken, 1000)):
        samples = heard(heard_in, packets)
        assert level(heard_in, samples[len(samples) // 2 :], hertz) > 0.7
    told = bench.service.transcoding.statistics()
    assert (told.calls, told.calls_total, told.refused_calls) == (1, 1, 0)
    await bench.service.close_carrier_leg("carrier")
    assert bench.service.transcoding.statistics().calls == 0


async def test_a_call_outlives_its_transcoder_and_its_relay(bench: MediaBench) -> None:
    talk = await call(bench, "PCMU", "G722")
    await talk.until_both_hear()
    transcoder = bench.service.transcoding.pid
    assert transcoder is not None
    os.kill(transcoder, signal.SIGKILL)
    await changed(lambda: bench.service.transcoding.pid, transcoder)
    await talk.until_both_hear()
    relay = bench.relay_pid
    os.kill(relay, signal.SIGKILL)
    await changed(lambda: next(iter(bench.service.relay_pids), None), relay)
    await talk.until_both_hear()
    assert bench.service.transcoding.statistics().restarts == 1
