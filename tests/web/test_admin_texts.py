"""The admin's pages of the texts: list, search, edit with its checks, preview, reset, history."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.web.factories import make_language
from widget import texts
from widget.admin.texts import key_of
from widget.models import TextOverride

pytestmark = pytest.mark.django_db

LIST = "admin:ccsdk_textoverride_changelist"
HOSTILE = "<img src=x onerror=alert(1)>"
RINGING = "%(number)s is ringing."


def address(source: str, code: str = "es") -> str:
    return reverse("admin:ccsdk_textoverride_text", args=[make_language(code).pk, key_of(source)])


class TestList:
    def test_every_text_with_its_shipped_wording(self, admin_client: Client) -> None:
        rows = admin_client.get(reverse(LIST), {"language": "de"}).context["rows"]
        assert {row.source for row in rows} == texts.known_texts()
        assert next(row.shipped for row in rows if row.source == "Ready") == "Bereit"

    @pytest.mark.parametrize("q", ["bereit", "READY"])
    def test_search_in_both_languages(self, admin_client: Client, q: str) -> None:
        rows = admin_client.get(reverse(LIST), {"language": "de", "q": q}).context["rows"]
        assert "Ready" in {row.source for row in rows}
        assert len(rows) < 20

    def test_own_wording_only(self, admin_client: Client) -> None:
        TextOverride.objects.create(language=make_language("es"), source="Ready", text=HOSTILE)
        response = admin_client.get(reverse(LIST), {"language": "es", "own": "on"})
        assert [row.source for row in response.context["rows"]] == ["Ready"]
        assert HOSTILE not in response.text
        assert "&lt;img" in response.text

    def test_nothing_found_and_nonsense(self, admin_client: Client) -> None:
        assert "No text matches." in admin_client.get(reverse(LIST), {"q": HOSTILE}).text
        assert admin_client.get(reverse(LIST), {"language": "nope"}).status_code == 200

    def test_a_language_from_right_to_left(self, admin_client: Client) -> None:
        assert 'lang="ar" dir="rtl"' in admin_client.get(reverse(LIST), {"language": "ar"}).text


class TestText:
    def test_saved_and_noted_in_the_history(self, admin_client: Client) -> None:
        response = admin_client.post(address("Ready"), {"text": " A punto\r\n", "_save": "1"}, follow=True)
        assert "Open widgets show the new wording now." in response.text
        override = TextOverride.objects.get()
        assert (override.language.code, override.source, override.text) == ("es", "Ready", "A punto")
        admin_client.post(address("Ready"), {"text": "Al habla", "_save": "1"})
        assert TextOverride.objects.get().text == "Al habla"
        assert LogEntry.objects.count() == 2
        assert admin_client.get(reverse("admin:ccsdk_textoverride_history", args=[override.pk])).status_code == 200

    def test_a_broken_placeholder_is_named_and_nothing_is_saved(self, admin_client: Client) -> None:
        response: Any = admin_client.post(address(RINGING), {"text": "%(numbr)s suena", "_save": "1"})
        assert "“%(numbr)s” is not a placeholder of this text" in response.text
        assert "“%(number)s” is missing" in response.text
        assert "%(numbr)s suena" in response.text
        assert not TextOverride.objects.exists()

    def test_preview_fills_the_placeholders_and_saves_nothing(self, admin_client: Client) -> None:
        response = admin_client.post(address(RINGING), {"text": f"{HOSTILE} %(number)s", "_preview": "1"})
        assert "&lt;img src=x onerror=alert(1)&gt; +1 202 555 0100</p>" in response.text
        assert HOSTILE not in response.text
        assert not TextOverride.objects.exists()

    def test_reset(self, admin_client: Client) -> None:
        TextOverride.objects.create(language=make_language("es"), source="Ready", text="A punto")
        assert "Reset to the shipped wording" in admin_client.get(address("Ready")).text
        response = admin_client.post(address("Ready"), {"text": "", "_reset": "1"}, follow=True)
        assert "The shipped wording holds again." in response.text
        assert not TextOverride.objects.exists()
        assert LogEntry.objects.get().is_deletion()

    def test_an_empty_one_is_refused(self, admin_client: Client) -> None:
        assert "This field is required" in admin_client.post(address("Ready"), {"text": " ", "_save": "1"}).text

    def test_a_text_that_is_not_there(self, admin_client: Client) -> None:
        assert admin_client.get(address("Made up")).status_code == 404

    @pytest.mark.parametrize("key", ["7", "x", "9" * 40])
    def test_links_to_what_is_gone(self, admin_client: Client, key: str) -> None:
        response = admin_client.get(reverse("admin:ccsdk_textoverride_change", args=[key]))
        assert response["Location"] == reverse(LIST)

    def test_links_of_the_history(self, admin_client: Client) -> None:
        override = TextOverride.objects.create(language=make_language("es"), source="Ready", text="A punto")
        response = admin_client.get(reverse("admin:ccsdk_textoverride_change", args=[override.pk]))
        assert response["Location"] == address("Ready")

    def test_a_viewer_changes_nothing(self, client: Client) -> None:
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_textoverride"))
        client.force_login(viewer)
        assert "_save" not in client.get(address("Ready")).text
        assert client.post(address("Ready"), {"text": "x", "_save": "1"}).status_code == 403
        assert not TextOverride.objects.exists()
