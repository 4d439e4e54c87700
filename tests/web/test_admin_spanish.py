"""The whole admin in Spanish: every page is walked through, and no text of ours on it stays English."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages import pofile
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.web.factories import make_agent, make_application, make_ended_call, make_group, make_trunk
from widget.admin.texts import key_of
from widget.models import (
    Agent,
    AgentStatus,
    Call,
    CallEvent,
    InboundNumber,
    Language,
    LiveBoard,
    Mode,
    NumberRule,
    TextOverride,
    Trunk,
    TrunkRoute,
)

pytestmark = pytest.mark.django_db

CATALOGUE = Path(__file__).parents[2] / "widget/locale/es/LC_MESSAGES/django.po"
SHOWN = {"title", "alt", "placeholder", "aria-label", "label"}
BUTTONS = {"submit", "button", "reset"}
SAME = {"Audio", "Error", "English", "No", "Normal", "Search"}
"""Words that are Spanish as well; a language's own name; and what the admin of Django itself does not translate."""


class Words(HTMLParser):
    """Collects what a person sees or hears: text outside scripts, and the attributes that are shown.

    What is marked as English is meant to be so: the texts of the widget beside their translation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if self._silent:
            self._silent += [tag] * (tag == self._silent[0])
        elif tag in {"script", "style"} or (tag != "html" and values.get("lang") == "en"):
            self._silent = [tag]
        else:
            shown = SHOWN | ({"value"} if values.get("type") in BUTTONS else set())
            self.found |= {_plain(value) for name, value in attrs if name in shown and value}

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag == self._silent[0]:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.add(_plain(data))


def _plain(text: str) -> str:
    return " ".join(text.split()).strip(" :")


def words_of(html: str) -> set[str]:
    words = Words()
    words.feed(html)
    return words.found - {""}


def english_of_ours() -> list[re.Pattern[str]]:
    """Every English text that has another wording in Spanish; a placeholder stands for anything."""
    with CATALOGUE.open("rb") as file:
        messages = [message for message in pofile.read_po(file, locale="es") if message.id]
    pairs = [
        (source, text)
        for message in messages
        for source, text in zip(_forms(message.id), _forms(message.string), strict=True)
    ]
    return [_pattern(source) for source, text in pairs if source != text and _plain(source) not in SAME]


def _forms(text: Any) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _pattern(source: str) -> re.Pattern[str]:
    parts = re.split(r"%\(\w+\)[sd]|\{\w*\}", _plain(source.replace("%%", "%")))
    return re.compile(".+".join(re.escape(part) for part in parts))


@pytest.fixture
def rows() -> None:
    """At least one row of everything, a call with all that may be told of one, and what is live."""
    application = make_application(allowed_origins=["https://crm.example"])
    trunk = make_trunk(application, "Telefónica")
    group = make_group(application)
    agent = make_agent(application, group=group, status=AgentStatus.BUSY)
    TrunkRoute.objects.create(group=group, trunk=trunk)
    InboundNumber.objects.create(group=group, trunk=trunk)
    NumberRule.objects.create(trunk=trunk, prefix="00", replacement="+")
    TextOverride.objects.create(language=Language.objects.get(code="es"), source="Ready", text="A punto")
    call = make_ended_call(agent, trunk=trunk, termination="busy", sip_code=486, transfer_kind="blind")
    CallEvent.objects.create(call=call, seq=1, name="talking", at=timezone.now(), data={"callStatus": 3})
    Call.objects.create(
        application=application, agent=agent, called="+1", state="talking", answered_at=timezone.now() - timedelta(1)
    )


def addresses(user: User) -> list[str]:
    """Every page of ours that a link leads to."""
    request = RequestFactory().get("/")
    request.user = user
    found = [reverse("admin:index"), reverse("admin:app_list", args=["ccsdk"])]
    for model, page in admin.site._registry.items():
        if model._meta.app_label == "ccsdk":
            found += _of_model(model, page, request)
    return [*found, *_of_their_own()]


def _of_model(model: Any, page: Any, request: HttpRequest) -> list[str]:
    name = f"admin:ccsdk_{model._meta.model_name}"
    found = [reverse(f"{name}_changelist")]
    one = model.objects.order_by("pk").first()
    if model in (Agent, Mode):
        found += [f"{reverse(f'{name}_preview', args=[one.pk])}?screen={screen}" for screen in ("idle", "talking")]
    if model in (TextOverride, LiveBoard):
        return found
    views = ("change", "history", "delete") if page.has_delete_permission(request, one) else ("change", "history")
    found += [reverse(f"{name}_{view}", args=[one.pk]) for view in views]
    return [*found, reverse(f"{name}_add")] if page.has_add_permission(request) else found


def _of_their_own() -> list[str]:
    spanish = Language.objects.get(code="es")
    return [
        reverse("admin:ccsdk_textoverride_text", args=[spanish.pk, key_of("Ready")]),
        reverse("admin:ccsdk_textoverride_text", args=[spanish.pk, key_of("%(number)s is ringing.")]),
        reverse("admin:ccsdk_textoverride_history", args=[TextOverride.objects.get().pk]),
        reverse("admin:ccsdk_trunk_test", args=[Trunk.objects.get().pk]),
    ]


def read(client: Client, address: str, language: str) -> set[str]:
    response = client.get(address, headers={"accept-language": language})
    assert response.status_code == 200, address
    return words_of(response.text)


def left_in_english(english: set[str], spanish: set[str], ours: list[re.Pattern[str]]) -> set[str]:
    """What stands on both pages alike and is a text of ours."""
    return {word for word in english & spanish if any(pattern.fullmatch(word) for pattern in ours)}


def test_every_page(admin_client: Client, admin_user: User, rows: None) -> None:
    ours = english_of_ours()
    found = {
        address: left
        for address in addresses(admin_user)
        if (left := left_in_english(read(admin_client, address, "en"), read(admin_client, address, "es"), ours))
    }
    assert not found


def test_the_walk_finds_what_is_not_translated(admin_client: Client, rows: None) -> None:
    """So that an empty result means something."""
    address = reverse("admin:ccsdk_liveboard_changelist")
    english = read(admin_client, address, "en")
    left = left_in_english(english, english, english_of_ours())
    assert {"Live calls", "Agents who are signed in", "busy"} <= left
    assert "Live calls" not in read(admin_client, address, "es")
