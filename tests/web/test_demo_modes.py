"""The demo's own view: the playground gives an agent one of the demo's modes. No other site has it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django import Settings

from ccsite.demo import data
from ccsite.demo.customer.call_centre import MODE_PATH, CallCentre
from widget.models import Agent, Mode

pytestmark = pytest.mark.django_db

CUSTOMER = CallCentre(url="", api_key="demoKey1", api_secret="demoSecret1")
STRANGER = CallCentre(url="", api_key="demoKey1", api_secret="guessed")


@pytest.fixture(autouse=True)
def demo(settings: Settings) -> None:
    settings.ROOT_URLCONF = "ccsite.demo.urls"
    data.load(data.Surroundings(origins=("http://127.0.0.1:8001",), carrier_port=40_001))


def ask(client: Client, body: dict[str, Any], who: CallCentre = CUSTOMER) -> dict[str, Any]:
    answer: dict[str, Any] = client.post(
        MODE_PATH, body, content_type="application/json", headers=who.signed_headers(int(time.time()))
    ).json()
    return answer


def test_says_which_modes_there_are(client: Client) -> None:
    answer = ask(client, {"account": "demo_001"})["data"]
    assert answer == {"modes": sorted(data.MODES), "mode": ""}


def test_gives_a_mode_and_takes_it_back(client: Client) -> None:
    assert ask(client, {"account": "demo_001", "mode": "Sales"})["data"]["mode"] == "Sales"
    assert Agent.objects.get(account="demo_001").mode == Mode.objects.get(name="Sales")
    assert not Agent.objects.exclude(account="demo_001").filter(mode__isnull=False)
    assert ask(client, {"account": "demo_001", "mode": ""})["data"]["mode"] == ""
    assert Agent.objects.get(account="demo_001").mode is None


@pytest.mark.parametrize("body", [{"account": "demo_999"}, {}, {"account": "demo_001", "mode": "None such"}])
def test_what_is_not_there(client: Client, body: dict[str, Any]) -> None:
    assert ask(client, body)["status"] == "-24"


def test_takes_the_customers_word_only(client: Client) -> None:
    assert ask(client, {"account": "demo_001", "mode": "Sales"}, STRANGER)["status"] == "-1"
    assert Agent.objects.get(account="demo_001").mode is None


def test_is_on_no_other_site() -> None:
    with pytest.raises(Resolver404):
        resolve(MODE_PATH, "ccsite.urls")
