"""RFC 3261 section 17 and table 4: T1, T2, T4, the timers derived from them, and the clock that runs them."""

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

GRAIN_SECONDS = 0.001
"""No timer of SIP is finer, and loops that count in milliseconds fire that early."""
MAX_CANCELLED = 100
"""So many cancelled timers may wait for their time whatever else waits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timers:
    """All in seconds. Compared by identity, which costs nothing.

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

    def call_soon(self, callback: Callable[..., object], *args: object) -> object:
        """Call back in the loop's next turn."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> TimerHandle:
        """Call back after `delay` seconds."""


class Timer:
    """One timer of an OwnedScheduler."""

    __slots__ = ("_owner", "act", "arguments")

    def __init__(self, owner: "OwnedScheduler", act: Callable[..., object], arguments: tuple[object, ...]) -> None:
        self._owner = owner
        self.act: Callable[..., object] | None = act
        self.arguments = arguments

    def cancel(self) -> None:
        """Forget it, and what it held."""
        if self.act:
            self.act, self.arguments = None, ()
            self._owner.forget_one()


class OwnedScheduler:
    """The timers of one user agent; none does anything once it is closed.

    A call starts about ten timers and cancels most of them, so they share one timer of the loop, which is set anew only
    for one that is due sooner. They fire up to GRAIN_SECONDS early.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self.time = scheduler.time
        self._scheduler = scheduler
        self._queue: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._cancelled = 0
        self._armed: TimerHandle | None = None
        self._due = math.inf
        self._is_closed = False

    def call_later(self, delay: float, callback: Callable[..., object], *args: object) -> TimerHandle:
        """Call back after `delay` seconds, unless closed by then."""
        timer = Timer(self, callback, args)
        if self._is_closed:
            return timer
        due = self.time() + delay
        heapq.heappush(self._queue, (due, next(self._order), timer))
        if due < self._due:
            self._arm(due, delay)
        return timer

    def call_soon(self, callback: Callable[..., object], *args: object) -> None:
        """Call back in the loop's next turn, unless closed by then."""
        self._scheduler.call_soon(self._unless_closed, callback, *args)

    def _unless_closed(self, callback: Callable[..., object], *args: object) -> None:
        if not self._is_closed:
            callback(*args)

    def close(self) -> None:
        """Let no timer do anything any more."""
        self._is_closed = True
        for _, _, timer in tuple(self._queue):
            timer.cancel()

    def forget_one(self) -> None:
        """A timer was cancelled; when most are, they leave the queue."""
        self._cancelled += 1
        if self._cancelled == len(self._queue):
            self._clear()
        elif self._cancelled > MAX_CANCELLED and 2 * self._cancelled > len(self._queue):
            self._queue = [each for each in self._queue if each[2].act]
            heapq.heapify(self._queue)
            self._cancelled = 0

    def _clear(self) -> None:
        self._queue.clear()
        self._cancelled = 0
        self._disarm()

    def _arm(self, due: float, delay: float) -> None:
        self._disarm()
        self._due = due
        self._armed = self._scheduler.call_later(delay, self._fire)

    def _disarm(self) -> None:
        if self._armed:
            self._armed.cancel()
        self._armed = None
        self._due = math.inf

    def _fire(self) -> None:
        """Run what is due; what one of them raises must not keep the others from their turn."""
        self._armed = None
        try:
            while timer := self._next_due():
                act, arguments = timer.act, timer.arguments
                timer.act, timer.arguments = None, ()
                if act:
                    act(*arguments)
        finally:
            self._due = math.inf
            if self._queue:
                due = self._queue[0][0]
                self._arm(due, due - self.time())

    def _next_due(self) -> Timer | None:
        """The next live one whose time has come; cancelled ones that come before any other leave the queue."""
        latest = self.time() + GRAIN_SECONDS
        while self._queue:
            due, _, timer = self._queue[0]
            if timer.act and due > latest:
                return None
            heapq.heappop(self._queue)
            if timer.act:
                return timer
            self._cancelled -= 1
        return None
