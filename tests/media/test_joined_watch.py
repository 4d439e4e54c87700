"""When nobody is left on two carrier legs that are joined."""

from dataclasses import replace
from typing import Any

from tests.media.test_relay_memory import PROGRESS, TERMS
from widget.media.joined_watch import JoinedWatch
from widget.media.relay.progress import LegProgress
from widget.media.relay.protocol import Bridge, Join, RemoveCarrier, SetCarrier

ONE, OTHER = 2, 3
LIMIT = 60


def watch(*, one_sends: bool = True, other_sends: bool = True) -> JoinedWatch:
    """Two legs that are joined at second 0 and were told of once."""
    watch = JoinedWatch(silence_seconds=LIMIT)
    watch.note(replace(TERMS, leg=ONE, sends=one_sends), 0)
    watch.note(replace(TERMS, leg=OTHER, sends=other_sends), 0)
    watch.note(Join(carrier=ONE, other=OTHER), 0)
    for leg in (ONE, OTHER):
        assert watch.learn(told(leg), 0) is None
    return watch


def told(leg: int, **counters: Any) -> LegProgress:
    return PROGRESS._replace(leg=leg, **counters)


def test_silence_of_both_is_told_once() -> None:
    pair = watch()
    assert pair.learn(told(ONE), LIMIT - 1) is None
    assert pair.learn(told(OTHER), LIMIT) == (OTHER, ONE)
    assert pair.learn(told(ONE), LIMIT + 1) is None


def test_any_sign_of_either_counts_from_anew() -> None:
    for counters in ({"received_packets": 9}, {"unwanted": 9}, {"foreign": 9}, {"rtcp": 9}):
        pair = watch()
        assert pair.learn(told(OTHER, **counters), LIMIT - 1) is None
        assert pair.learn(told(ONE), LIMIT + 1) is None
        assert pair.learn(told(ONE), 2 * LIMIT - 1) == (ONE, OTHER)


def test_what_comes_from_strangers_is_no_sign() -> None:
    pair = watch()
    assert pair.learn(told(OTHER, strays=90, rejected=90), LIMIT) == (OTHER, ONE)


def test_two_who_agreed_to_be_silent_are_left_alone() -> None:
    held = watch(one_sends=False, other_sends=False)
    assert held.learn(told(ONE), 10 * LIMIT) is None
    held.note(resumed(ONE), 10 * LIMIT)
    assert held.learn(told(ONE), 11 * LIMIT - 1) is None
    assert held.learn(told(ONE), 11 * LIMIT) == (ONE, OTHER)


def resumed(leg: int) -> SetCarrier:
    return replace(TERMS, leg=leg)


def test_who_is_not_joined_may_be_silent() -> None:
    for parting in (Bridge(carrier=ONE, browser=1), RemoveCarrier(leg=OTHER), Join(carrier=OTHER, other=9)):
        pair = watch()
        pair.note(parting, 1)
        assert pair.learn(told(ONE), LIMIT) is None


def test_a_relay_that_counts_anew_is_a_sign() -> None:
    pair = watch()
    assert pair.learn(told(ONE, received_packets=0), LIMIT - 1) is None
    assert pair.learn(told(ONE, received_packets=0), LIMIT) is None
