"""The relay's life as a process: it never outlives the one that started it."""

import asyncio
import os
import select
import signal
import sys
import time

import pytest

from tests.media.media_bench import MediaBench
from widget.media import deaths
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import RelayLost

PARENT = """
import asyncio
from widget.media.config import BrowserAddress, MediaConfig
from widget.media.service import MediaService

async def main():
    service = MediaService(MediaConfig(browser_addresses=(BrowserAddress("127.0.0.1"),)), on_event=print)
    await service.start()
    print(*service.relay_pids, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_parent_takes_its_relay_with_it() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout is not None
    relay = os.pidfd_open(int(await parent.stdout.readline()))
    try:
        parent.kill()
        await parent.wait()
        poll = select.poll()
        poll.register(relay, select.POLLIN)
        assert await asyncio.to_thread(poll.poll, 10_000), "the relay is still there"
    finally:
        os.close(relay)


async def test_a_relay_that_does_not_listen_is_killed_when_the_service_closes() -> None:
    bench = MediaBench()
    await bench.service.start()
    os.kill(bench.relay_pid, signal.SIGSTOP)
    await bench.service.close()
    assert bench.service.relay_pids == []


async def test_a_relay_that_dies_has_a_successor_before_anyone_asks(
    bench: MediaBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = bench.service._hosts[0]._relay
    assert relay is not None
    started = asyncio.Event()
    monkeypatch.setattr(relay, "_on_started", started.set)
    first = bench.relay_pid
    os.kill(first, signal.SIGKILL)
    await asyncio.wait_for(started.wait(), 5)
    assert bench.relay_pid != first
    assert bench.events.empty()


async def test_a_relay_that_hangs_is_killed_and_its_call_goes_on(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    hung = bench.relay_pid
    process = os.pidfd_open(hung)
    os.kill(hung, signal.SIGSTOP)
    dead = asyncio.Event()
    asyncio.get_running_loop().add_reader(process, dead.set)
    try:
        await asyncio.wait_for(dead.wait(), 20)
    finally:
        asyncio.get_running_loop().remove_reader(process)
        os.close(process)
    await bench.settle()
    await browser.send(b"again" * 32, sequence=40, timestamp=6400)
    assert (await carrier.receive())[1] == b"again" * 32
    assert bench.relay_pid != hung
    assert bench.service.statistics()[0].restarts == 1
    assert bench.events.empty()


async def test_take_overs_leak_no_descriptors_and_no_ports(bench: MediaBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here and in the relay: as many after three deaths as after one."""
    monkeypatch.setattr(deaths, "PAUSES", (0.0, 0.0, 0.0))
    await bench.browser()
    await bench.carrier()
    await bench.service.bridge("browser", "carrier")

    def descriptors() -> list[int]:
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in (os.getpid(), bench.relay_pid)]

    await bench.kill_relay()
    before = descriptors()
    for _ in range(2):
        await bench.kill_relay()
    assert descriptors() == before
    assert bench.service.statistics()[0].restarts == 3


async def test_a_loop_that_stood_still_condemns_no_relay(bench: MediaBench) -> None:
    """It was us who did not listen: what the relay said meanwhile lies in the socket."""
    await bench.settle()
    first = bench.relay_pid
    time.sleep(1.5)  # noqa: ASYNC251  (a loop that is blocked is what is meant)
    await bench.settle()
    assert bench.relay_pid == first


async def test_without_a_successor_the_legs_are_lost(bench: MediaBench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    monkeypatch.setattr(deaths, "PAUSES", (0.0, 0.01))
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    os.kill(bench.relay_pid, signal.SIGKILL)
    assert await bench.event() == RelayLost(("carrier",))
    with pytest.raises(MediaError) as caught:
        await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    assert caught.value.failure is MediaFailure.RELAY_UNAVAILABLE
