import pytest

from widget.simulator.pacing import Due, Pacer


def test_the_first_packet_is_due_at_once_and_then_every_period() -> None:
    pacer = Pacer(100.0)
    assert pacer.take(100.0, 0.02) == Due(0, 1)
    assert pacer.next_due == pytest.approx(100.02)
    assert pacer.take(100.019, 0.02) == Due(0, 0)
    assert pacer.take(100.021, 0.02) == Due(0, 1)


def test_late_timers_do_not_add_up() -> None:
    pacer = Pacer(0.0)
    sent = sum(pacer.take(number * 0.02 + 0.0015, 0.02).packets for number in range(50_000))
    assert sent == 50_000
    assert pacer.next_due == pytest.approx(1000.0)


def test_a_short_stall_is_made_up_for() -> None:
    pacer = Pacer(0.0)
    assert pacer.take(0.41, 0.02) == Due(0, 21)


def test_a_long_stall_stays_a_gap() -> None:
    pacer = Pacer(0.0)
    due = pacer.take(10.01, 0.02)
    assert due.skipped == 475
    assert due.packets == 26
    assert pacer.next_due == pytest.approx(10.02)


def test_the_period_may_change() -> None:
    pacer = Pacer(0.0)
    pacer.take(0.0, 0.02)
    assert pacer.take(0.05, 0.03) == Due(0, 2)
    assert pacer.next_due == pytest.approx(0.08)
