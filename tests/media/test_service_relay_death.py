"""Relays that die in the middle of calls, with a real peer as browser."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from tests.media.browser_peer import BrowserPeer
from tests.media.media_bench import PATIENT, MediaBench
from widget.media import deaths
from widget.media.events import BrowserLegConnected, LegStatistics, RelayLost

AUDIO = bytes(range(160))
FRAME = 160


@pytest.fixture
async def bench() -> AsyncIterator[MediaBench]:
    bench = MediaBench(PATIENT)
    await bench.service.start()
    try:
        async with bench.peers:
            yield bench
    finally:
        await bench.service.close()


async def test_a_call_goes_on_when_its_relay_is_killed(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=1)
    before, _ = await carrier.receive()
    carrier.send(AUDIO, sequence=1, timestamp=1)
    heard, _ = await browser.receive()
    await bench.kill_relay()
    await browser.send(AUDIO, sequence=40, timestamp=40 * FRAME)
    after, _ = await carrier.receive()
    carrier.send(AUDIO, sequence=40, timestamp=40 * FRAME)
    again, _ = await browser.receive()
    assert (after.ssrc, again.ssrc) == (before.ssrc, heard.ssrc)
    for earlier, later in ((before, after), (heard, again)):
        assert 3000 < (later.sequence - earlier.sequence) & 0xFFFF < 0x8000
        assert 0 < (later.timestamp - earlier.timestamp) & 0xFFFFFFFF < 10 * 8000
    assert bench.is_calm()
    assert (await bench.service.close_carrier_leg("carrier")).sent_packets >= 1


async def test_a_browser_leg_that_is_still_connecting_survives_as_well(bench: MediaBench) -> None:
    peer = BrowserPeer()
    bench.peers.push_async_callback(peer.close)
    answer = await bench.service.open_browser_leg("browser", await peer.offer(), codecs=["PCMU"])
    await bench.kill_relay()
    await peer.accept(answer)
    assert await bench.event() == BrowserLegConnected("browser")


async def test_a_second_death_at_once_costs_a_pause_and_no_call(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    await bench.kill_relay()
    await bench.kill_relay()
    await browser.send(AUDIO, sequence=40, timestamp=40 * FRAME)
    assert (await carrier.receive())[1] == AUDIO
    carrier.send(AUDIO, sequence=40, timestamp=40 * FRAME)
    assert (await browser.receive())[1] == AUDIO
    assert bench.is_calm()


async def test_who_asks_for_a_leg_during_the_pause_gets_it_after(
    bench: MediaBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deaths, "PAUSES", (0.0, 0.3))
    await bench.kill_relay()
    os.kill(bench.relay_pid, signal.SIGKILL)
    await bench.until(lambda: not bench.service.relay_pids)
    assert await bench.service.close_carrier_leg("carrier") == LegStatistics()
    await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    assert bench.service.relay_pids


async def test_a_leg_that_closes_during_the_pause_waits_for_nobody(
    bench: MediaBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deaths, "PAUSES", (0.0, 600.0))
    await bench.carrier()
    await bench.kill_relay()
    os.kill(bench.relay_pid, signal.SIGKILL)
    await bench.until(lambda: not bench.service.relay_pids)
    await asyncio.wait_for(bench.service.close_carrier_leg("carrier"), 30)
    assert bench.service.statistics()[0].carrier_legs == 0


async def test_a_fifth_death_within_a_minute_ends_the_calls_and_the_next_one_works(
    bench: MediaBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deaths, "PAUSES", (0.0, 0.0, 0.01, 0.0))
    await bench.browser()
    await bench.carrier()
    for _ in range(4):
        await bench.kill_relay()
    assert bench.is_calm()
    os.kill(bench.relay_pid, signal.SIGKILL)
    assert await bench.event() == RelayLost(("browser", "carrier"))
    assert await bench.service.close_carrier_leg("carrier") == LegStatistics()
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=1)
    assert (await carrier.receive())[1] == AUDIO


async def test_a_leg_that_closes_while_its_relay_dies_is_counted_as_far_as_known(bench: MediaBench) -> None:
    carrier = await bench.carrier()
    os.kill(bench.relay_pid, signal.SIGSTOP)
    carrier.send(AUDIO, sequence=1, timestamp=1)
    closing = asyncio.create_task(bench.service.close_carrier_leg("carrier"))
    await asyncio.sleep(0)
    os.kill(bench.relay_pid, signal.SIGKILL)
    assert await closing == LegStatistics()
    await bench.settle()


async def test_ctrl_c_in_the_process_group_leaves_the_relay_to_its_parent(bench: MediaBench) -> None:
    await bench.settle()
    pid = bench.relay_pid
    os.kill(pid, signal.SIGINT)
    await bench.settle()
    assert bench.relay_pid == pid
