"""How a call sounded, in the admin: in words, as a picture that can be read, in the list and the export."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web.factories import make_agent, make_application, make_ended_call
from widget.admin.quality import SENTENCES
from widget.admin.quality_chart import HEIGHT, WIDTH, chart
from widget.models import Call, CallQuality, QualityVerdict

HOSTILE = "<script>alert(1)</script>"
LIST = "admin:ccsdk_call_changelist"
SAMPLES = [
    [5, 4.3, 0.0, 1.0, 3, None, 4.4, 0.0, 1.0, 2, None, 4.4],
    [10, 2.1, 0.0, 1.0, 3, 41, 4.4, 0.125, 2.5, 48, 90, 2.2],
]

pytestmark = pytest.mark.django_db


def add_quality(call: Call, **fields: Any) -> CallQuality:
    values = {"mos_lowest": 2.1, "mos_mean": 3.2, "verdict": "carrier", "samples": SAMPLES, "worst_loss": 0.125}
    return CallQuality.objects.create(call=call, **values | fields)


@pytest.fixture
def call() -> Call:
    return make_ended_call(make_agent(make_application()), duration_seconds=12)


def page(client: Client, call: Call) -> str:
    response = client.get(reverse("admin:ccsdk_call_change", args=[call.pk]))
    assert response.status_code == 200
    return str(response.text)


def test_every_verdict_has_a_sentence() -> None:
    assert set(SENTENCES) == set(QualityVerdict)


def test_the_page_says_it_and_draws_it(admin_client: Client, call: Call) -> None:
    add_quality(call, silences=[["carrier_silent", 6.0, 3.5]])
    shown = page(admin_client, call)
    assert "The sound suffered at the carrier" in shown
    assert "2.1 / 3.2" in shown
    assert '<svg viewBox="0 0 600 120" role="img" aria-labelledby="cc-sound-title cc-sound-text"' in shown
    assert "Lowest 2.1, mean 3.2, over 0:10." in shown
    assert "at 0:06, for 3.5 s: nothing from the carrier" in shown
    assert "<td>12.5</td><td>2.5</td><td>48</td><td>90</td><td>2.2</td>" in shown


def test_a_call_that_was_not_judged_has_none(admin_client: Client, call: Call) -> None:
    assert "cc-sound-title" not in page(admin_client, call)
    assert admin_client.get(reverse(LIST)).status_code == 200


def test_hostile_texts_are_texts(admin_client: Client, call: Call) -> None:
    add_quality(call, verdict=HOSTILE[:16], silences=[[HOSTILE, 1.0, 1.0]])
    shown = page(admin_client, call) + admin_client.get(reverse(LIST)).text
    assert HOSTILE not in shown
    assert HOSTILE[:16] not in shown


@pytest.mark.parametrize(("query", "found"), [("poor", 2), ("carrier", 1), ("good", 2), ("our_server", 0), ("", 4)])
def test_poor_calls_are_found(admin_client: Client, call: Call, query: str, found: int) -> None:
    add_quality(call)
    for mos in (4.0, 3.0):
        add_quality(make_ended_call(call.agent), verdict="good", mos_lowest=mos)
    make_ended_call(call.agent)
    assert admin_client.get(reverse(LIST) + f"?sound={query}").context["cl"].result_count == found


def test_the_list_asks_once_for_all(admin_client: Client, call: Call, django_assert_max_num_queries: Any) -> None:
    for _ in range(5):
        add_quality(make_ended_call(call.agent))
    with django_assert_max_num_queries(14):
        shown = admin_client.get(reverse(LIST)).text
    assert "2.1 (the carrier)" in shown


def test_the_export_has_its_numbers(admin_client: Client, call: Call) -> None:
    add_quality(call, worst_jitter_ms=48)
    make_ended_call(call.agent)
    chosen = [str(row.pk) for row in Call.objects.all()]
    response: Any = admin_client.post(reverse(LIST), {"action": "export_csv", "_selected_action": chosen})
    text = b"".join(response.streaming_content).decode()
    assert "lowest MOS,mean MOS,sound,worst loss,worst jitter ms,longest round trip ms" in text
    assert "agent's codec,carrier's codec,transcoded" in text
    assert "2.1,3.2,carrier,0.125,48," in text
    assert ",,,,," in text


def test_the_picture_stays_in_its_frame(call: Call) -> None:
    drawn = chart(add_quality(call, silences=[["agent_silent", 9.0, 30.0]]))
    points = [float(number) for pair in drawn.overall.split() for number in pair.split(",")]
    assert max(points[::2]) <= WIDTH
    assert max(points[1::2]) <= HEIGHT
    assert drawn.silences[0].x + drawn.silences[0].width <= WIDTH
    assert chart(CallQuality(call=call, mos_lowest=1, mos_mean=1)).overall == ""
