"""What the number field finds: the agent's own calls, colleagues of the group, and nothing that a mode hides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.factories import make_agent, make_application, make_ended_call
from widget.agent_view import FrameOptions
from widget.colleagues import Colleague
from widget.models import Agent
from widget.rendering import found_fragment
from widget.searching import MAX_CALLS, Found, FoundNumber, find

pytestmark = pytest.mark.django_db

OPTIONS = FrameOptions(workbench=True, remark=True, information=True, language="en")
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def agent() -> Agent:
    agent = make_agent(make_application(), display_number="+12025550199", name="Ann")
    make_ended_call(agent, called="+12025550100", info="Ms Ada Lovelace\norder 1843", remark="Wants chairs")
    make_ended_call(agent, called="+12025550100", info="")
    make_ended_call(agent, direction="inbound", called="+12025550199", caller="+442079460958", remark="Zoë rang")
    return agent


def numbers(agent: Agent, text: str, options: FrameOptions = OPTIONS) -> list[str]:
    return [found.number for found in find(agent.pk, text, options).numbers]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("55501", ["+12025550100"]),
        ("+1 (202) 555", ["+12025550100"]),
        ("020 7946", ["+442079460958"]),
        ("lovelace", ["+12025550100"]),
        ("ORDER 1843", ["+12025550100"]),
        ("chairs", ["+12025550100"]),
        ("zoe", ["+442079460958"]),
        ("99999", []),
        ("nobody", []),
        ("", []),
        ("+*#", []),
        ("%_'\"", []),
    ],
)
def test_digits_are_looked_for_in_numbers_and_letters_in_texts(agent: Agent, text: str, found: list[str]) -> None:
    assert numbers(agent, text) == found


def test_a_number_is_written_for_the_agent_and_comes_once_with_what_was_known(agent: Agent) -> None:
    assert find(agent.pk, "lovelace", OPTIONS) == Found(
        numbers=(FoundNumber("+12025550100", "(202) 555-0100", "Ms Ada Lovelace"),)
    )


def test_a_mode_that_hides_something_is_not_outwitted_by_searching_for_it(agent: Agent) -> None:
    assert numbers(agent, "202", replace(OPTIONS, masks_numbers=True)) == []
    assert numbers(agent, "202", replace(OPTIONS, history=False)) == []
    assert numbers(agent, "lovelace", replace(OPTIONS, information=False)) == []
    assert numbers(agent, "chairs", replace(OPTIONS, remark=False)) == []


def test_nobody_finds_the_calls_of_another_agent(agent: Agent) -> None:
    other = make_agent(agent.application, account="demo_002", name="Ben")
    assert numbers(other, "202") == []


def test_there_are_few_and_the_latest_come_first(agent: Agent) -> None:
    for place in range(MAX_CALLS + 3):
        at = timezone.now() + timedelta(minutes=place)
        make_ended_call(agent, called=f"+1202555020{place}", started_at=at)
    found = numbers(agent, "5550")
    assert len(found) == MAX_CALLS
    assert found[0] == f"+1202555020{MAX_CALLS + 2}"


def test_colleagues_are_found_by_name_and_account_without_accents(agent: Agent) -> None:
    chloe = make_agent(agent.application, account="demo_003", name="Chloé Dubois", group=agent.group)
    assert [each.account for each in find(agent.pk, "chloe", OPTIONS).colleagues] == [chloe.account]
    assert [each.account for each in find(agent.pk, "demo_003", OPTIONS).colleagues] == [chloe.account]
    assert find(agent.pk, "ann", OPTIONS).colleagues == ()


def test_hostile_texts_are_shown_as_text() -> None:
    person = Colleague(id=2, account='"><b>', name=HOSTILE, status=2)
    html = found_fragment(Found((person,), (FoundNumber(HOSTILE, HOSTILE, HOSTILE),)), "en")
    assert "<img" not in html
    assert "<b>" not in html
    assert html.count("&lt;img") == 4
