"""Names and foreign texts show what they are, and turn nothing around them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tests.web.factories import make_agent, make_application, make_group, make_language, make_trunk
from widget.models import Mode
from widget.models.validation import normalise_label
from widget.visible_text import is_visible, visible

HIDDEN = ["\0", "\x07", "\x1b[31m", "\n", "\x85", "\u2028", "\u202e", "\u2066", "\u2069"]
PROPER = ["Ann", "Zoë Müller", "क्‍ष", "می‌خواهم", "Bonjour\xa0!", "\u200fعلي", "👩‍💻"]


@pytest.mark.parametrize("text", HIDDEN)
def test_what_cannot_be_seen(text: str) -> None:
    assert not is_visible(f"a{text}b")
    assert visible(f"a{text}b") == f"a\ufffd{text[1:]}b"


@pytest.mark.parametrize("text", PROPER)
def test_how_people_write(text: str) -> None:
    assert is_visible(text)
    assert visible(text) == text
    assert normalise_label(text) == text


@pytest.mark.django_db
class TestNames:
    @pytest.fixture
    def named(self) -> list[tuple[Any, str]]:
        application = make_application()
        rows = [application, make_group(application), make_trunk(application), make_agent(application)]
        named = [(row, "name") for row in [*rows, Mode.objects.create(name="M")]]
        return [*named, (make_language("es"), "native_name")]

    @pytest.mark.parametrize("hidden", HIDDEN)
    def test_are_refused_and_shown_all_the_same(self, named: list[tuple[Any, str]], hidden: str) -> None:
        for row, field in named:
            setattr(row, field, f"Anna{hidden}")
            with pytest.raises(ValidationError) as refused:
                row.clean()
            assert list(refused.value.message_dict) == [field]
            assert is_visible(str(row))

    def test_as_people_write_them(self, named: list[tuple[Any, str]]) -> None:
        for row, field in named:
            for text in PROPER:
                setattr(row, field, text)
                row.clean()
                assert text in str(row)
