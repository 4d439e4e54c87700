"""The series of a call's sound as lines of an SVG. Pure; only numbers go in, the template escapes the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from widget.admin import words
from widget.models import CallQuality, QualityVerdict
from widget.models.quality import POOR_MOS

WIDTH: Final = 600
HEIGHT: Final = 120
_LOWEST, _HIGHEST = 1.0, 4.5
_VERDICTS = dict(QualityVerdict.choices)


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without sound: its place in the picture, and in words."""

    x: float
    width: float
    told: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``points`` are those of SVG polylines; ``rows`` the same numbers for a table."""

    overall: str
    agent: str
    carrier: str
    poor_y: float
    silences: tuple[Silence, ...]
    rows: tuple[tuple[object, ...], ...]
    length: str
    width: int = WIDTH
    height: int = HEIGHT


def chart(quality: CallQuality) -> Chart:
    series = list(quality.series())
    end = max([sample["at"] for sample in series] + [at + seconds for _, at, seconds in quality.silences] + [1])
    return Chart(
        overall=_line(series, "mos", end),
        agent=_line(series, "agent_mos", end),
        carrier=_line(series, "carrier_mos", end),
        poor_y=_y(POOR_MOS),
        silences=tuple(_silence(silence, end) for silence in quality.silences),
        rows=tuple(_row(sample) for sample in series),
        length=words.clock(round(end)),
    )


def _line(series: Sequence[dict[str, Any]], name: str, end: float) -> str:
    """A single sample is a line as well: it begins at the answer."""
    points = [(sample["at"] / end * WIDTH, _y(sample[name])) for sample in series]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in [(0.0, points[0][1]), *points]) if points else ""


def _y(mos: float) -> float:
    share = (min(max(mos, _LOWEST), _HIGHEST) - _LOWEST) / (_HIGHEST - _LOWEST)
    return round((1 - share) * HEIGHT, 1)


def _silence(silence: Sequence[Any], end: float) -> Silence:
    verdict, at, seconds = silence
    return Silence(
        x=round(at / end * WIDTH, 1),
        width=round(max(seconds / end * WIDTH, 2), 1),
        told=_("at %(at)s, for %(seconds)s s: %(what)s")
        % {"at": words.clock(round(at)), "seconds": f"{seconds:.1f}", "what": _VERDICTS.get(verdict, verdict)},
    )


def _row(sample: dict[str, Any]) -> tuple[object, ...]:
    """Losses in per cent, the moment as the reader writes it, a dash for what is not known."""
    shown = sample | {
        "at": words.clock(sample["at"]),
        "agent_loss": round(100 * sample["agent_loss"], 1),
        "carrier_loss": round(100 * sample["carrier_loss"], 1),
    }
    return tuple(words.NOTHING if value is None else value for value in shown.values())
