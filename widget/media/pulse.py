"""Notices that a process which speaks ten times a second has fallen silent: within a second."""

import asyncio
from collections.abc import Callable
from typing import Final

LOOK_SECONDS: Final = 0.1
#: One that said nothing for so many looks in a row hangs.
QUIET_LOOKS: Final = 8


class Pulse:
    """Of one process. Looking begins with the first sign of life: starting may take long on a busy machine."""

    def __init__(self, *, on_stopped: Callable[[], None]) -> None:
        self._on_stopped = on_stopped
        self._loop = asyncio.get_running_loop()
        self._look: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._quiet = 0

    def felt(self) -> None:
        """A sign of life."""
        self._quiet = 0
        if self._look is None:
            self._look_again()

    def cancel(self) -> None:
        """The process ended, or is about to."""
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _look_again(self) -> None:
        self._due = self._loop.time() + LOOK_SECONDS
        self._look = self._loop.call_at(self._due, self._look_for_life)

    def _look_for_life(self) -> None:
        """A look that comes late says nothing of the process: then it was we who stood still."""
        if self._loop.time() - self._due < LOOK_SECONDS:
            self._quiet += 1
        if self._quiet < QUIET_LOOKS:
            self._look_again()
            return
        self._look = None
        self._on_stopped()
