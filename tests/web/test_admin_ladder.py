"""The SIP ladder in the admin: every message at its place, hostile texts as texts, the end in one sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.web.factories import make_agent, make_application, make_ended_call
from tests.web.sip_messages import SDP, add_message, busy_call
from widget import roles
from widget.admin import sip_words
from widget.admin.explanation import explain
from widget.admin.ladder_rows import MAX_LANES, MessageRow, build
from widget.admin.sip_text import SipText
from widget.models import Call, CallMessage

HOSTILE = "<script>alert(1)</script>"

pytestmark = pytest.mark.django_db


def page(client: Client, call: Call) -> str:
    response = client.get(reverse("admin:ccsdk_call_change", args=[call.pk]))
    assert response.status_code == 200
    return str(response.text)


def rows(call: Call) -> list[MessageRow]:
    built = build(call, list(call.messages.order_by("at", "pk")), [])
    return [row for row in built.rows if isinstance(row, MessageRow)]


def sentence(call: Call) -> str:
    return explain(call, list(call.messages.order_by("at", "pk")))


class TestPage:
    def test_shows_every_message_once(self, admin_client: Client) -> None:
        shown = page(admin_client, busy_call())
        assert shown.count("<details>") == 9
        for label in ("407 Proxy Authentication Required", "183 Session Progress", "486 Busy Here"):
            assert f'<span class="cc-label"><bdi>{label}</bdi></span>' in shown
        assert "UDP 198.51.100.7:5060 to us" in shown
        assert "repeated 3 times within 3.5 s" in shown
        assert 'data-lanes="2"' in shown

    def test_tells_what_the_call_came_to(self, admin_client: Client) -> None:
        shown = page(admin_client, busy_call())
        assert "<bdi>ended: The number was busy.</bdi>" in shown

    def test_without_messages_it_says_why(self, admin_client: Client, settings: Any) -> None:
        call = make_ended_call(make_agent(make_application()))
        assert "No SIP message of this call is kept" in page(admin_client, call)
        settings.CCSDK = {**settings.CCSDK, "SIP_LADDER_DAYS": 0}
        assert "SIP_LADDER_DAYS is 0" in page(admin_client, call)

    def test_hostile_texts_are_texts(self, admin_client: Client) -> None:
        call = make_ended_call(make_agent(make_application()), sip_code=480)
        add_message(call, 1, f"SIP/2.0 480 {HOSTILE}", sent=False, remote=HOSTILE, headers=f"Reason: {HOSTILE}\n")
        add_message(call, 2, f"{HOSTILE} sip:x SIP/2.0", sent=False, cseq=f"1 {HOSTILE}", body=HOSTILE)
        shown = page(admin_client, call)
        assert HOSTILE not in shown
        assert "&lt;script&gt;" in shown

    def test_of_a_call_that_is_not_there(self, admin_client: Client) -> None:
        assert admin_client.get(reverse("admin:ccsdk_call_change", args=["0" * 32])).status_code == 302
        assert admin_client.get(reverse("admin:ccsdk_call_ladder", args=["0" * 32])).status_code == 404


class TestDownload:
    def test_holds_everything(self, admin_client: Client) -> None:
        call = busy_call()
        response = admin_client.get(reverse("admin:ccsdk_call_ladder", args=[call.pk]))
        assert response["Content-Disposition"] == f'attachment; filename="call-{call.pk}.txt"'
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert response.text.count("=====") == 9
        assert "(+4.100 s) <- UDP 198.51.100.7:5060\nSIP/2.0 486 Busy Here\n" in response.text

    def test_is_for_those_who_may_see_the_call(self, client: Client) -> None:
        user = User.objects.create_user("sue", is_staff=True)
        user.groups.add(Group.objects.get(name=roles.SUPERVISORS))
        client.force_login(user)
        call = busy_call()
        address = reverse("admin:ccsdk_call_ladder", args=[call.pk])
        assert client.get(address).status_code == 404
        call.agent.group.supervisors.add(user)
        assert client.get(address).status_code == 200
        user.groups.clear()
        assert client.get(address).status_code in {403, 404}


class TestRows:
    def test_lanes_and_kinds(self) -> None:
        told = [(row.lane, row.is_sent, row.kind) for row in rows(busy_call())]
        assert told[:4] == [(1, True, "request"), (2, True, "request"), (2, False, "challenge"), (2, True, "request")]
        assert (told[5][2], told[7][2]) == ("progress", "failure")

    def test_many_sides_share_the_last_lane(self) -> None:
        call = make_ended_call(make_agent(make_application()))
        for number in range(8):
            add_message(call, number, "BYE sip:x SIP/2.0", sent=True, remote=f"192.0.2.{number}:5060")
        built = build(call, list(call.messages.all()), [])
        assert len(built.lanes) == MAX_LANES
        assert [row.lane for row in built.rows if isinstance(row, MessageRow)] == [1, 2, 3, 4, 5, 5, 5, 5]

    def test_the_gap_is_to_the_message_before(self) -> None:
        assert [row.after for row in rows(busy_call())][:3] == ["", "3.5 s", "28 ms"]

    def test_audio_in_words(self) -> None:
        assert rows(busy_call())[0].audio == "PCMU, PCMA, telephone-event @ 192.0.2.9:16384 sendrecv"

    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("INVITE sip:1 SIP/2.0\nTo: <sip:1>\nCSeq: 1 INVITE", sip_words.REQUESTS["INVITE"]),
            ("INVITE sip:1 SIP/2.0\nt: <sip:1>;tag=2\nCSeq: 1 INVITE\n\na=sendonly\n", sip_words.HOLDS),
            ("INVITE sip:1 SIP/2.0\nTo: <sip:1>;tag=2\nCSeq: 1 INVITE", sip_words.CHANGES),
            ("SIP/2.0 200 OK\nCSeq: 1 BYE", sip_words.CLASSES[2]),
            ("SIP/2.0 200 OK\nCSeq: 1 INVITE", sip_words.CODES[200]),
            ("SIP/2.0 599 Odd\nCSeq: 1 INVITE", sip_words.CLASSES[5]),
            ("FOO sip:1 SIP/2.0", ""),
            ("", ""),
        ],
    )
    def test_meaning(self, text: str, meaning: object) -> None:
        assert sip_words.message_in_words(SipText(text)) == meaning


class TestSentence:
    def test_a_refusal_with_a_cause_of_the_network(self) -> None:
        assert sentence(busy_call()) == (
            "The number was busy: the carrier said “486 Busy Here” (the destination is busy); the telephone network "
            "gave cause 17, the user is busy; 4.1 seconds after the start, before anybody answered."
        )

    def test_silence(self) -> None:
        call = make_ended_call(make_agent(make_application()), termination="carrier_silent", ended_by="system")
        add_message(call, 0, "INVITE sip:1@h SIP/2.0", sent=True, repeats=4)
        assert "the INVITE was sent 5 times to 203.0.113.5:5060 and nothing came back" in sentence(call)

    def test_an_answered_call(self) -> None:
        call = make_ended_call(make_agent(make_application()), termination="customer_hung_up", duration_seconds=125)
        call.answered_at = call.started_at + timedelta(seconds=2)
        add_message(call, 127, "BYE sip:1@h SIP/2.0", sent=False, cseq="2 BYE", headers="Reason: Q.850 ;cause=16\n")
        assert sentence(call) == (
            "The customer hung up: the telephone network gave cause 16, normal end of the call; "
            "they had talked for 2:05."
        )

    def test_without_messages_the_record_speaks(self) -> None:
        call = make_ended_call(make_agent(make_application()), sip_code=404, termination="not_found")
        assert sentence(call).startswith("The carrier does not know the number: the carrier said “404” (does not know")

    def test_in_spanish(self) -> None:
        with translation.override("es"):
            assert sentence(busy_call()).startswith("El número estaba ocupado: ")

    def test_a_live_call_has_none(self) -> None:
        call = make_ended_call(make_agent(make_application()))
        call.state = "talking"
        assert sentence(call) == ""


def test_every_message_can_be_read_back() -> None:
    busy_call()
    assert all(SipText(message.text).header("CSeq") for message in CallMessage.objects.all())
    assert SipText(f"SIP/2.0 200 OK\n\n{SDP}").audio.startswith("PCMU, PCMA")


class TestCommand:
    def test_deletes_what_is_old(self, capsys: pytest.CaptureFixture[str]) -> None:
        call = busy_call()
        messages = list(call.messages.all())
        for number, message in enumerate(messages):
            message.at = call.started_at - timedelta(days=9 if number < 4 else 1)
        CallMessage.objects.bulk_update(messages, ["at"])
        call_command("delete_sip_messages")
        assert capsys.readouterr().out == "4 SIP messages deleted.\n"
        call_command("delete_sip_messages", "--days", "0")
        assert not CallMessage.objects.exists()

    def test_refuses_nonsense(self) -> None:
        with pytest.raises(CommandError, match="0 or more"):
            call_command("delete_sip_messages", "--days", "-1")
