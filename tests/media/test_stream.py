import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.media.relay.stream import MAX_DROPOUT, Stream, first_index, random_word
from widget.media.rtp import RtpHeader, parse_header

FRAME = 160


class LateError(Exception):
    """The stream dropped a packet."""


class Writer:
    """A stream that is fed by hand and read as the far end reads it."""

    def __init__(self) -> None:
        self.stream = Stream(0xABCD, index=first_index(), timestamp=random_word())
        self.packet = memoryview(bytearray(12))

    def write(self, sequence: int, timestamp: int, *, ssrc: int = 1, now: float = 0.0, second: int = 0) -> RtpHeader:
        if not self.stream.write(self.packet, 0, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, now):
            raise LateError
        header = parse_header(bytes(self.packet))
        assert header is not None
        return header


@pytest.fixture
def writer() -> Writer:
    return Writer()


def steps(before: RtpHeader, after: RtpHeader) -> tuple[int, int]:
    return (after.sequence - before.sequence) & 0xFFFF, (after.timestamp - before.timestamp) & 0xFFFFFFFF


def test_starts_in_the_lower_half_with_our_ssrc_and_a_marker(writer: Writer) -> None:
    first = writer.write(60000, 5)
    assert first.sequence <= 0x8000
    assert first.ssrc == 0xABCD
    assert first.marker


@given(start=st.integers(0, 0xFFFF), stamp=st.integers(0, 0xFFFFFFFF), gaps=st.lists(st.integers(1, 50), max_size=40))
def test_gaps_of_a_source_stay_visible(start: int, stamp: int, gaps: list[int]) -> None:
    writer = Writer()
    before, position = writer.write(start, stamp), 0
    for gap in gaps:
        position += gap
        after = writer.write(start + position, stamp + position * FRAME)
        assert steps(before, after) == (gap, gap * FRAME)
        assert not after.marker
        before = after


def test_the_original_marker_is_kept(writer: Writer) -> None:
    writer.write(1, 0)
    assert writer.write(2, FRAME, second=0x80).marker
    assert not writer.write(3, 2 * FRAME).marker


def test_reordered_packets_keep_their_places(writer: Writer) -> None:
    first = writer.write(10, 0)
    third = writer.write(12, 2 * FRAME)
    second = writer.write(11, FRAME)
    assert steps(first, second) == (1, FRAME)
    assert steps(first, third) == (2, 2 * FRAME)
    assert steps(third, writer.write(13, 3 * FRAME)) == (1, FRAME)


def test_another_source_continues_where_the_stream_stands(writer: Writer) -> None:
    before = writer.write(100, 1000, now=5.0)
    after = writer.write(40000, 77777, ssrc=2, now=5.1)
    assert steps(before, after) == (1, 800)
    assert after.marker
    assert after.ssrc == before.ssrc
    assert steps(after, writer.write(40001, 77777 + FRAME, ssrc=2, now=5.12)) == (1, FRAME)


def test_a_source_that_takes_over_at_once_still_moves_the_timestamp(writer: Writer) -> None:
    before = writer.write(100, 1000, now=5.0)
    assert steps(before, writer.write(7, 9, ssrc=2, now=5.001)) == (1, FRAME)


def test_late_packets_of_the_source_just_left_are_dropped_but_a_real_return_is_not(writer: Writer) -> None:
    writer.write(100, 1000, ssrc=1, now=5.0)
    writer.write(7, 9, ssrc=2, now=5.02)
    with pytest.raises(LateError):
        writer.write(101, 1160, ssrc=1, now=5.03)
    writer.write(150, 9000, ssrc=1, now=6.0)


def test_release_lets_the_same_source_go_on_without_a_gap(writer: Writer) -> None:
    before = writer.write(100, 1000, now=1.0)
    writer.stream.release()
    assert steps(before, writer.write(5000, 1000 + 4900 * FRAME, now=2.0)) == (1, 8000)


def test_a_source_that_starts_anew_is_no_loss(writer: Writer) -> None:
    before = writer.write(100, 1000, now=1.0)
    assert steps(before, writer.write(100 + MAX_DROPOUT + 1, 5, now=1.02)) == (1, FRAME)


def test_sequence_and_timestamp_wrap(writer: Writer) -> None:
    first = writer.write(0xFFFF, 0xFFFFFFFF - 10)
    assert steps(first, writer.write(0, FRAME - 11)) == (1, FRAME)
