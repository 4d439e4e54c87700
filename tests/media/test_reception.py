"""Counts of a source, as RFC 3550's appendices have them."""

from hypothesis import given
from hypothesis import strategies as st

from widget.media.relay.reception import Reception

FRAME = 160


def heard(sequences: list[int], *, late: dict[int, float] | None = None) -> Reception:
    """Packets of one source, 20 ms apart but for those that are ``late`` (seconds by sequence number)."""
    reception = Reception()
    for sequence in sequences:
        now = 100 + sequence * 0.02 + (late or {}).get(sequence, 0.0)
        reception.hear(sequence & 0xFFFF, sequence * FRAME & 0xFFFFFFFF, 7, now)
    return reception


def test_a_whole_stream_has_no_loss_and_no_jitter() -> None:
    reception = heard(list(range(65000, 67000)))
    assert (reception.received, reception.expected, reception.gaps) == (2000, 2000, 0)
    assert reception.index == 66999
    assert reception.jitter_seconds < 1 / 8000


def test_the_latest_arrival_is_known() -> None:
    assert Reception().heard_at == 0
    assert abs(heard([1, 2, 3]).heard_at - 100.06) < 0.001
    wrapped = Reception()
    wrapped.hear(1, 0xFFFFFFFF, 7, 50.0)
    wrapped.hear(2, 159, 7, 51.0)
    assert abs(wrapped.heard_at - 51.0) < 0.001


def test_losses_and_gaps_are_told_apart() -> None:
    reception = heard([1, 2, 5, 6, 8])
    assert (reception.received, reception.expected, reception.gaps) == (5, 8, 2)


def test_a_packet_that_comes_late_was_not_lost() -> None:
    reception = heard([1, 2, 4, 3, 5])
    assert reception.received == reception.expected == 5


def test_a_source_that_starts_anew_is_not_a_loss() -> None:
    reception = heard([1, 2, 3])
    for sequence in (30000, 30001):
        reception.hear(sequence, 0, 7, 0.0)
    for sequence in (9, 10):
        reception.hear(sequence, 0, 8, 0.0)
    assert (reception.received, reception.expected, reception.ssrc) == (7, 7, 8)


def test_jitter_settles_at_the_mean_deviation() -> None:
    late = {sequence: 0.01 * (sequence % 2) for sequence in range(400)}
    reception = heard(list(range(400)), late=late)
    assert 0.0095 < reception.jitter_seconds < 0.0105


def test_a_count_is_taken_up_where_another_relay_left_it() -> None:
    reception = Reception()
    reception.resume(7, 0x2FFF0)
    reception.hear(5, 0, 7, 0.0)
    assert reception.index == 0x30005
    assert (reception.received, reception.expected) == (1, 21)


@given(st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 3)), max_size=200))
def test_nothing_that_arrives_breaks_the_counts(packets: list[tuple[int, int]]) -> None:
    reception = Reception()
    for sequence, ssrc in packets:
        reception.hear(sequence, sequence, ssrc, 0.0)
    assert reception.received == len(packets)
    assert reception.index & 0xFFFF in {sequence for sequence, _ in packets} | {0}
