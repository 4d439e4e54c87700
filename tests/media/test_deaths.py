"""When a relay that died is replaced, and when no more."""

from widget.media.deaths import MINUTE, PAUSES, Deaths


def test_the_first_death_is_answered_at_once_and_later_ones_after_a_pause() -> None:
    deaths = Deaths()
    assert [deaths.died(float(second)) for second in range(len(PAUSES))] == list(PAUSES)
    assert PAUSES[0] == 0
    assert sorted(PAUSES) == list(PAUSES)


def test_five_within_a_minute_are_outlived_and_none_of_them_for_long() -> None:
    deaths = Deaths()
    told = [deaths.died(float(second)) for second in range(5)]
    assert max(pause for pause in told if pause is not None) <= 1
    assert None not in told


def test_one_more_than_there_are_pauses_is_the_last_and_what_comes_then_begins_anew() -> None:
    deaths = Deaths()
    told = [deaths.died(float(second)) for second in range(len(PAUSES) + 2)]
    assert told[len(PAUSES) :] == [None, 0]


def test_deaths_are_forgotten_after_a_minute() -> None:
    deaths = Deaths()
    told = [deaths.died(number * MINUTE / 4) for number in range(12)]
    assert None not in told
    assert told[4:] == [PAUSES[3]] * 8
    assert deaths.died(12 * MINUTE) == 0
