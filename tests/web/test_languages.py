"""Which language is shown for what a page asks, and the languages that are there from the start."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.web.factories import make_application, make_language
from widget import languages
from widget.languages import SHIPPED, add_shipped, choose_language
from widget.models import Application, Language, Mode

pytestmark = pytest.mark.django_db


@pytest.fixture
def application() -> Application:
    make_language("de", enabled=False)
    return make_application()


@pytest.fixture(autouse=True)
def _nothing_said_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "_said", set())


class TestChoice:
    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ("es", "es"),
            ("ES", "es"),
            ("es-MX", "es"),
            ("es_MX", "es"),
            ("pt-BR", "pt"),
            ("zh", "zh-Hans"),
            ("zh-CN", "zh-Hans"),
            ("zh-Hans-CN", "zh-Hans"),
            ("zh-SG", "zh-Hans"),
            ("zh-TW", "en"),
            ("ar-EG", "ar"),
            ("de", "en"),
            ("xx", "en"),
            ("", "en"),
            ("-", "en"),
            ("é" * 999, "en"),
            ("<script>", "en"),
        ],
    )
    def test_falls_back(self, application: Application, asked: str, code: str) -> None:
        assert choose_language(application, asked).code == code

    def test_a_whole_tag_is_better_than_its_beginning(self, application: Application) -> None:
        make_language("es-MX")
        assert choose_language(application, "es-mx").code == "es-MX"
        assert choose_language(application, "es-ES").code == "es"

    def test_the_applications_default_comes_before_english(self, application: Application) -> None:
        application.default_language = make_language("fr")
        assert choose_language(application, "xx").code == "fr"
        assert choose_language(application, "").code == "fr"

    def test_english_is_the_last_resort(self, application: Application) -> None:
        application.default_language = make_language("fr", enabled=False)
        assert choose_language(application, "xx").code == "en"
        assert choose_language(application, "").code == "en"

    def test_english_needs_no_row(self, application: Application) -> None:
        application.default_language = Language(code="it", enabled=False)
        Language.objects.exclude(pk=Application.objects.get().default_language_id).delete()
        Language.objects.update(code="it")
        assert choose_language(application, "xx").code == "en"

    def test_only_what_the_application_chose(self, application: Application) -> None:
        application.languages.set([make_language("en"), make_language("es")])
        assert choose_language(application, "es").code == "es"
        assert choose_language(application, "fr").code == "en"
        other = make_application("Other")
        assert choose_language(other, "fr").code == "fr"

    def test_one_query_whatever_is_asked(self, application: Application, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            choose_language(application, "es-MX")


class TestLog:
    def test_says_once_that_another_language_is_shown(
        self, application: Application, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "widget.languages"):
            for asked in ("xx", "XX", "es", "", "yy\n2026 forged"):
                choose_language(application, asked)
        said = [record.getMessage() for record in caplog.records]
        assert said == [
            "application CRM: a page asked for the language 'xx', shown is en",
            "application CRM: a page asked for the language 'yy\\n2026 forged', shown is en",
        ]

    def test_forgets_nothing_and_grows_no_further(
        self, application: Application, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(languages, "MAX_REMEMBERED", 3)
        with caplog.at_level(logging.INFO, "widget.languages"):
            for number in range(9):
                choose_language(application, f"x{number}")
        assert len(caplog.records) == 3


class TestShipped:
    def test_are_there_after_migrate(self) -> None:
        rows = {row.code: (row.native_name, row.direction, row.enabled) for row in Language.objects.all()}
        assert rows == {code: (name, direction, True) for code, name, direction in SHIPPED}
        assert Language.objects.get(is_default=True).code == "en"

    def test_are_valid(self) -> None:
        for row in Language.objects.all():
            row.full_clean()

    def test_one_that_was_removed_stays_away(self) -> None:
        Language.objects.filter(code="hi").delete()
        add_shipped()
        assert not Language.objects.filter(code="hi").exists()


class TestAdmin:
    def change(self, client: Client, **changes: Any) -> Any:
        application = make_application(allowed_origins=["https://crm.example"])
        values = {
            "name": "CRM",
            "api_key": application.api_key,
            "allowed_origins": "https://crm.example",
            "ip_allow_list": "",
            "default_language": make_language("en").pk,
            "default_mode": Mode.objects.get().pk,
        }
        return client.post(reverse("admin:ccsdk_application_change", args=[application.pk]), {**values, **changes})

    def test_the_default_must_be_among_the_chosen(self, admin_client: Client) -> None:
        response = self.change(admin_client, languages=[make_language("es").pk])
        assert "none of the chosen languages" in response.text

    def test_a_disabled_one_cannot_be_chosen(self, admin_client: Client) -> None:
        rows = [make_language("en"), make_language("es", enabled=False)]
        response = self.change(admin_client, languages=[row.pk for row in rows])
        assert "Español (es): disabled" in response.text

    def test_the_choice_is_stored(self, admin_client: Client) -> None:
        rows = [make_language("en"), make_language("es")]
        assert self.change(admin_client, languages=[row.pk for row in rows]).status_code == 302
        assert set(Application.objects.get().languages.all()) == set(rows)
