"""Where a leg stands: what another relay needs to go on with it, and what its audio is judged by. Pure."""

import struct
from collections.abc import Iterable
from itertools import starmap
from typing import Final, NamedTuple

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

_RECORD: Final = struct.Struct("!?iQId?IIQQQQdIdQd9Q")
#: Longest message between a relay and its control process, in octets; datagrams are no longer than a network packet.
MAX_MESSAGE: Final = 16384
#: How many legs fit into one message beside its tag.
MAX_LEGS: Final = (MAX_MESSAGE - 1) // _RECORD.size


class LegProgress(NamedTuple):
    """``sent_index``, ``timestamp`` and ``sent_at`` are our stream's towards this leg, ``heard_index`` is the latest
    source's, as :attr:`heard_ssrc` if one ``has_source``.

    ``received``, ``expected`` and ``gaps`` are packets from this leg since the relay knows it, see
    ``reception.Reception``; ``jitter_seconds`` is theirs, ``heard_at`` when the latest came (0 = none did). ``unsent``
    could not be sent to this leg, ``lag_seconds`` is how long the relay stood still at most in the last second.
    ``clock_rate`` and ``heard_clock_rate`` are what our timestamps and the leg's count in. A browser leg has the
    counters of sending only. A tuple, and in the order of its record: there are two for every call and second.
    """

    is_carrier: bool
    leg: int
    sent_index: int
    timestamp: int
    sent_at: float
    has_source: bool
    source: int
    clock_rate: int
    heard_index: int
    received: int
    expected: int
    gaps: int
    jitter_seconds: float
    heard_clock_rate: int
    heard_at: float
    unsent: int
    lag_seconds: float
    received_packets: int
    received_bytes: int
    sent_packets: int
    sent_bytes: int
    strays: int
    foreign: int
    unwanted: int
    rtcp: int
    rejected: int

    @property
    def heard_ssrc(self) -> int | None:
        """The latest source; ``None`` if there was none yet."""
        return self.source if self.has_source else None

    @property
    def counted(self) -> dict[str, int]:
        """The counters by name."""
        return {name: getattr(self, name) for name in COUNTERS}


def pack_progress(legs: Iterable[LegProgress]) -> bytes:
    return b"".join(starmap(_RECORD.pack, legs))


def unpack_progress(packed: bytes) -> tuple[LegProgress, ...]:
    return tuple(map(LegProgress._make, _RECORD.iter_unpack(packed)))
