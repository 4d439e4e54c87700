"""Timers whose firing is one more item in a queue."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Timers(Generic[T]):
    """At most one running timer per kind; when it fires, an instance of the kind is posted."""

    def __init__(self, post: Callable[[T], None]) -> None:
        self._post = post
        self._running: dict[type[T], asyncio.TimerHandle] = {}

    def start(self, kind: type[T], seconds: float) -> None:
        """Start or restart."""
        self.stop(kind)
        self._running[kind] = asyncio.get_running_loop().call_later(seconds, self._fire, kind)

    def stop(self, kind: type[T]) -> None:
        handle = self._running.pop(kind, None)
        if handle is not None:
            handle.cancel()

    def stop_all(self) -> None:
        for kind in list(self._running):
            self.stop(kind)

    def _fire(self, kind: type[T]) -> None:
        del self._running[kind]
        self._post(kind())
