import random

import pytest
from aiortc.rtp import RtcpByePacket, RtcpPacket, RtcpRrPacket, RtcpSdesPacket, RtcpSrPacket
from hypothesis import given
from hypothesis import strategies as st

from widget.media.rtcp import (
    MAX_PARTS,
    ControlPacket,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    build,
    ntp_middle,
    ntp_of,
    parse,
    round_trip_seconds,
)

BLOCK = ReportBlock(
    ssrc=0xDEADBEEF, fraction_lost=0.25, lost=-3, highest=0x10005, jitter=80, last_report=0x12345678, delay=65536
)
PACKETS: list[ControlPacket] = [
    SenderReport(ssrc=7, ntp=1 << 63, timestamp=0xFFFFFFFF, packets=5, octets=800, blocks=(BLOCK,)),
    SenderReport(ssrc=7, ntp=0, timestamp=0, packets=0, octets=0),
    ReceiverReport(ssrc=7, blocks=(BLOCK, BLOCK)),
    Goodbye(ssrcs=(1, 2)),
]


@pytest.mark.parametrize("packet", PACKETS)
@pytest.mark.parametrize("cname", ["", "a", "abcd", "x" * 300])
def test_packets_survive_the_wire(packet: ControlPacket, cname: str) -> None:
    assert parse(build(packet, cname=cname)) == [packet]


def test_another_implementation_reads_what_we_write() -> None:
    sent, description = RtcpPacket.parse(build(PACKETS[0], cname="somebody"))
    assert isinstance(sent, RtcpSrPacket)
    assert isinstance(description, RtcpSdesPacket)
    assert (sent.ssrc, sent.sender_info.packet_count, sent.reports[0].packets_lost) == (7, 5, -3)
    assert (sent.reports[0].fraction_lost, sent.reports[0].dlsr) == (64, 65536)
    assert description.chunks[0].items == [(1, b"somebody")]
    assert isinstance(RtcpPacket.parse(build(PACKETS[2]))[0], RtcpRrPacket)
    assert isinstance(RtcpPacket.parse(build(PACKETS[3]))[0], RtcpByePacket)


def test_a_compound_packet_is_read_whole_and_what_is_unknown_is_skipped() -> None:
    unknown = bytes([0x80, 205, 0, 2]) + bytes(8)
    compound = build(PACKETS[0], cname="x") + unknown + build(PACKETS[3])
    assert parse(compound) == [PACKETS[0], PACKETS[3]]


def test_a_round_trip_is_what_is_left_of_the_way_there_and_back() -> None:
    sent, held, arrived = 1000.0, 2.5, 1002.75
    block = ReportBlock(
        ssrc=1,
        fraction_lost=0,
        lost=0,
        highest=0,
        jitter=0,
        last_report=ntp_middle(ntp_of(sent)),
        delay=round(held * 65536),
    )
    assert round_trip_seconds(block, ntp_of(arrived)) == pytest.approx(0.25, abs=0.001)
    assert round_trip_seconds(block, ntp_of(sent)) is None


def test_a_block_that_names_no_report_tells_no_round_trip() -> None:
    block = ReportBlock(ssrc=1, fraction_lost=0, lost=0, highest=0, jitter=0)
    assert round_trip_seconds(block, ntp_of(5)) is None


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x80",
        b"\x80\xc8\x00\x06" + bytes(4),
        b"\x40\xc9\x00\x01" + bytes(4),
        b"\x80\x08\x00\x01" + bytes(4),
        build(PACKETS[3]) * (MAX_PARTS + 1),
        b"\x80\xca\x01\x7f" + bytes(1532),
        b"\xa0\xc9\x00\x01" + bytes(4) + build(PACKETS[3]),
    ],
)
def test_what_is_malformed_says_nothing(datagram: bytes) -> None:
    assert parse(datagram) == []


def test_a_count_beyond_the_packet_says_nothing() -> None:
    assert parse(bytes([0x9F, 201, 0, 1]) + bytes(4)) == []


@given(st.binary(max_size=200))
def test_no_datagram_breaks_the_reader(datagram: bytes) -> None:
    parse(datagram)


def test_no_damaged_report_breaks_the_reader() -> None:
    source = random.Random(3)
    whole = build(PACKETS[2], cname="name")
    for _ in range(500):
        damaged = bytearray(whole[: source.randrange(1, len(whole) + 1)])
        damaged[source.randrange(len(damaged))] = source.randrange(256)
        parse(bytes(damaged))
