"""The relay's life as a process: it never outlives the one that started it."""

import asyncio
import os
import select
import signal
import sys

import pytest

from tests.media.media_bench import MediaBench
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import RelayLost

PARENT = """
import asyncio
from widget.media.config import BrowserAddress, MediaConfig
from widget.media.service import MediaService

async def main():
    service = MediaService(MediaConfig(browser_addresses=(BrowserAddress("127.0.0.1"),)), on_event=print)
    await service.start()
    print(service.relay_pid, flush=True)
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
    assert bench.service.relay_pid is None


async def test_a_relay_that_dies_has_a_successor_before_anyone_asks(
    bench: MediaBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = bench.service._relay
    assert supervisor is not None
    started = asyncio.Event()
    monkeypatch.setattr(supervisor, "_on_started", started.set)
    first = bench.relay_pid
    os.kill(first, signal.SIGKILL)
    await asyncio.wait_for(started.wait(), 5)
    assert bench.relay_pid != first
    assert bench.events.empty()


async def test_without_a_successor_the_legs_are_lost(bench: MediaBench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    monkeypatch.setattr(sys, "executable", "/nonexistent")
    os.kill(bench.relay_pid, signal.SIGKILL)
    assert await bench.event() == RelayLost(("carrier",))
    with pytest.raises(MediaError) as caught:
        await bench.service.open_carrier_leg("carrier", remote_host="127.0.0.1")
    assert caught.value.failure is MediaFailure.RELAY_UNAVAILABLE
