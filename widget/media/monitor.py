"""Watches every leg: sends RTCP, and says how each call is. It sees what the relay is told and what it tells. Pure."""

import secrets
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from widget.media.control_session import ControlSession
from widget.media.events import CallQuality
from widget.media.quality import (
    SILENT_SECONDS,
    LegMeasure,
    ServerMeasure,
    Verdict,
    burst_ratio,
    call_rating,
    mos,
    verdict,
)
from widget.media.relay.conversions import spoken
from widget.media.relay.progress import LegProgress
from widget.media.relay.protocol import (
    AddCarrier,
    Bridge,
    ControlPacket,
    Join,
    Message,
    RemoveBrowser,
    RemoveCarrier,
    SetCarrier,
    SetKeys,
)
from widget.media.rtcp import parse

#: A call's quality is told this often, and judged over as long. RTCP goes out at the same pace (RFC 3550 section 6.2).
WINDOW: Final = 5


class _Leg:
    """One leg's latest seconds."""

    def __init__(self, session: ControlSession, payload_types: dict[str, int] | None = None) -> None:
        self.session = session
        #: Of a browser's.
        self.payload_types = payload_types or {}
        self.is_wanted = False
        #: The codec on this leg; "" before it is agreed.
        self.codec = ""
        self.window: deque[LegProgress] = deque(maxlen=WINDOW + 1)
        self.heard_at = 0.0
        self.told = 0

    def restart(self, now: float) -> None:
        """What comes now is not to be compared with what was, and silence is counted from here."""
        self.window.clear()
        self.heard_at = now

    def learn(self, progress: LegProgress, now: float) -> None:
        before = self.window[-1] if self.window else None
        if before is not None and progress.received < before.received:
            self.restart(now)
        elif before is not None and progress.received > before.received and progress.heard_at == before.heard_at:
            # All with one timestamp: a key that is held down (RFC 4733).
            self.heard_at = now
        self.heard_at = max(self.heard_at, progress.heard_at)
        self.window.append(progress)
        self.told += 1

    def silent_seconds(self, now: float) -> float:
        """How long nothing has come although something should."""
        return max(now - self.heard_at, 0.0) if self.is_wanted else 0.0

    def measure(self, now: float) -> LegMeasure:
        far_loss, far_jitter, round_trip = self.session.far_side(now)
        first, last = (self.window[0], self.window[-1]) if self.window else (None, None)
        loss = bursts = jitter = 0.0
        if first is not None and last is not None:
            expected, lost = last.expected - first.expected, _lost(first, last)
            loss = lost / expected if expected > 0 else 0.0
            bursts, jitter = burst_ratio(lost=lost, gaps=last.gaps - first.gaps, loss=loss), last.jitter_seconds
        return LegMeasure(
            loss=loss,
            burst_ratio=max(bursts, 1.0),
            jitter_seconds=jitter,
            far_loss=far_loss,
            far_jitter_seconds=far_jitter,
            round_trip_seconds=round_trip,
            silent_seconds=self.silent_seconds(now),
            codec=self.codec,
        )


def _lost(first: LegProgress, last: LegProgress) -> int:
    return max(last.expected - first.expected - (last.received - first.received), 0)


@dataclass(frozen=True, slots=True)
class Watched:
    """A carrier leg that moves to another monitor."""

    number: int
    leg: _Leg
    terms: SetCarrier | None
    verdict: Verdict | None


class Monitor:
    """``send`` reaches the relay, ``name`` gives a carrier leg's id by its number, ``emit`` gets what is to be told.

    ``epoch`` is what makes NTP seconds of monotonic ones; ``now`` is in monotonic seconds.
    """

    def __init__(
        self,
        *,
        send: Callable[[ControlPacket], None],
        name: Callable[[int], str | None],
        emit: Callable[[CallQuality], None],
        epoch: float,
    ) -> None:
        self._send = send
        self._name = name
        self._emit = emit
        self._epoch = epoch
        self._cname = secrets.token_hex(6)
        self._browsers: dict[int, _Leg] = {}
        self._carriers: dict[int, _Leg] = {}
        self._terms: dict[int, SetCarrier] = {}
        self._bridges: dict[int, int] = {}
        self._verdicts: dict[int, Verdict] = {}

    def note(self, message: Message, now: float) -> None:
        """What the relay is about to be told."""
        match message:
            case SetKeys():
                self._browsers[message.leg] = self._leg(message.ssrc, message.payload_types)
            case AddCarrier():
                self._carriers[message.leg] = self._leg(message.ssrc)
            case SetCarrier():
                self._terms[message.leg] = message
                self._carriers[message.leg].session.extended = frozenset(message.extended_reports.split())
                self._review(message.leg, now)
            case Bridge():
                self._bridge(message, now)
            case Join():
                for carrier in (message.carrier, message.other):
                    self._bridge(Bridge(carrier=carrier, browser=None), now)
            case RemoveBrowser():
                self._remove_browser(message.leg, now)
            case RemoveCarrier():
                self._remove_carrier(message.leg)

    def _leg(self, ssrc: int, payload_types: dict[str, int] | None = None) -> _Leg:
        return _Leg(ControlSession(ssrc, cname=self._cname, epoch=self._epoch), payload_types)

    def _bridge(self, message: Bridge, now: float) -> None:
        for carrier in [item for item, browser in self._bridges.items() if browser == message.browser]:
            del self._bridges[carrier]
        self._bridges.pop(message.carrier, None)
        if message.browser is not None:
            self._bridges[message.carrier] = message.browser
        self._review(message.carrier, now)

    def _remove_browser(self, number: int, now: float) -> None:
        leg = self._browsers.pop(number, None)
        if leg is not None:
            self._send(ControlPacket(is_carrier=False, leg=number, data=leg.session.goodbye()))
        for carrier in [item for item, browser in self._bridges.items() if browser == number]:
            del self._bridges[carrier]
            self._review(carrier, now)

    def _remove_carrier(self, number: int) -> None:
        leg = self._carriers.pop(number, None)
        if leg is None:
            # It moved to another relay, where its session goes on.
            return
        self._send(ControlPacket(is_carrier=True, leg=number, data=leg.session.goodbye()))
        self._terms.pop(number, None)
        self._verdicts.pop(number, None)
        self._bridges.pop(number, None)

    def _review(self, carrier: int, now: float) -> None:
        """Something changed about a call: compare with nothing before, and expect audio where it was agreed."""
        terms, browser = self._terms.get(carrier), self._browsers.get(self._bridges.get(carrier, -1))
        for leg in filter(None, (self._carriers[carrier], browser)):
            leg.restart(now)
            leg.is_wanted = False
        if terms is not None and browser is not None:
            self._carriers[carrier].is_wanted, browser.is_wanted = terms.sends, terms.receives
            self._carriers[carrier].codec, browser.codec = terms.codec, spoken(browser.payload_types, terms) or ""

    def give(self, number: int) -> Watched:
        """Watch a carrier leg no more: another monitor does."""
        self._bridges.pop(number, None)
        return Watched(
            number, self._carriers.pop(number), self._terms.pop(number, None), self._verdicts.pop(number, None)
        )

    def take(self, watched: Watched, now: float) -> None:
        """Go on watching a leg that another monitor gave."""
        watched.leg.restart(now)
        self._carriers[watched.number] = watched.leg
        if watched.terms is not None:
            self._terms[watched.number] = watched.terms
        if watched.verdict is not None:
            self._verdicts[watched.number] = watched.verdict

    def restart(self, now: float) -> None:
        """A fresh relay counts anew."""
        for leg in self._legs():
            leg.restart(now)

    def clear(self) -> None:
        """All legs are lost."""
        for known in (self._browsers, self._carriers, self._terms, self._bridges, self._verdicts):
            known.clear()

    def _legs(self) -> Iterator[_Leg]:
        yield from self._browsers.values()
        yield from self._carriers.values()

    def hear(self, packet: ControlPacket) -> None:
        """RTCP that a leg sent."""
        leg = (self._carriers if packet.is_carrier else self._browsers).get(packet.leg)
        if leg is not None:
            leg.session.hear(parse(packet.data), packet.at)

    def learn(self, progress: LegProgress, now: float) -> None:
        """Where a leg stands, once a second."""
        leg = (self._carriers if progress.is_carrier else self._browsers).get(progress.leg)
        if leg is None:
            return
        leg.learn(progress, now)
        if leg.told % WINDOW == 1:
            report = leg.session.report(progress, now)
            self._send(ControlPacket(is_carrier=progress.is_carrier, leg=progress.leg, data=report))
        if progress.is_carrier:
            self._judge(progress.leg, leg, now)

    def _judge(self, number: int, carrier: _Leg, now: float) -> None:
        """Tell how a bridged call is: early, at the end of a window, and at once when silence begins or ends."""
        browser, name = self._browsers.get(self._bridges.get(number, -1)), self._name(number)
        if browser is None or name is None:
            return
        before = self._verdicts.get(number, Verdict.GOOD)
        is_due = carrier.told % WINDOW == 0 or len(carrier.window) == _EARLY
        is_quiet = max(browser.silent_seconds(now), carrier.silent_seconds(now)) >= SILENT_SECONDS
        if not is_due and not is_quiet and before not in _SILENCES:
            return
        measures = browser.measure(now), carrier.measure(now)
        server = _server(carrier)
        found = verdict(*measures, server)
        if not is_due and (found is before or not {found, before} & _SILENCES):
            return
        self._verdicts[number] = found
        agent, far_end = measures
        self._emit(
            CallQuality(
                leg_id=name,
                mos=mos(call_rating(agent, far_end, server)),
                verdict=found.value,
                browser=agent,
                carrier=far_end,
            )
        )


#: How many words on a leg the first one on its call takes.
_EARLY: Final = 3
_SILENCES: Final = frozenset({Verdict.AGENT_SILENT, Verdict.CARRIER_SILENT, Verdict.BOTH_SILENT})


def _server(carrier: _Leg) -> ServerMeasure:
    if not carrier.window:
        return ServerMeasure()
    first, last = carrier.window[0], carrier.window[-1]
    unsent = last.unsent - first.unsent
    sent = last.sent_packets - first.sent_packets + unsent
    return ServerMeasure(unsent / sent if sent > 0 else 0.0, max(item.lag_seconds for item in carrier.window))
