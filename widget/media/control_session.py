"""One leg's conversation in RTCP: what we report to it, and what it told us. Pure; times are monotonic seconds."""

from collections.abc import Iterable
from typing import Final

from widget.media.relay.progress import LegProgress
from widget.media.rtcp import (
    ControlPacket,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    build,
    ntp_middle,
    ntp_of,
    round_trip_seconds,
)
from widget.media.rtcp_xr import ExtendedReport, StatisticsSummary, VoipMetrics

#: What was told longer ago than this says nothing about now.
_STALE_SECONDS: Final = 15.0
_HEADER_SIZE: Final = 12
#: Names in SDP.
VOIP_METRICS: Final = "voip-metrics"
STATISTICS: Final = "stat-summary"


class ControlSession:
    """``ssrc`` is our stream's towards the leg, ``epoch`` what makes NTP seconds of monotonic ones."""

    def __init__(self, ssrc: int, *, cname: str, epoch: float) -> None:
        self._ssrc = ssrc
        #: The blocks of extended reports that the leg wants, by their names in SDP (RFC 3611 section 5.1).
        self.extended: frozenset[str] = frozenset()
        self._cname = cname
        self._epoch = epoch
        self._reported: LegProgress | None = None
        self._their_report: tuple[int, int, float] | None = None
        self._told: tuple[ReportBlock, float] | None = None
        self._round_trip: float | None = None
        self._metrics: tuple[VoipMetrics, float] | None = None

    def hear(self, packets: Iterable[ControlPacket], at: float) -> None:
        """What the leg sent, at ``at``."""
        for packet in packets:
            if isinstance(packet, SenderReport):
                self._their_report = packet.ssrc, ntp_middle(packet.ntp), at
            if isinstance(packet, SenderReport | ReceiverReport):
                for block in packet.blocks:
                    self._hear_block(block, at)
            elif isinstance(packet, ExtendedReport):
                ours = [metrics for metrics in packet.metrics if metrics.ssrc == self._ssrc]
                self._metrics = (ours[-1], at) if ours else self._metrics

    def _hear_block(self, block: ReportBlock, at: float) -> None:
        if block.ssrc == self._ssrc:
            self._told = block, at
            trip = round_trip_seconds(block, ntp_of(at + self._epoch))
            self._round_trip = trip if trip is not None else self._round_trip

    def far_side(self, now: float) -> tuple[float | None, float | None, float | None]:
        """Loss (0 to 1) and jitter (seconds) that the leg finds in our stream, and the round trip; ``None`` unless it
        told lately. Where the leg sends XR, what came too late to be played counts as lost."""
        if self._told is None or now - self._told[1] > _STALE_SECONDS:
            return None, None, None
        block = self._told[0]
        # A block says something of our stream, so there was a report with its clock rate before.
        jitter = block.jitter / self._reported.clock_rate if self._reported else None
        heard = self._metrics
        if heard is None or now - heard[1] > _STALE_SECONDS:
            return block.fraction_lost, jitter, self._round_trip
        trip = heard[0].round_trip_seconds if self._round_trip is None else self._round_trip
        return max(block.fraction_lost, heard[0].unheard), jitter, trip

    def report(self, progress: LegProgress, now: float) -> bytes:
        """SR, or RR if nothing was sent since the last one."""
        blocks = self._blocks(progress, now)
        extended = self._extended(progress)
        before, self._reported = self._reported, progress
        sent = progress.sent_packets
        if sent == (before.sent_packets if before else 0):
            return build(ReceiverReport(ssrc=self._ssrc, blocks=blocks), cname=self._cname) + extended
        report = SenderReport(
            ssrc=self._ssrc,
            ntp=ntp_of(now + self._epoch),
            timestamp=progress.timestamp + round((now - progress.sent_at) * progress.clock_rate),
            packets=sent & 0xFFFFFFFF,
            octets=max(progress.sent_bytes - _HEADER_SIZE * sent, 0) & 0xFFFFFFFF,
            blocks=blocks,
        )
        return build(report, cname=self._cname) + extended

    def _extended(self, progress: LegProgress) -> bytes:
        """What the leg wants to know of its stream since the last report; nothing is discarded here."""
        if progress.heard_ssrc is None or not self.extended:
            return b""
        expected, received = self._since(progress)
        lost, source = max(expected - received, 0), progress.heard_ssrc
        metrics = VoipMetrics(
            ssrc=source, loss=lost / expected if expected > 0 else 0.0, discard=0.0, round_trip_seconds=self._round_trip
        )
        end = progress.heard_index + 1
        summary = StatisticsSummary(ssrc=source, begin=end - expected, end=end, lost=lost)
        report = ExtendedReport(
            ssrc=self._ssrc,
            metrics=(metrics,) if VOIP_METRICS in self.extended else (),
            summaries=(summary,) if STATISTICS in self.extended else (),
        )
        return build(report)

    def _since(self, progress: LegProgress) -> tuple[int, int]:
        """Packets that were expected and that came since the last report."""
        before = self._reported
        expected = progress.expected - (before.expected if before else 0)
        return expected, progress.received - (before.received if before else 0)

    def _blocks(self, progress: LegProgress, now: float) -> tuple[ReportBlock, ...]:
        if progress.heard_ssrc is None:
            return ()
        expected, received = self._since(progress)
        last_report = delay = 0
        if self._their_report is not None and self._their_report[0] == progress.heard_ssrc:
            last_report, delay = self._their_report[1], round((now - self._their_report[2]) * 65536)
        block = ReportBlock(
            ssrc=progress.heard_ssrc,
            fraction_lost=max(expected - received, 0) / expected if expected > 0 else 0.0,
            lost=progress.expected - progress.received,
            highest=progress.heard_index,
            jitter=round(progress.jitter_seconds * progress.heard_clock_rate),
            last_report=last_report,
            delay=delay,
        )
        return (block,)

    def goodbye(self) -> bytes:
        """A report is needed before it (RFC 3550 section 6.1)."""
        return build(ReceiverReport(ssrc=self._ssrc), cname=self._cname) + build(Goodbye(ssrcs=(self._ssrc,)))
