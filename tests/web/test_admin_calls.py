"""Call records in the admin: read-only, told in words, hostile texts as texts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web.factories import make_agent, make_application, make_ended_call, make_trunk
from widget.admin import words
from widget.calls.termination import Cause
from widget.models import Call, CallEvent

HOSTILE = "<script>alert(1)</script>"
LIST = "admin:ccsdk_call_changelist"

pytestmark = pytest.mark.django_db


@pytest.fixture
def call() -> Call:
    return make_ended_call(make_agent(make_application()), duration_seconds=3725)


def page(client: Client, call: Call) -> str:
    response = client.get(reverse("admin:ccsdk_call_change", args=[call.pk]))
    assert response.status_code == 200
    return str(response.text)


def test_records_can_be_viewed_and_nothing_else(admin_client: Client, call: Call) -> None:
    assert admin_client.get(reverse("admin:ccsdk_call_add")).status_code == 403
    change = reverse("admin:ccsdk_call_change", args=[call.pk])
    assert admin_client.post(change, {"called": "1"}).status_code == 403
    assert admin_client.post(reverse("admin:ccsdk_call_delete", args=[call.pk]), {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [call.pk], "post": "yes"}
    admin_client.post(reverse(LIST), data)
    call.refresh_from_db()
    assert call.called == "+12025550100"
    assert 'name="_save"' not in page(admin_client, call)


def test_termination_is_told_in_words(admin_client: Client, call: Call) -> None:
    assert "The number was busy." in page(admin_client, call)
    shown = admin_client.get(reverse(LIST)).text
    assert "The number was busy." in shown
    assert "1:02:05" in shown


def test_every_cause_has_words() -> None:
    assert set(words.TERMINATIONS) == set(Cause)
    assert words.termination_in_words("of_a_newer_version") == "of a newer version"
    assert words.termination_in_words("") == ""
    assert set(words.ADVICE) <= set(Cause)


def test_what_can_be_done_is_told_with_it(admin_client: Client, call: Call) -> None:
    Call.objects.update(termination=Cause.CARRIER_SILENT)
    assert "The carrier did not respond at all. Check the trunk&#x27;s host and port." in page(admin_client, call)


def test_remark_keeps_its_lines(admin_client: Client, call: Call) -> None:
    Call.objects.update(remark="call <back>\ntomorrow")
    assert "<bdi>call &lt;back&gt;<br>tomorrow</bdi>" in page(admin_client, call)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, "-"), (0, "0:00"), (59, "0:59"), (3599, "59:59"), (3600, "1:00:00")]
)
def test_clock(seconds: int | None, shown: str) -> None:
    assert words.clock(seconds) == shown


def test_events_are_told_by_their_time_after_the_start(admin_client: Client, call: Call) -> None:
    for seq, (name, seconds) in enumerate([("calling", 0), ("ringing", 1.25), ("ended", 61)], start=1):
        at = call.started_at + timedelta(seconds=seconds)
        data = {"callId": call.id, "reason": "busy", "info": "", "duration": None}
        CallEvent.objects.create(call=call, seq=seq, name=name, at=at, data=data)
    shown = page(admin_client, call)
    assert [f"{offset} s" in shown for offset in ("+0.000", "+1.250", "+61.000")] == [True] * 3
    assert "<bdi>reason: busy</bdi>" in shown


@pytest.mark.parametrize("data", [{"reason": HOSTILE, HOSTILE: 1}, [HOSTILE], HOSTILE, 7])
def test_hostile_texts_are_texts(admin_client: Client, data: Any) -> None:
    agent = make_agent(make_application(name=HOSTILE), name=HOSTILE)
    trunk = make_trunk(agent.application, name=HOSTILE)
    call = make_ended_call(
        agent, trunk=trunk, called=HOSTILE, caller=HOSTILE, info=HOSTILE, remark=HOSTILE, detail=HOSTILE,
        termination=HOSTILE,
    )  # fmt: skip
    CallEvent.objects.create(call=call, seq=1, name=HOSTILE, data=data)
    shown = page(admin_client, call) + admin_client.get(reverse(LIST)).text
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown


@pytest.mark.parametrize("query", ["q=12025550100", "q=demo_001", "termination=busy", "ended_by__exact=customer"])
def test_found(admin_client: Client, call: Call, query: str) -> None:
    assert admin_client.get(reverse(LIST) + f"?{query}").context["cl"].result_count == 1


def test_found_by_id(admin_client: Client, call: Call) -> None:
    assert admin_client.get(reverse(LIST), {"q": call.id}).context["cl"].result_count == 1
    assert admin_client.get(reverse(LIST), {"termination": "no_answer"}).context["cl"].result_count == 0


def test_a_call_that_goes_on_without_its_agent_is_live_and_says_how(admin_client: Client, call: Call) -> None:
    left = call.started_at + timedelta(seconds=40)
    Call.objects.update(
        state="bridged",
        ended_at=None,
        answered_at=call.started_at,
        duration_seconds=None,
        bridged_at=left,
        termination=Cause.TRANSFERRED,
        transfer_kind="attended",
        transfer_to="+12025550107",
        transfer_state="done",
    )
    CallEvent.objects.create(call=call, seq=1, name=CallEvent.AFTERWARDS)
    shown = page(admin_client, call)
    assert "after consulting, +12025550107: done, joined by this server" in shown
    assert "goes on without the agent" in shown
    assert "ended, without the agent" in shown
    board = admin_client.get(reverse("admin:ccsdk_liveboard_changelist")).text
    assert "goes on without the agent" in board
    call.refresh_from_db()
    assert (call.talked_seconds, call.left_at) == (40, left)


def test_live_call(admin_client: Client, call: Call) -> None:
    Call.objects.update(state="calling", ended_at=None, termination="", ended_by="", duration_seconds=None)
    assert "calling" in page(admin_client, call)
