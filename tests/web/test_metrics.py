"""Counts for Prometheus: off unless an address is listed, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from widget.media.relay_health import MediaStatistics
from widget.switchboard import gauges
from widget.switchboard.gauges import Gauges

MEDIA = MediaStatistics(
    browser_legs=3, carrier_legs=2, cpu_share=0.25, cpu_seconds=12.5, restarts=1, strays=4, held_back=5, rejected=7,
    replayed=6, undelivered=0,
)  # fmt: skip
SAMPLE = re.compile(r'ccsdk_[a-z_]+(\{relay="\d"\})? [0-9.e+-]+')


@pytest.fixture
def switchboard() -> Iterator[None]:
    gauges.provide(
        lambda: Gauges(calls=2, bridged=1, max_calls=500, refused=9, is_draining=False, relays=(MEDIA, MEDIA))
    )
    yield
    gauges.withdraw()


def read(client: Client, **headers: str) -> Any:
    return client.get(reverse("ccsdk:metrics"), headers=headers)


def test_by_default_there_is_no_such_page(client: Client) -> None:
    assert read(client).status_code == 404


@pytest.mark.usefixtures("switchboard")
def test_the_listed_address_reads_every_count(client: Client, settings: Any) -> None:
    settings.CCSDK = {**settings.CCSDK, "METRICS_ALLOW": ["127.0.0.0/8"]}
    response = read(client)
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = response.text.splitlines()
    values = dict(line.split() for line in lines if not line.startswith("#"))
    assert values["ccsdk_bridged_calls"] == "1"
    assert (values["ccsdk_up"], values["ccsdk_calls"], values["ccsdk_refused_calls_total"]) == ("1", "2", "9")
    assert (values["ccsdk_relay_cpu_share"], values["ccsdk_srtp_replayed_total"]) == ("0.5", "12")
    assert values['ccsdk_each_relay_cpu_share{relay="1"}'] == "0.25"
    assert all(SAMPLE.fullmatch(line) for line in lines if not line.startswith("#"))
    assert sum(line.startswith("# TYPE") for line in lines) == len({name.partition("{")[0] for name in values})


def test_a_process_without_a_switchboard_says_so(client: Client, settings: Any) -> None:
    settings.CCSDK = {**settings.CCSDK, "METRICS_ALLOW": ["127.0.0.1"]}
    assert "ccsdk_up 0" in read(client).text
    assert "ccsdk_calls" not in read(client).text


def test_who_claims_a_listed_address_is_not_believed(client: Client, settings: Any) -> None:
    settings.CCSDK = {**settings.CCSDK, "METRICS_ALLOW": ["192.0.2.7"]}
    assert read(client, x_forwarded_for="192.0.2.7").status_code == 404


@pytest.mark.usefixtures("switchboard")
@pytest.mark.django_db
def test_the_live_board_says_how_busy_the_server_is(admin_client: Client) -> None:
    text = admin_client.get(reverse("admin:ccsdk_liveboard_changelist")).text
    assert "Server: 4 of 1000 calls, media relay at 50 % of a core." in text
    assert "9 calls refused for lack of room, 2 relays replaced, 14 forged or repeated packets dropped" in text
