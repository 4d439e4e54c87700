"""What the relay tells of itself, unasked: that it lives, who fell silent, and once a second where every leg stands."""

import time
from typing import Any, Final

from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.progress import MAX_LEGS, LegProgress
from widget.media.relay.protocol import BrowserSilent, Health, Progress
from widget.media.relay.reception import Reception
from widget.media.relay.stream import Stream
from widget.media.relay.worker import Worker

#: Legs take turns, so that telling of a thousand does not hold up anyone's audio.
TURNS: Final = 10


class Reports:
    """Called by the loop ``TURNS`` times a second."""

    def __init__(self, worker: Worker, *, silence_seconds: int) -> None:
        self._worker = worker
        self._silence_seconds = silence_seconds
        self._turn = 0
        self._told_at = time.monotonic()
        #: How late the latest turns were, one second's worth.
        self._lags = [0.0] * TURNS
        worker.every(1 / TURNS, self.tell)

    def tell(self) -> None:
        self._turn = (self._turn + 1) % TURNS
        now = time.monotonic()
        if self._turn == 0:
            self._worker.flood.renew()
        self._worker.report(self._health())
        self._lags[self._turn], self._told_at = max(now - self._told_at - 1 / TURNS, 0.0), now
        browsers = [leg for leg in self._worker.browsers.values() if leg.number % TURNS == self._turn and leg.receiving]
        carriers = [leg for leg in self._worker.carriers.values() if leg.number % TURNS == self._turn]
        for browser in browsers:
            self._look_for_silence(browser)
        told = [*map(self._of_browser, browsers), *map(self._of_carrier, carriers)]
        for start in range(0, len(told), MAX_LEGS):
            self._worker.report(Progress(tuple(told[start : start + MAX_LEGS])))

    def _health(self) -> Health:
        worker = self._worker
        return Health(
            cpu_seconds=time.process_time(),
            strays=worker.forwarding.strays,
            held_back=worker.flood.held_back,
            rejected=worker.forwarding.rejected,
            replayed=worker.forwarding.replayed,
            undelivered=worker.undelivered,
        )

    def _look_for_silence(self, leg: BrowserLeg) -> None:
        heard = leg.heard + leg.look()[0].received
        silent = heard == leg.heard_before
        leg.silent_seconds = leg.silent_seconds + 1 if silent else 0
        leg.heard_before = heard
        if leg.silent_seconds == self._silence_seconds:
            self._worker.report(BrowserSilent(leg=leg.number, seconds=leg.silent_seconds))

    def _of_browser(self, leg: BrowserLeg) -> LegProgress:
        leg.controls = 0
        reception, stream = leg.look()
        counters = (0, 0, leg.sent_packets, leg.sent_bytes, 0, 0, 0, 0, 0)
        return LegProgress._make((False, leg.number, *_places(reception, stream), 0, max(self._lags), *counters))

    def _of_carrier(self, leg: CarrierLeg) -> LegProgress:
        leg.controls = 0
        return carrier_progress(leg, lag=max(self._lags))


def carrier_progress(leg: CarrierLeg, *, lag: float = 0.0) -> LegProgress:
    """Where a carrier leg stands; ``lag`` is how long the relay stood still lately, in seconds."""
    reception, stream = leg.look()
    counters = leg.counters().values()
    return LegProgress._make((True, leg.number, *_places(reception, stream), leg.unsent, lag, *counters))


def _places(reception: Reception, stream: Stream) -> tuple[Any, ...]:
    """The fields of :class:`LegProgress` from ``sent_index`` to ``heard_at``."""
    return (
        stream.index,
        stream.timestamp,
        stream.sent_at,
        reception.ssrc is not None,
        reception.ssrc or 0,
        stream.clock_rate,
        reception.index,
        reception.received,
        reception.expected,
        reception.gaps,
        reception.jitter_seconds,
        reception.clock_rate,
        reception.heard_at,
    )
