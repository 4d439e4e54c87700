"""The order of trunks: priority first, then chance by weight; and how much fits on each."""

import random
from collections import Counter

from widget.calls.rewriting import NumberRule
from widget.sip.trunk import Trunk
from widget.switchboard.route import Route, TrunkLimits, in_order
from widget.switchboard.trunk_load import TrunkLoad

CHANCE = random.Random(1)


def route(trunk_id: int, *, priority: int = 1, weight: int = 1) -> Route:
    trunk = Trunk(id=trunk_id, host="192.0.2.1")
    return Route(trunk=trunk, codecs=("PCMU",), caller="", priority=priority, weight=weight)


def test_priority_beats_weight() -> None:
    routes = [route(1, priority=2, weight=1000), route(2, priority=1, weight=0), route(3, priority=3)]
    assert [each.trunk.id for each in in_order(routes, CHANCE)] == [2, 1, 3]


def test_weight_is_the_share_among_equals() -> None:
    routes = [route(1, weight=3), route(2, weight=1)]
    first = Counter(in_order(routes, CHANCE)[0].trunk.id for _ in range(4000))
    assert 2850 < first[1] < 3150


def test_weight_nought_comes_last_of_its_priority() -> None:
    routes = [route(1, weight=0), route(2), route(3, weight=50), route(4, priority=2)]
    for _ in range(200):
        order = [each.trunk.id for each in in_order(routes, CHANCE)]
        assert (order[2], order[3]) == (1, 4)


def test_a_number_is_written_as_the_trunk_wants_it() -> None:
    international = Route(
        trunk=Trunk(id=1, host="192.0.2.1"), codecs=(), caller="", called_rules=(NumberRule("", "+", min_digits=11),)
    )
    assert international.written("12025550100") == "+12025550100"


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class TestLoad:
    def test_calls_at_a_time_of_both_directions(self) -> None:
        load, limits = TrunkLoad(), TrunkLimits(calls=2)
        first, second = load.dial(1, limits), load.take_in(1, limits)
        assert first
        assert second
        assert load.dial(1, limits) is load.take_in(1, limits) is None
        assert load.dial(2, limits)
        first.release()
        first.release()
        assert load.calls(1) == 1
        assert load.dial(1, limits)

    def test_new_calls_per_second(self) -> None:
        clock = Clock()
        load, limits = TrunkLoad(clock), TrunkLimits(per_second=2)
        for _ in range(2):
            slot = load.dial(1, limits)
            assert slot
            slot.release()
        clock.now += 0.9
        assert load.dial(1, limits) is None
        assert load.take_in(1, limits)
        clock.now += 0.2
        assert load.dial(1, limits)

    def test_without_limits_there_is_always_a_place(self) -> None:
        load = TrunkLoad()
        assert all(load.dial(1, TrunkLimits()) for _ in range(100))
        assert load.calls(1) == 100
