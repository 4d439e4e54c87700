"""A 2xx to INVITE, repeated until its ACK arrives: the UAS core's task (RFC 3261 section 13.3.1.4)."""

from collections.abc import Callable
from dataclasses import dataclass

from widget.sip.message import Request
from widget.sip.running_transaction import Clock, ServerTransaction
from widget.sip.timers import TimerHandle


@dataclass(slots=True)
class Unacknowledged:
    """Repeats at T1, 2 T1, … up to T2; `gave_up` is called after 64 T1 without ACK."""

    clock: Clock
    transaction: ServerTransaction
    acknowledged: Callable[[Request], None]
    gave_up: Callable[[], None]
    _interval: float = 0.0
    _again: TimerHandle | None = None
    _limit: TimerHandle | None = None

    def begin(self) -> None:
        """Start the timers; the first 2xx was sent by the transaction."""
        self._interval = self.clock.timers.t1
        self._again = self.clock.scheduler.call_later(self._interval, self._repeat)
        self._limit = self.clock.scheduler.call_later(self.clock.timers.transaction_seconds, self._give_up)

    def stop(self) -> None:
        """Cancel the timers."""
        for timer in (self._again, self._limit):
            if timer is not None:
                timer.cancel()
        self._again = self._limit = None

    def _repeat(self) -> None:
        self.transaction.resend()
        self._interval = min(self._interval * 2, self.clock.timers.t2)
        self._again = self.clock.scheduler.call_later(self._interval, self._repeat)

    def _give_up(self) -> None:
        self.stop()
        self.gave_up()
