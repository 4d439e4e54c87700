"""The web processes of a switchboard that is a process of its own, as the switchboard sees them: by their pulse.

A socket that closes says so; a web process that is killed says nothing, and its agents would be rung for ever.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final

#: How often a web process shows that it is alive.
PULSE_SECONDS: Final = 2.0
#: One that has not for so long is gone, and with it every socket that it had.
SILENT_SECONDS: Final = 10.0


def process_of(channel: str) -> str:
    """Which process reads a socket's channel: all before the mark (channel layer specification, process-local)."""
    return channel.partition("!")[0]


class WebProcesses:
    """``on_gone`` is called once with the name of each process that fell silent."""

    def __init__(self, on_gone: Callable[[str], None]) -> None:
        self._on_gone = on_gone
        self._heard: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None

    def heard(self, channel: str) -> None:
        """Something came from the process of this channel."""
        self._heard[process_of(channel)] = time.monotonic()

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._watch(), name="pulses of the web processes")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def review(self, now: float) -> None:
        """Forget who has been silent too long by ``now``, in monotonic seconds."""
        for process in [name for name, at in self._heard.items() if now - at > SILENT_SECONDS]:
            del self._heard[process]
            self._on_gone(process)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            self.review(time.monotonic())
