"""The timers of one call."""

import asyncio
from collections.abc import Callable

from widget.calls.commands import Timer


class CallTimers:
    """At most one running timer of a kind; ``fired`` is told which."""

    def __init__(self, fired: Callable[[Timer], None]) -> None:
        self._fired = fired
        self._running: dict[Timer, asyncio.TimerHandle] = {}

    def start(self, timer: Timer, seconds: float) -> None:
        """Start or restart."""
        self.stop(timer)
        self._running[timer] = asyncio.get_running_loop().call_later(seconds, self._fired, timer)

    def stop(self, timer: Timer) -> None:
        handle = self._running.pop(timer, None)
        if handle is not None:
            handle.cancel()
