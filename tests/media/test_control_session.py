"""Two sessions that report to each other, and what each learns of the other."""

from dataclasses import replace

import pytest

from tests.media.test_relay_memory import PROGRESS
from widget.media.control_session import ControlSession
from widget.media.rtcp import Goodbye, ReceiverReport, ReportBlock, SenderReport, parse
from widget.media.rtcp_xr import ExtendedReport, VoipMetrics

OURS, THEIRS = 1, 2


def session(ssrc: int) -> ControlSession:
    return ControlSession(ssrc, cname="name", epoch=2_208_988_800.0)


def test_a_report_says_what_was_sent_and_what_was_heard() -> None:
    sent = PROGRESS._replace(source=THEIRS, sent_packets=10, sent_bytes=1720)
    (report,) = parse(session(OURS).report(sent, PROGRESS.sent_at + 1))
    assert isinstance(report, SenderReport)
    assert (report.packets, report.octets) == (10, 1600)
    assert report.timestamp == PROGRESS.timestamp + 8000
    (block,) = report.blocks
    assert (block.ssrc, block.lost, block.highest, block.jitter) == (THEIRS, 1, PROGRESS.heard_index, 4000)
    assert block.fraction_lost == pytest.approx(1 / 5, abs=1 / 256)
    assert block.last_report == 0


def test_a_side_that_sends_nothing_only_receives() -> None:
    talking = session(OURS)
    talking.report(PROGRESS, 51.0)
    (report,) = parse(talking.report(PROGRESS._replace(received=14, expected=15), 56.0))
    assert isinstance(report, ReceiverReport)
    assert report.blocks[0].fraction_lost == 0
    quiet = PROGRESS._replace(has_source=False, sent_packets=0)
    assert parse(session(OURS).report(quiet, 51.0)) == [ReceiverReport(ssrc=OURS)]


def test_each_side_learns_loss_jitter_and_round_trip_of_the_other() -> None:
    ours, theirs = session(OURS), session(THEIRS)
    ours_sent = PROGRESS._replace(source=THEIRS)
    theirs_sent = PROGRESS._replace(source=OURS, expected=8, jitter_seconds=0.02)
    theirs.hear(parse(ours.report(ours_sent, 100.0)), 100.1)
    ours.hear(parse(theirs.report(theirs_sent, 103.0)), 103.1)
    loss, jitter, round_trip = ours.far_side(104.0)
    assert loss == 0.5
    assert jitter == pytest.approx(0.02)
    assert round_trip == pytest.approx(0.2, abs=0.001)
    assert ours.far_side(130.0) == (None, None, None)
    assert theirs.far_side(104.0)[2] is None


@pytest.mark.parametrize("wanted", [{"voip-metrics"}, {"stat-summary"}, {"voip-metrics", "stat-summary"}, set()])
def test_a_side_that_wants_extended_reports_gets_those(wanted: set[str]) -> None:
    ours, theirs = session(OURS), session(THEIRS)
    ours.extended = frozenset(wanted)
    ours.report(PROGRESS._replace(source=THEIRS, received=0, expected=0, heard_index=70_000), 100.0)
    wire = ours.report(PROGRESS._replace(source=THEIRS, received=45, expected=50, heard_index=70_050), 105.0)
    told = [report for report in parse(wire) if isinstance(report, ExtendedReport)]
    metrics = (VoipMetrics(ssrc=THEIRS, loss=26 / 256, discard=0),) if "voip-metrics" in wanted else ()
    assert told == ([ExtendedReport(ssrc=OURS, metrics=metrics)] if wanted else [])
    begin, end, lost = 70_001 & 0xFFFF, 70_051 & 0xFFFF, 5
    summary = bytes.fromhex(f"06800009{THEIRS:08x}{begin:04x}{end:04x}{lost:08x}")
    assert (summary in wire) == ("stat-summary" in wanted)
    theirs.hear(parse(wire), 105.1)
    assert theirs.far_side(105.2)[0] == pytest.approx(0.1, abs=0.005)


def test_what_a_phone_played_too_late_is_lost_to_its_listener() -> None:
    ours = session(OURS)
    ours.report(PROGRESS._replace(source=THEIRS), 100.0)
    block = ReportBlock(ssrc=OURS, fraction_lost=0.25, lost=1, highest=1, jitter=0)
    metrics = VoipMetrics(ssrc=OURS, loss=0.25, discard=0.125, round_trip_seconds=0.2)
    others = replace(metrics, ssrc=99, loss=1.0)
    ours.hear([ReceiverReport(ssrc=THEIRS, blocks=(block,))], 101.0)
    ours.hear([ExtendedReport(ssrc=THEIRS, metrics=(metrics, others))], 101.0)
    ours.hear([ExtendedReport(ssrc=THEIRS, metrics=(others,))], 101.0)
    assert ours.far_side(102.0) == (0.375, 0.0, 0.2)
    ours.hear([ReceiverReport(ssrc=THEIRS, blocks=(block,))], 130.0)
    assert ours.far_side(131.0)[0] == 0.25


def test_what_is_said_of_other_streams_is_not_about_us() -> None:
    ours, theirs = session(OURS), session(THEIRS)
    ours.hear(parse(theirs.report(PROGRESS._replace(source=77), 103.0)), 103.1)
    assert ours.far_side(103.2) == (None, None, None)


def test_a_goodbye_comes_behind_a_report() -> None:
    assert parse(session(OURS).goodbye()) == [ReceiverReport(ssrc=OURS), Goodbye(ssrcs=(OURS,))]


def test_timestamps_and_jitter_are_told_in_the_clock_rate_of_each_direction() -> None:
    wide = PROGRESS._replace(clock_rate=48000, heard_clock_rate=16000, jitter_seconds=0.01)
    ours = session(OURS)
    (report,) = parse(ours.report(wide, PROGRESS.sent_at + 1))
    assert isinstance(report, SenderReport)
    assert report.timestamp == PROGRESS.timestamp + 48_000
    assert report.blocks[0].jitter == 160
    block = replace(report.blocks[0], ssrc=OURS, jitter=480)
    ours.hear([ReceiverReport(ssrc=THEIRS, blocks=(block,))], 60.0)
    assert ours.far_side(60.0)[1] == 0.01
