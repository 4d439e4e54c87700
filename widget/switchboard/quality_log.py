"""How a call sounded, from its answer to its end: a bounded series, silences, and what it came to. Pure.

The media side tells every few seconds; a call of hours is kept in as many samples as one of minutes, because two
neighbours become one, the worse of both, whenever there are too many.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from widget.media.events import CallQuality
from widget.media.quality import LegMeasure, Verdict, leg_rating, mos
from widget.media.relay.payloads import passes

MAX_SAMPLES: Final = 120
FIRST_STEP_SECONDS: Final = 5
MAX_SILENCES: Final = 50
#: A call is named after its worst part only if that lasted for this share of it, or this long.
_NAMED_SHARE: Final = 0.1
_NAMED_SECONDS: Final = 30
#: Between two words on a call; what lies further apart was a call that nobody could judge.
_LONGEST_STEP_SECONDS: Final = 10.0

_SILENT: Final = frozenset({Verdict.AGENT_SILENT.value, Verdict.CARRIER_SILENT.value, Verdict.BOTH_SILENT.value})


@dataclass(frozen=True, slots=True)
class LegSample:
    """One leg over a step: ``loss`` 0 to 1 and ``burst_ratio`` of the worse direction, delays in ms, MOS 1 to 4.5."""

    loss: float
    burst_ratio: float
    jitter_ms: int
    round_trip_ms: int | None
    mos: float

    @classmethod
    def of(cls, measure: LegMeasure) -> "LegSample":
        return cls(
            loss=1.0 if measure.is_silent else round(measure.worst_loss, 4),
            burst_ratio=round(measure.burst_ratio, 1),
            jitter_ms=round(1000 * measure.worst_jitter_seconds),
            round_trip_ms=milliseconds(measure.round_trip_seconds),
            mos=round(mos(leg_rating(measure)), 2),
        )

    def worse(self, other: "LegSample") -> "LegSample":
        trips = [trip for trip in (self.round_trip_ms, other.round_trip_ms) if trip is not None]
        return LegSample(
            loss=max(self.loss, other.loss),
            burst_ratio=max(self.burst_ratio, other.burst_ratio),
            jitter_ms=max(self.jitter_ms, other.jitter_ms),
            round_trip_ms=max(trips) if trips else None,
            mos=min(self.mos, other.mos),
        )

    def numbers(self) -> list[float | None]:
        return [self.loss, self.burst_ratio, self.jitter_ms, self.round_trip_ms, self.mos]


@dataclass(frozen=True, slots=True)
class Sample:
    """The worst of one step that ends ``at`` seconds after the answer."""

    at: int
    mos: float
    agent: LegSample
    carrier: LegSample

    def worse(self, other: "Sample") -> "Sample":
        return Sample(
            max(self.at, other.at),
            min(self.mos, other.mos),
            self.agent.worse(other.agent),
            self.carrier.worse(other.carrier),
        )

    def numbers(self) -> list[float | None]:
        """In the order of ``models.quality.SAMPLE``."""
        return [self.at, self.mos, *self.agent.numbers(), *self.carrier.numbers()]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRecord:
    """What is worth keeping of a call's sound. The codecs are those that it had last, ``is_transcoded`` whether it ever
    had to be decoded. ``samples`` and ``silences`` are plain lists, ready for JSON; a silence is its verdict, where it
    began (seconds after the answer) and how many seconds it lasted."""

    mos_lowest: float
    mos_mean: float
    verdict: str
    worst_loss: float
    worst_jitter_ms: int
    worst_round_trip_ms: int | None
    agent_codec: str
    carrier_codec: str
    is_transcoded: bool
    samples: list[list[float | None]]
    silences: list[list[str | float]]


@dataclass(slots=True)
class QualityLog:
    """``at`` is always seconds since the answer."""

    step_seconds: int = FIRST_STEP_SECONDS
    samples: list[Sample] = field(default_factory=list)
    silences: list[list[str | float]] = field(default_factory=list)
    _last: str = Verdict.GOOD.value
    _last_at: float = 0.0
    _mos_seconds: float = 0.0
    _seconds: dict[str, float] = field(default_factory=dict)
    _codecs: tuple[str, str] = ("", "")
    _is_transcoded: bool = False

    def add(self, told: CallQuality, at: float) -> None:
        """Take in what the media side says of the time since it last said something."""
        seconds = min(max(at - self._last_at, 0.0), _LONGEST_STEP_SECONDS)
        # Silence is told when it begins and when it ends: what lies between was silent.
        lasted = self._last if self._last in _SILENT else told.verdict
        self._seconds[lasted] = self._seconds.get(lasted, 0.0) + seconds
        self._mos_seconds += seconds * told.mos
        self._codecs = told.browser.codec, told.carrier.codec
        self._is_transcoded = self._is_transcoded or (all(self._codecs) and not passes(*self._codecs))
        self._note_silence(told, at)
        self._put(Sample(round(at), round(told.mos, 2), LegSample.of(told.browser), LegSample.of(told.carrier)))
        self._last, self._last_at = told.verdict, at

    def _note_silence(self, told: CallQuality, at: float) -> None:
        if self.silences and self._last in _SILENT:
            begun = self.silences[-1][1]
            self.silences[-1][2] = round(at - float(begun), 1)
        if told.verdict in _SILENT and told.verdict != self._last and len(self.silences) < MAX_SILENCES:
            since = max(at - max(told.browser.silent_seconds, told.carrier.silent_seconds), 0.0)
            self.silences.append([told.verdict, round(since, 1), round(at - since, 1)])

    def _put(self, sample: Sample) -> None:
        before = self.samples[-1] if self.samples else None
        if before is not None and before.at // self.step_seconds == sample.at // self.step_seconds:
            self.samples[-1] = before.worse(sample)
        else:
            self.samples.append(sample)
        if len(self.samples) > MAX_SAMPLES:
            self.step_seconds *= 2
            self.samples = list(self._merged())

    def _merged(self) -> Iterator[Sample]:
        kept: Sample | None = None
        for sample in self.samples:
            if kept is not None and kept.at // self.step_seconds == sample.at // self.step_seconds:
                kept = kept.worse(sample)
                continue
            if kept is not None:
                yield kept
            kept = sample
        if kept is not None:
            yield kept

    def record(self) -> QualityRecord | None:
        """What the call came to so far; ``None`` as long as nothing is known."""
        if not self.samples:
            return None
        legs = [leg for sample in self.samples for leg in (sample.agent, sample.carrier)]
        trips = [leg.round_trip_ms for leg in legs if leg.round_trip_ms is not None]
        lowest, seconds = min(sample.mos for sample in self.samples), sum(self._seconds.values())
        return QualityRecord(
            mos_lowest=lowest,
            mos_mean=round(self._mos_seconds / seconds, 2) if seconds else lowest,
            verdict=self._verdict(seconds),
            worst_loss=max(leg.loss for leg in legs),
            worst_jitter_ms=max(leg.jitter_ms for leg in legs),
            worst_round_trip_ms=max(trips) if trips else None,
            agent_codec=self._codecs[0],
            carrier_codec=self._codecs[1],
            is_transcoded=self._is_transcoded,
            samples=[sample.numbers() for sample in self.samples],
            silences=[list(silence) for silence in self.silences],
        )

    def _verdict(self, seconds: float) -> str:
        bad = {verdict: lasted for verdict, lasted in self._seconds.items() if verdict != Verdict.GOOD.value}
        impaired = sum(bad.values())
        if not bad or impaired < min(_NAMED_SHARE * seconds, _NAMED_SECONDS):
            return Verdict.GOOD.value
        return max(bad, key=lambda verdict: bad[verdict])


def milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(1000 * seconds)


def page_value(told: CallQuality) -> dict[str, Any]:
    """The value of ``onQuality`` (cc-sdk-contract.md, methods and events that the guide lacks)."""
    return {
        "mos": round(told.mos, 1),
        "loss": 1.0 if told.verdict in _SILENT else round(told.loss, 3),
        "jitter_ms": milliseconds(told.jitter_seconds),
        "round_trip_ms": milliseconds(told.round_trip_seconds),
        "verdict": told.verdict,
    }
