"""The results as a plain-text table, and the same as a picture (SVG)."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bench.bridge.measure import Result

_COLUMNS: Final = (
    "system",
    "calls",
    "CPU ms per call-second",
    "calls per core at 80 %",
    "added delay ms p50 / p99",
    "generator to itself p99",
    "lost",
    "stolen %",
    "RSS kB per call",
    "offer to first media ms",
)
HEAD: Final = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"
_COLOURS: Final = ("#0b6e4f", "#2b59c3", "#c1440e", "#6b2d5c", "#555555")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 720, 400, 70, 60


def row(name: str, result: Result) -> str:
    memory, setup = (f"{result.memory:.0f}", f"{result.first_media:.0f}") if result.calls > 1 else ("", "")
    return (
        f"| {name} | {result.calls} | {result.cpu:.2f} (±{result.spread:.2f}) | {result.calls_per_core:.0f} "
        f"| {result.p50:.2f} / {result.p99:.2f} | {result.floor:.2f} | {result.lost} of {result.sent} "
        f"| {result.stolen:.1f} | {memory} | {setup} |"
    )


def plot(results: Mapping[str, Sequence[Result]]) -> str:
    """CPU per call over the number of calls, both logarithmic, one line per system."""
    top = max(result.cpu for line in results.values() for result in line)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="13" role="img">',
        "<title>CPU milliseconds per call-second over the number of calls</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        *(_grid(value, top) for value in (0.5, 1, 2, 5, 10, 20, 50) if value <= top * 1.2),
        *(_mark(calls) for calls in (1, 10, 50, 200, 500, 800)),
    ]
    for (name, line), colour, index in zip(results.items(), _COLOURS, range(len(_COLOURS)), strict=False):
        parts += _line(name, line, colour, index, top)
    parts.append(f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 12}" text-anchor="middle">calls</text>')
    parts.append('<text x="14" y="20">CPU ms per call-second</text>')
    return "\n".join([*parts, "</svg>", ""])


def write(results: Mapping[str, Sequence[Result]], path: Path) -> None:
    path.write_text(plot(results))


def _x(calls: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - 170) * _log(calls, 1, 800)


def _y(cpu: float, top: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _BOTTOM - 40) * _log(cpu, 0.4, top * 1.2)


def _log(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low)


def _grid(value: float, top: float) -> str:
    y = _y(value, top)
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - 170}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    )


def _mark(calls: int) -> str:
    return f'<text x="{_x(calls):.1f}" y="{_HEIGHT - _BOTTOM + 22}" text-anchor="middle">{calls}</text>'


def _line(name: str, line: Sequence[Result], colour: str, index: int, top: float) -> list[str]:
    points = [(_x(result.calls), _y(result.cpu, top)) for result in line]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points)
    y = 60 + 22 * index
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}',
        f'<rect x="{_WIDTH - 160}" y="{y - 10}" width="12" height="12" fill="{colour}"/>'
        f'<text x="{_WIDTH - 142}" y="{y}">{name}</text>',
    ]
