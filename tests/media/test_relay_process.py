"""The relay's life as a process: it never outlives the one that started it."""

import asyncio
import os
import select
import signal
import sys

from tests.media.media_bench import MediaBench

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


async def test_a_healthy_relay_that_dies_has_a_successor_before_anyone_asks(bench: MediaBench) -> None:
    first = bench.relay_pid
    supervisor = bench.service._relay
    assert supervisor is not None
    supervisor._started_at -= 60
    os.kill(first, signal.SIGKILL)
    await bench.event()
    assert supervisor._restart is not None
    await supervisor._restart
    assert bench.relay_pid != first
