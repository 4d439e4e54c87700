"""What agents read: shipped or the admin's own, and that an own wording can neither break nor smuggle anything."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.template import engines
from django.utils import translation

from tests.web.factories import make_agent, make_application, make_language
from tests.web.test_rendering import IDLE, NOW, OPTIONS, WRAP_UP
from widget import credentials, texts
from widget.errors import InvalidNumberError
from widget.frame_texts import client_texts
from widget.models import TextOverride
from widget.models.text import placeholders, renew_texts
from widget.rendering import fragments
from widget.session import open_session
from widget.wire import RegisterOptions

HOSTILE = "<img src=x onerror=alert(1)>"
RINGING = "%(number)s is ringing."
NEXT_TRY = "Connection lost. Next try in {seconds} s."


def faults(source: str, text: str) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        TextOverride(source=source, text=text).clean()
    return [message for messages in caught.value.message_dict.values() for message in messages]


class TestShipped:
    @pytest.mark.parametrize(
        ("language", "expected"),
        [("en", "Ready"), ("de", "Bereit"), ("de-at", "Bereit"), ("zh-hans", "就绪"), ("it", "Ready"), ("ar", "جاهز")],
    )
    def test_in_the_active_language(self, language: str, expected: str) -> None:
        with translation.override(language):
            assert texts.text("Ready") == expected

    def test_another_apps_wording_does_not_win(self) -> None:
        with translation.override("de"):
            assert translation.gettext("hash") == "Hash"
            assert texts.text("hash") == "Raute"

    def test_what_is_not_ours_is_djangos(self) -> None:
        with translation.override("de"):
            assert texts.text("Log out") == translation.gettext("Log out") == "Abmelden"

    def test_a_language_without_a_catalogue_is_shown_in_english_on_a_german_site(self, settings: Any) -> None:
        settings.LANGUAGE_CODE = "de"
        with translation.override("it"):
            assert texts.text("The line is busy.") == "The line is busy."

    def test_a_text_outside_of_any_language(self) -> None:
        with translation.override(None):
            assert texts.text("Ready") == "Ready"


class TestOwnWording:
    def test_in_its_language_only(self) -> None:
        texts.use({("es", "Ready"): "¡A punto!"})
        with translation.override("es"):
            assert texts.text("Ready") == "¡A punto!"
        with translation.override("en"):
            assert texts.text("Ready") == "Ready"

    def test_reaches_screens_errors_and_scripts(self) -> None:
        texts.use({("en", "Ready"): "At your service", ("en", "Retry now"): "Once more"})
        texts.use({**texts._overrides, ("en", str(InvalidNumberError.text)): "No number"})
        with translation.override("en"):
            assert "At your service" in fragments(IDLE, OPTIONS, NOW)["cc-status"]
            assert client_texts()["retry_now"] == "Once more"
            assert InvalidNumberError().message == "No number"

    def test_is_text_and_never_html(self) -> None:
        texts.use({("en", source): HOSTILE for source in texts.known_texts() if not placeholders(source)})
        html = "".join(part for view in (IDLE, WRAP_UP) for part in fragments(view, OPTIONS, NOW).values())
        assert "<img" not in html
        assert "&lt;img src=x onerror=alert(1)&gt;" in html

    @pytest.mark.parametrize("text", ["100 %", "%", "%%", "5 %s", "%d%", "% (number)s {{ 7 * 7 }}"])
    def test_a_per_cent_sign_is_one(self, text: str) -> None:
        texts.use({("en", RINGING): f"%(number)s {text}"})
        template = engines["jinja2"].from_string('{{ _("%(number)s is ringing.", number="<7>") }}')
        with translation.override("en"):
            assert template.render() == f"&lt;7&gt; {text}"


class TestValidation:
    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("Ready", "On duty"),
            ("Ready", HOSTILE),
            ("Ready", "100 % ready"),
            (RINGING, "Ring ring at %(number)s!"),
            (NEXT_TRY, "{seconds}"),
        ],
    )
    def test_good(self, source: str, text: str) -> None:
        TextOverride(source=source, text=text).clean()

    @pytest.mark.parametrize(
        ("source", "text", "wrong"),
        [
            (RINGING, "%(numbr)s rings", "%(numbr)s"),
            (RINGING, "%(number) rings, %(number)s", "%(number)"),
            (RINGING, "%(number)s rings %(number", "%(number"),
            (RINGING, "%(number)s rings {seconds}", "{seconds}"),
            (RINGING, "%(number)d rings %(number)s", "%(number)d"),
            (NEXT_TRY, "In {second} s {seconds}", "{second}"),
            (NEXT_TRY, "In {seconds s {seconds}", "{seconds"),
            (NEXT_TRY, "In seconds} s {seconds}", "}"),
            ("Ready", "Ready %(name)s", "%(name)s"),
        ],
    )
    def test_a_wrong_placeholder_is_named(self, source: str, text: str, wrong: str) -> None:
        assert any(f"“{wrong}” is not a placeholder" in fault for fault in faults(source, text))

    def test_what_is_allowed_is_named(self) -> None:
        assert "Allowed here: %(number)s." in faults(RINGING, "%(x)s %(number)s")[0]
        assert "Allowed here: none." in faults("Ready", "{x}")[0]

    def test_a_missing_placeholder_is_named(self) -> None:
        assert faults(RINGING, "Ring ring") == [
            "“%(number)s” is missing. It is replaced by its value when the text is shown."
        ]

    @pytest.mark.parametrize("text", ["two\nlines", "a\x00b", "a\u202eb"])
    def test_one_line_without_control_characters(self, text: str) -> None:
        assert "one line" in faults("Ready", text)[0]

    def test_a_text_that_the_widget_does_not_have(self) -> None:
        assert faults("Made up", "x") == ["The widget has no such text."]


@pytest.mark.django_db
class TestStored:
    def test_a_sign_in_brings_the_present_wording(self) -> None:
        agent = make_agent(make_application())
        TextOverride.objects.create(language=make_language("zh-Hans"), source="Ready", text="在线")
        session = open_session(credentials.issue(agent, 60), RegisterOptions(lang="zh-CN"))
        assert "在线" in fragments(IDLE, session.options, NOW)["cc-status"]
        TextOverride.objects.all().delete()
        open_session(credentials.issue(agent, 60), RegisterOptions(lang="zh-CN"))
        assert "就绪" in fragments(IDLE, session.options, NOW)["cc-status"]

    def test_a_row_that_no_longer_fits_is_left_out(self) -> None:
        """A newer version of the widget may have other placeholders, and a shell writes what it likes."""
        english = make_language("en")
        TextOverride.objects.create(language=english, source=RINGING, text="%(numbr)s rings")
        TextOverride.objects.create(language=english, source="Ready", text="On duty")
        renew_texts()
        with translation.override("en"):
            assert (texts.text(RINGING), texts.text("Ready")) == (RINGING, "On duty")
