"""Extended reports (RFC 3611): the VoIP metrics block, in which gateways and phones tell what their listener got, and
the statistics summary. Pure.

Other blocks are skipped. Like all of RTCP it is believed for the eye alone.
"""

import struct
from dataclasses import dataclass
from typing import Final

EXTENDED_REPORT: Final = 207
_STATISTICS_SUMMARY: Final = 6
_VOIP_METRICS: Final = 7
_LOSS_FLAG: Final = 0x80
_HEADER = struct.Struct("!BBH")
_WORD = struct.Struct("!I")
#: SSRC, loss, discard, burst and gap density, burst and gap duration, round trip, end system delay; the rest (levels,
#: R and MOS as the far end reckons them, its jitter buffer) is passed over.
_METRICS = struct.Struct("!I4B4H16x")
#: SSRC, first sequence number and the one behind the last, lost packets; duplicates, jitter and hops.
_SUMMARY = struct.Struct("!IHHI24x")
_LOCAL_ONLY: Final = b"\x7f\x7f\x7f\x10\x7f\x7f\x7f\x7f" + bytes(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoipMetrics:
    """What a receiver made of source ``ssrc``: shares (0 to 1) of packets that were lost and that came too late to be
    played, share of both within bursts and the mean length of bursts; delays in seconds, ``None`` if not known."""

    ssrc: int
    loss: float
    discard: float
    burst_density: float = 0.0
    burst_seconds: float = 0.0
    round_trip_seconds: float | None = None
    end_system_seconds: float | None = None

    @property
    def unheard(self) -> float:
        """The share that nobody heard, lost or late."""
        return min(self.loss + self.discard, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsSummary:
    """How many packets of source ``ssrc`` were lost, from sequence number ``begin`` on and before ``end`` (RFC 3611
    section 4.6). Only written: what it says is in report blocks too."""

    ssrc: int
    begin: int
    end: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendedReport:
    """``ssrc`` is the reporter's."""

    ssrc: int
    metrics: tuple[VoipMetrics, ...] = ()
    summaries: tuple[StatisticsSummary, ...] = ()


def read_extended(part: bytes) -> ExtendedReport | None:
    """The report in one packet of a compound one; ``None`` if it is shorter than it says."""
    if len(part) < 8:
        return None
    metrics, position = [], 8
    while position + _HEADER.size <= len(part):
        kind, _, words = _HEADER.unpack_from(part, position)
        end = position + 4 * (words + 1)
        if end > len(part):
            return None
        if kind == _VOIP_METRICS and end - position == _HEADER.size + _METRICS.size:
            metrics.append(_metrics(_METRICS.unpack_from(part, position + _HEADER.size)))
        position = end
    return ExtendedReport(ssrc=_WORD.unpack_from(part, 4)[0], metrics=tuple(metrics))


def _metrics(fields: tuple[int, ...]) -> VoipMetrics:
    ssrc, loss, discard, burst, _, burst_ms, _, round_trip_ms, end_system_ms = fields
    return VoipMetrics(
        ssrc=ssrc,
        loss=loss / 256,
        discard=discard / 256,
        burst_density=burst / 256,
        burst_seconds=burst_ms / 1000,
        round_trip_seconds=round_trip_ms / 1000 or None,
        end_system_seconds=end_system_ms / 1000 or None,
    )


def extended_body(report: ExtendedReport) -> bytes:
    """What follows the common header on the wire. What we do not know is marked so (127)."""
    summaries = b"".join(_pack_summary(summary) for summary in report.summaries)
    return _WORD.pack(report.ssrc) + summaries + b"".join(_pack(metrics) for metrics in report.metrics)


def _pack_summary(summary: StatisticsSummary) -> bytes:
    """Of the flags only L is set: duplicates, jitter and hops are not told."""
    numbers = summary.begin & 0xFFFF, summary.end & 0xFFFF, min(max(summary.lost, 0), 0xFFFFFFFF)
    told = _SUMMARY.pack(summary.ssrc, *numbers)
    return _HEADER.pack(_STATISTICS_SUMMARY, _LOSS_FLAG, _SUMMARY.size // 4) + told


def _pack(metrics: VoipMetrics) -> bytes:
    shares = [min(round(share * 256), 255) for share in (metrics.loss, metrics.discard, metrics.burst_density)]
    times = (metrics.burst_seconds, 0, metrics.round_trip_seconds, metrics.end_system_seconds)
    lengths = [min(round(1000 * (seconds or 0)), 0xFFFF) for seconds in times]
    told = _METRICS.pack(metrics.ssrc, *shares, 0, *lengths)
    return _HEADER.pack(_VOIP_METRICS, 0, _METRICS.size // 4) + told[: -len(_LOCAL_ONLY)] + _LOCAL_ONLY
