"""What the switchboard of this process is doing, for those who look from outside: the metrics and the live board."""

from collections.abc import Callable
from dataclasses import dataclass

from widget.media.relay_health import MediaStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """``calls`` are live now, ``refused`` were turned away past the capacity since the start."""

    calls: int
    max_calls: int
    refused: int
    is_draining: bool
    media: MediaStatistics


_reads: list[Callable[[], Gauges]] = []


def provide(read: Callable[[], Gauges]) -> None:
    """From now on ``read`` answers; it is called from other threads and must not wait."""
    _reads[:] = [read]


def withdraw() -> None:
    """The switchboard stopped."""
    _reads.clear()


def current() -> Gauges | None:
    """``None`` where no switchboard runs in this process."""
    return _reads[0]() if _reads else None
