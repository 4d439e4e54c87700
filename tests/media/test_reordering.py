"""Packets that overtook each other on their way to a decoder."""

from widget.media.relay.conversion import Conversion, Kind
from widget.media.transcoder.reordering import WAIT_SECONDS, Incoming, Reordering

AUDIO = Conversion(kind=Kind.AUDIO, source="PCMU", destination="G722", payload_type=9)


def packet(sequence: int) -> Incoming:
    return Incoming(
        conversion=AUDIO, sequence=sequence & 0xFFFF, timestamp=160 * sequence, ssrc=1, marker=False, payload=b""
    )


def fed(order: Reordering, *sequences: int, now: float = 0.0) -> list[tuple[int, int]]:
    """What came out: sequence number and how many were lost before it."""
    out = [item for sequence in sequences for item in order.push(packet(sequence), now)]
    return [(each.sequence, lost) for each, lost in out]


def test_what_is_in_order_passes_at_once() -> None:
    order = Reordering()
    assert fed(order, 65534, 65535, 65536, 65537) == [(65534, 0), (65535, 0), (0, 0), (1, 0)]
    assert not order.is_waiting


def test_two_that_changed_places_change_back() -> None:
    order = Reordering()
    assert fed(order, 10, 12) == [(10, 0)]
    assert order.is_waiting
    assert fed(order, 11, 13) == [(11, 0), (12, 0), (13, 0)]


def test_a_loss_is_told_with_the_second_packet_after_it() -> None:
    order = Reordering()
    assert fed(order, 10, 13, 14, 15) == [(10, 0), (13, 2), (14, 0), (15, 0)]


def test_two_after_a_loss_that_changed_places() -> None:
    assert fed(Reordering(), 10, 13, 12) == [(10, 0), (12, 1), (13, 0)]


def test_nobody_waits_longer_than_a_packet() -> None:
    order = Reordering()
    assert fed(order, 10, 12, now=1.0) == [(10, 0)]
    assert list(order.due(1.0 + WAIT_SECONDS / 2)) == []
    assert [(each.sequence, lost) for each, lost in order.due(1.0 + WAIT_SECONDS)] == [(12, 1)]
    assert fed(order, 11, 13, now=1.1) == [(13, 0)]


def test_repetitions_and_late_ones_are_dropped() -> None:
    order = Reordering()
    assert fed(order, 10, 10, 12, 12, 9, 11) == [(10, 0), (11, 0), (12, 0)]


def test_a_source_that_starts_anew_loses_nothing() -> None:
    order = Reordering()
    assert fed(order, 10, 12, 30000, 30001) == [(10, 0), (12, 1), (30000, 0), (30001, 0)]
