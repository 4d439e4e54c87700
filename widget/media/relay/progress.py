"""Where a leg stands: what another relay needs to go on with it, and what its audio is judged by. Pure."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

#: What is counted per carrier leg, by the names of ``events.LegStatistics``.
COUNTERS: Final = (
    "received_packets",
    "received_bytes",
    "sent_packets",
    "sent_bytes",
    "strays",
    "foreign",
    "unwanted",
    "rtcp",
    "rejected",
)

_RECORD = struct.Struct("!?iQIdI?IQQQQdIdQd9Q")
#: How many legs fit into one message beside its tag.
MAX_LEGS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class LegProgress:
    """``index``, ``timestamp`` and ``sent_at`` are our stream's towards this leg, ``heard_*`` the latest source's.

    ``received``, ``expected`` and ``gaps`` are packets from this leg since the relay knows it, see
    ``reception.Reception``; ``jitter_seconds`` is theirs, ``heard_at`` when the latest came (0 = none did). ``unsent``
    could not be sent to this leg, ``lag_seconds`` is how long the relay stood still at most in the last second.
    ``clock_rate`` and ``heard_clock_rate`` are what our timestamps and the leg's count in. ``counters`` are in the
    order of :data:`COUNTERS`; a browser leg has those of sending only.
    """

    is_carrier: bool
    leg: int
    index: int
    timestamp: int
    sent_at: float
    clock_rate: int
    heard_ssrc: int | None
    heard_index: int
    received: int
    expected: int
    gaps: int
    jitter_seconds: float
    heard_clock_rate: int
    heard_at: float
    unsent: int
    lag_seconds: float
    counters: tuple[int, ...]

    @property
    def counted(self) -> dict[str, int]:
        """The counters by name."""
        return dict(zip(COUNTERS, self.counters, strict=True))


def pack_progress(legs: Iterable[LegProgress]) -> bytes:
    return b"".join(
        _RECORD.pack(
            leg.is_carrier,
            leg.leg,
            leg.index,
            leg.timestamp,
            leg.sent_at,
            leg.clock_rate,
            leg.heard_ssrc is not None,
            leg.heard_ssrc or 0,
            leg.heard_index,
            leg.received,
            leg.expected,
            leg.gaps,
            leg.jitter_seconds,
            leg.heard_clock_rate,
            leg.heard_at,
            leg.unsent,
            leg.lag_seconds,
            *leg.counters,
        )
        for leg in legs
    )


def unpack_progress(packed: bytes) -> tuple[LegProgress, ...]:
    return tuple(_unpack(fields) for fields in _RECORD.iter_unpack(packed))


def _unpack(fields: tuple[Any, ...]) -> LegProgress:
    is_carrier, leg, index, timestamp, sent_at, rate, heard, ssrc, heard_index, received, expected, gaps = fields[:12]
    jitter, heard_rate, heard_at, unsent, lag = fields[12:17]
    return LegProgress(
        is_carrier=is_carrier,
        leg=leg,
        index=index,
        timestamp=timestamp,
        sent_at=sent_at,
        clock_rate=rate,
        heard_ssrc=ssrc if heard else None,
        heard_index=heard_index,
        received=received,
        expected=expected,
        gaps=gaps,
        jitter_seconds=jitter,
        heard_clock_rate=heard_rate,
        heard_at=heard_at,
        unsent=unsent,
        lag_seconds=lag,
        counters=fields[17:],
    )
