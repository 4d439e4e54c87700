"""When a relay that died is replaced, and when no more."""

from widget.media.deaths import MINUTE, PAUSES, Deaths


def test_the_first_death_is_answered_at_once_and_later_ones_after_a_pause() -> None:
    deaths = Deaths()
    assert [deaths.died(float(second)) for second in range(len(PAUSES))] == list(PAUSES)
    assert PAUSES[0] == 0
    assert sorted(PAUSES) == list(PAUSES)


def test_the_fifth_within_a_minute_is_the_last_and_what_comes_then_begins_anew() -> None:
    deaths = Deaths()
    told = [deaths.died(float(second)) for second in range(6)]
    assert told[4:] == [None, 0]


def test_deaths_are_forgotten_after_a_minute() -> None:
    deaths = Deaths()
    told = [deaths.died(number * MINUTE / 4) for number in range(12)]
    assert None not in told
    assert told[4:] == [PAUSES[3]] * 8
    assert deaths.died(12 * MINUTE) == 0
