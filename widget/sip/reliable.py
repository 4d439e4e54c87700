"""Reliable provisional responses of ours (RFC 3262 section 3): repeated until their PRACK, one at a time."""

import re
import secrets
from collections import deque
from collections.abc import Callable

from widget.sip.compose import HeaderList
from widget.sip.message import Request
from widget.sip.running_transaction import Clock, ServerTransaction
from widget.sip.timers import TimerHandle

RACK = re.compile(r"(?P<rseq>[0-9]{1,10})\s+(?P<cseq>[0-9]{1,10})\s+(?P<method>[A-Z]+)")
REQUIRED = ("Require", "100rel")


class ReliableProvisionals:
    """Of one INVITE that came in. `gave_up` is called after 64 T1 without PRACK."""

    __slots__ = (
        "_again",
        "_clock",
        "_gave_up",
        "_has_description",
        "_interval",
        "_is_waiting",
        "_limit",
        "_next",
        "_number",
        "_settled",
        "_transaction",
    )

    def __init__(self, clock: Clock, transaction: ServerTransaction, gave_up: Callable[[], None]) -> None:
        self._clock = clock
        self._transaction = transaction
        self._gave_up = gave_up
        self._number = secrets.randbelow(2**30)
        self._next: deque[tuple[int, HeaderList, str]] = deque()
        self._settled: Callable[[], None] | None = None
        self._is_waiting = False
        self._has_description = False
        self._interval = 0.0
        self._again: TimerHandle | None = None
        self._limit: TimerHandle | None = None

    def send(self, code: int, headers: HeaderList, body: str) -> None:
        """Send it now, or after the PRACK of the one before."""
        self._next.append((code, headers, body))
        if not self._is_waiting:
            self._send_next()

    def when_settled(self, act: Callable[[], None]) -> None:
        """Act when the far end has acknowledged all: a 2xx may not come sooner (section 3)."""
        if self._is_waiting:
            self._settled = act
        else:
            act()

    def acknowledged(self, prack: Request) -> bool | None:
        """None: the PRACK is for none of ours. Else whether what it acknowledges carried a description."""
        match = RACK.fullmatch(prack.header("RAck"))
        expected = (self._number, self._transaction.request.cseq, "INVITE")
        if not self._is_waiting or match is None:
            return None
        if (int(match["rseq"]), int(match["cseq"]), match["method"]) != expected:
            return None
        self._stop_timers()
        self._is_waiting = False
        had_description = self._has_description
        self._clock.scheduler.call_soon(self._proceed)
        return had_description

    def stop(self) -> None:
        """The INVITE has its final answer."""
        self._stop_timers()
        self._next.clear()
        self._settled = None
        self._is_waiting = False

    def _proceed(self) -> None:
        """After the answer to the PRACK has left."""
        if self._next:
            self._send_next()
        elif self._settled and not self._is_waiting:
            act, self._settled = self._settled, None
            act()

    def _send_next(self) -> None:
        code, headers, body = self._next.popleft()
        self._number += 1
        self._is_waiting = True
        self._has_description = bool(body)
        self._interval = self._clock.timers.t1
        self._transaction.respond(code, headers=(REQUIRED, ("RSeq", str(self._number)), *headers), body=body)
        self._again = self._clock.scheduler.call_later(self._interval, self._repeat)
        self._limit = self._clock.scheduler.call_later(self._clock.timers.transaction_seconds, self._give_up)

    def _repeat(self) -> None:
        self._transaction.resend_provisional()
        self._interval *= 2
        self._again = self._clock.scheduler.call_later(self._interval, self._repeat)

    def _give_up(self) -> None:
        self.stop()
        self._gave_up()

    def _stop_timers(self) -> None:
        for timer in (self._again, self._limit):
            if timer is not None:
                timer.cancel()
        self._again = self._limit = None
