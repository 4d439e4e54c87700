"""Extended reports: the VoIP metrics block by RFC 3611 section 4.7, octet by octet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.media.rtcp import Goodbye, ReceiverReport, build, parse
from widget.media.rtcp_xr import ExtendedReport, StatisticsSummary, VoipMetrics

METRICS = VoipMetrics(
    ssrc=0x01020304,
    loss=0.25,
    discard=0.125,
    burst_density=0.5,
    burst_seconds=0.7,
    round_trip_seconds=0.09,
    end_system_seconds=0.06,
)
#: A report with a receiver reference time (block 4) before the metrics.
WIRE = bytes.fromhex(
    "80cf000d 00000007"
    "04000002 1122334455667788"
    "07000008 01020304 40208000 02bc0000 005a003c 7f7f7f10 7f7f7f7f 00000000 00000000"
)


def test_the_block_is_read_among_others() -> None:
    assert parse(WIRE) == [ExtendedReport(ssrc=7, metrics=(METRICS,))]
    assert METRICS.unheard == 0.375


def test_what_is_written_is_read_again() -> None:
    report = ExtendedReport(ssrc=7, metrics=(METRICS, VoipMetrics(ssrc=1, loss=0, discard=0)))
    assert parse(build(ReceiverReport(ssrc=7)) + build(report) + build(Goodbye(ssrcs=(7,))))[1] == report
    assert build(ExtendedReport(ssrc=7, metrics=(METRICS,)))[8:] == WIRE[20:]


def test_a_summary_of_losses_by_section_4_6() -> None:
    summary = StatisticsSummary(ssrc=0x01020304, begin=65_530, end=65_536, lost=2)
    wire = build(ExtendedReport(ssrc=7, summaries=(summary,)))
    assert wire == bytes.fromhex("80cf000b 00000007 06800009 01020304 fffa0000 00000002") + bytes(24)
    assert parse(wire) == [ExtendedReport(ssrc=7)]


def test_delays_that_are_not_known_are_none() -> None:
    (report,) = parse(build(ExtendedReport(ssrc=7, metrics=(VoipMetrics(ssrc=1, loss=0, discard=0),))))
    assert isinstance(report, ExtendedReport)
    assert (report.metrics[0].round_trip_seconds, report.metrics[0].end_system_seconds) == (None, None)


@pytest.mark.parametrize("wire", [WIRE[:4], bytes.fromhex("80cf0000"), bytes.fromhex("80cf0002 00000007 07000008")])
def test_what_is_shorter_than_it_says_says_nothing(wire: bytes) -> None:
    assert parse(wire) == []


@given(st.binary(max_size=80))
def test_no_block_breaks_the_reader(blocks: bytes) -> None:
    blocks += bytes(-len(blocks) % 4)
    parse(bytes([0x80, 207, 0, 1 + len(blocks) // 4]) + bytes(4) + blocks)
