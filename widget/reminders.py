"""What a consumer wants to be reminded of: messages to itself, sent later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Reminders:
    """One timer per name. A timer's work waits its turn like any other message, so it never overlaps with another's."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Future[None]] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._timers

    def set(self, name: str, seconds: float, message: Mapping[str, Any]) -> None:
        """Send ``message`` after ``seconds``; an earlier one of that name is forgotten."""
        self.forget(name)
        self._timers[name] = asyncio.get_running_loop().call_later(max(seconds, 0), self._fire, message)

    def forget(self, *names: str) -> None:
        for name in names:
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()

    def forget_all(self) -> None:
        self.forget(*list(self._timers))

    def _fire(self, message: Mapping[str, Any]) -> None:
        task = asyncio.ensure_future(self._send(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
