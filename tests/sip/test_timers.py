"""The scheduler of a user agent does what a timer of the loop for each would do."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sip.virtual import VirtualClock
from widget.sip.timers import MAX_CANCELLED, OwnedScheduler, Scheduler, TimerHandle

seconds = st.sampled_from([0.0, 0.02, 0.5, 1.0, 4.0, 5.0, 32.0])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("start"), seconds),
        st.tuples(st.just("cancel"), st.integers(0, 40)),
        st.tuples(st.just("wait"), seconds),
    ),
    max_size=60,
)


@dataclass
class Log:
    """What fired, and when."""

    clock: VirtualClock
    scheduler: Scheduler
    handles: list[TimerHandle] = field(default_factory=list)
    fired: list[tuple[int, float]] = field(default_factory=list)

    def start(self, delay: float) -> None:
        self.handles.append(self.scheduler.call_later(delay, self._fire, len(self.handles)))

    def _fire(self, number: int) -> None:
        """Every third starts another one, as a retransmission does."""
        self.fired.append((number, round(self.clock.time(), 2)))
        if number % 3 == 0:
            self.start(0.5)

    def do(self, step: tuple[str, float]) -> None:
        kind, value = step
        if kind == "start":
            self.start(value)
        elif kind == "wait":
            self.clock.run(value)
        elif value < len(self.handles):
            self.handles[int(value)].cancel()


@given(steps)
def test_fires_as_the_loops_own_timers_would(given_steps: list[tuple[str, float]]) -> None:
    plain, clock = VirtualClock(), VirtualClock()
    expected, log = Log(plain, plain), Log(clock, OwnedScheduler(clock))
    for step in given_steps:
        expected.do(step)
        log.do(step)
    assert sorted(log.fired) == sorted(expected.fired)
    assert [at for _, at in log.fired] == sorted(at for _, at in log.fired)
    assert clock.pending == min(plain.pending, 1)


def test_one_timer_of_the_loop_for_all() -> None:
    clock = VirtualClock()
    scheduler = OwnedScheduler(clock)
    handles = [scheduler.call_later(delay, list) for delay in (32.0, 0.5, 5.0)]
    assert clock.pending == 1
    for handle in handles:
        handle.cancel()
        handle.cancel()
    assert clock.pending == 0


def test_cancelled_timers_hold_nothing_and_do_not_pile_up() -> None:
    clock = VirtualClock()
    scheduler = OwnedScheduler(clock)
    scheduler.call_later(900.0, list)
    for _ in range(10 * MAX_CANCELLED):
        scheduler.call_later(900.0, list, []).cancel()
    assert len(scheduler._queue) <= 2 * MAX_CANCELLED + 1


def test_what_one_raises_does_not_take_the_others_turn() -> None:
    clock = VirtualClock()
    scheduler = OwnedScheduler(clock)
    fired: list[str] = []

    def broken() -> None:
        raise RuntimeError

    scheduler.call_later(1.0, broken)
    scheduler.call_later(1.0, fired.append, "other")
    with pytest.raises(RuntimeError):
        clock.run(1.0)
    clock.run(1.0)
    assert fired == ["other"]


def test_closed_it_lets_nothing_happen() -> None:
    clock = VirtualClock()
    scheduler = OwnedScheduler(clock)
    fired: list[str] = []
    scheduler.call_later(1.0, fired.append, "before")
    scheduler.close()
    scheduler.call_later(1.0, fired.append, "after").cancel()
    scheduler.call_later(1.0, fired.append, "after")
    clock.run(5.0)
    assert fired == []
    assert clock.pending == 0
