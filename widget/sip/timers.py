"""RFC 3261 section 17 and table 4: T1, T2, T4, the timers derived from them, and the clock that runs them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """All in seconds.

    `t1` is the round-trip estimate, `t2` the longest retransmission interval, `t4` how long a message may be under way.
    """

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0

    @property
    def transaction_seconds(self) -> float:
        """64 times T1: timers B, D, F, H, J, L and M."""
        return 64 * self.t1


class TimerHandle(Protocol):
    """What a scheduler gives back for a timer."""

    def cancel(self) -> None:
        """Forget the timer; harmless after it fired."""


class Scheduler(Protocol):
    """The part of an asyncio loop that SIP needs; tests put a virtual clock in its place."""

    def time(self) -> float:
        """Seconds of a monotonic clock."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> TimerHandle:
        """Call back after `delay` seconds."""


class OwnedScheduler:
    """A scheduler whose timers do nothing once it is closed, so that no call wakes up after its user agent is gone."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.time = scheduler.time
        self._scheduler = scheduler
        self._is_closed = False

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> TimerHandle:
        """Call back after `delay` seconds, unless closed by then."""
        return self._scheduler.call_later(delay, self._run, callback, args)

    def close(self) -> None:
        """Let no timer do anything any more."""
        self._is_closed = True

    def _run(self, callback: Callable[..., object], args: tuple[object, ...]) -> None:
        if not self._is_closed:
            callback(*args)
