"""What the switchboard is doing, for those who look from outside: the metrics and the live board.

A web process beside a switchboard of its own process has what that one said last.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from widget.media.relay_health import MediaStatistics, total
from widget.media.transcoding import TranscodingStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """``calls`` are live now, ``bridged`` go on without their agents besides, of which each is two calls at carriers;
    ``refused`` were turned away past the capacity since the start; ``max_calls`` is one relay's."""

    calls: int
    bridged: int = 0
    max_calls: int
    refused: int
    is_draining: bool
    relays: tuple[MediaStatistics, ...]
    transcoding: TranscodingStatistics = field(default_factory=TranscodingStatistics)

    @property
    def media(self) -> MediaStatistics:
        """All relays together."""
        return total(self.relays)

    def pack(self) -> dict[str, Any]:
        """Plain values, for the channel layer."""
        return asdict(self)

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> "Gauges":
        """The reverse of :meth:`pack`."""
        relays = tuple(MediaStatistics(**each) for each in packed["relays"])
        transcoding = TranscodingStatistics(**packed["transcoding"])
        return cls(**{**packed, "relays": relays, "transcoding": transcoding})


Read = Callable[[], Gauges | None]

_reads: list[Read] = []


def provide(read: Read) -> None:
    """From now on ``read`` answers; it is called from other threads and must not wait."""
    _reads[:] = [read]


def withdraw() -> None:
    """The switchboard stopped."""
    _reads.clear()


def current() -> Gauges | None:
    """``None`` where no switchboard runs, or none has answered."""
    return _reads[0]() if _reads else None
