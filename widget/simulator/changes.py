"""Waiting for something to become true without polling the clock."""

import asyncio
from collections.abc import Callable


class Changes:
    """Wakes whoever waits whenever something changed; used from one event loop."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def notify(self) -> None:
        """Something changed: let the conditions be looked at again."""
        self._changed.set()

    async def wait(self) -> None:
        """Return after the next change."""
        self._changed.clear()
        await self._changed.wait()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return as soon as the condition holds, at once if it does already."""
        while not condition():
            await self.wait()
