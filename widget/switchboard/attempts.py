"""What becomes of each INVITE of a call: for the counts of its trunk. In memory until the call's record is written."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from widget.calls.call import Direction
from widget.sip.events import (
    Answered,
    Failed,
    FailureCause,
    IncomingEvent,
    Progress,
    Rejected,
    Ringing,
    SipEvent,
)
from widget.switchboard.health import OVERLOADED

ANSWERED, CANCELLED, NO_RESPONSE = 200, 487, 0
SILENCE = frozenset({FailureCause.NO_RESPONSE, FailureCause.TIMEOUT, FailureCause.TRANSPORT})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkAttempt:
    """An INVITE that is settled. ``sip_code``: 200 answered, 0 no final response, 487 also when we gave up.

    ``delay_ms`` is RFC 6076's Session Request Delay of a successful session setup (section 4.3.1): from the INVITE to
    the first 18x or 2xx; None when there was none, and for an INVITE that came in.
    """

    trunk_id: int
    day: date
    sip_code: int
    delay_ms: int | None = None
    direction: Direction = Direction.OUTBOUND


@dataclass(slots=True)
class _Running:
    trunk_id: int
    day: date
    started: float
    delay_ms: int | None = None


@dataclass(slots=True)
class Attempts:
    """Of one call, one after the other. ``tell`` hears by trunk whether an INVITE showed that it lives."""

    now: Callable[[], float] = time.monotonic
    tell: Callable[[int, bool], None] = lambda trunk_id, lives: None
    _running: _Running | None = None
    _settled: list[TrunkAttempt] = field(default_factory=list)

    def begin(self, trunk_id: int, day: date) -> None:
        """An INVITE is about to leave; ``day`` in UTC."""
        self._running = _Running(trunk_id, day, self.now())

    def heard(self, event: SipEvent | IncomingEvent, *, sent_at: float | None = None) -> None:
        """What SIP reports, at the moment when it does. ``sent_at``: when the INVITE really left, by the same clock."""
        match event:
            case Ringing() | Progress():
                self._measure(sent_at)
            case Answered():
                self._measure(sent_at)
                self._settle(ANSWERED)
            case Rejected(code=code):
                if code not in OVERLOADED:
                    self._tell(lives=True)
                self._settle(code)
            case Failed(cause):
                if cause in SILENCE:
                    self._tell(lives=False)
                self._settle(NO_RESPONSE)

    def call_ended(self) -> None:
        """Whatever still runs is cancelled."""
        self._settle(CANCELLED)

    def take(self) -> tuple[TrunkAttempt, ...]:
        """What was settled since the last time, to be counted once."""
        settled, self._settled = tuple(self._settled), []
        return settled

    def _measure(self, sent_at: float | None) -> None:
        running = self._running
        if running is not None and running.delay_ms is None:
            self._tell(lives=True)
            running.delay_ms = round((self.now() - (sent_at or running.started)) * 1000)

    def _tell(self, *, lives: bool) -> None:
        """Once it rang, nothing that happens to the INVITE later is news of the trunk."""
        if self._running is not None and self._running.delay_ms is None:
            self.tell(self._running.trunk_id, lives)

    def _settle(self, sip_code: int) -> None:
        running, self._running = self._running, None
        if running is not None:
            self._settled.append(
                TrunkAttempt(trunk_id=running.trunk_id, day=running.day, sip_code=sip_code, delay_ms=running.delay_ms)
            )
