import pytest

from widget.simulator.numbers import ANY_OTHER, BY_NUMBER, SCRIPTED, Behaviour, number_table, scenario_for


def test_numbers_are_unique_and_in_order() -> None:
    numbers = [scenario.number for scenario in SCRIPTED]
    assert numbers == [f"120255501{last:02}" for last in range(17)]
    assert len(BY_NUMBER) == len(SCRIPTED)


@pytest.mark.parametrize("number", BY_NUMBER)
def test_a_leading_plus_sign_changes_nothing(number: str) -> None:
    assert scenario_for(number) is scenario_for(f"+{number}") is BY_NUMBER[number]


@pytest.mark.parametrize("number", ["", "+", "1", "12025550199", "++12025550102", "00112025550102"])
def test_any_other_number_rings_two_seconds_and_echoes(number: str) -> None:
    scenario = scenario_for(number)
    assert scenario is ANY_OTHER
    assert (scenario.ring_seconds, scenario.behaviour, scenario.refusal) == (2.0, Behaviour.ECHO, None)


def test_refusals() -> None:
    codes = {scenario.number[-3:]: scenario.refusal.code for scenario in SCRIPTED if scenario.refusal}
    assert codes == {"102": 486, "104": 603, "108": 503, "109": 404, "115": 486}


def test_the_table_names_every_number_once() -> None:
    lines = number_table().splitlines()
    assert [line.split()[0] for line in lines[:-1]] == [scenario.number for scenario in SCRIPTED]
    assert lines[-1].startswith("any other")
