"""The catalogues: complete, in step with the sources, and compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog, Message, extract, mofile, pofile
from babel.messages.frontend import parse_mapping_cfg
from django.utils import translation
from django.utils.translation import to_locale

from widget import texts
from widget.languages import SHIPPED
from widget.rendering import termination_text

ROOT = Path(__file__).parents[2]
LOCALE = ROOT / "widget/locale"
WHOLE, AGENT = "babel.cfg", "agent.cfg"
CATALOGUES = {"en": WHOLE, "es": WHOLE} | dict.fromkeys(("ar", "de", "fr", "hi", "pt", "zh_Hans"), AGENT)
TRANSLATED = [language for language in CATALOGUES if language != "en"]
KEYWORDS = {
    **extract.DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def _catalogue(language: str) -> Catalog:
    with (LOCALE / language / "LC_MESSAGES/django.po").open("rb") as file:
        return pofile.read_po(file, locale=language)


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _marked(mapping: str) -> Iterator[object]:
    with (LOCALE / mapping).open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # babel leaves it untyped
    found = extract.extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    return (message for _file, _line, message, _comments, _context in found)


@pytest.fixture(scope="module")
def marked() -> dict[str, set[object]]:
    return {mapping: set(_marked(mapping)) for mapping in (WHOLE, AGENT)}


def test_every_shipped_language_has_a_catalogue() -> None:
    assert {to_locale(code) for code, _name, _direction in SHIPPED} == set(CATALOGUES)


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_marked_text_is_in_the_catalogue_and_nothing_else(language: str, marked: dict[str, set[object]]) -> None:
    known = {message.id for message in _catalogue(language) if message.id}
    assert known == marked[CATALOGUES[language]], "run: make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_is_complete_and_keeps_the_placeholders(language: str) -> None:
    for message in _catalogue(language):
        if not message.id:
            continue
        sources = (message.id,) if isinstance(message.id, str) else message.id
        source = sources[0]
        # The singular may say "once" in place of a number, in every language as it likes.
        allowed = [sorted(PLACEHOLDER.findall(each)) for each in sources]
        assert not message.fuzzy, source
        for text in _texts(message):
            assert text, f"not translated: {source}"
            assert sorted(PLACEHOLDER.findall(text)) in allowed, source


@pytest.mark.parametrize("language", TRANSLATED)
def test_agents_get_our_wording_and_not_that_of_another_app(language: str, marked: dict[str, set[object]]) -> None:
    with translation.override(language.replace("_", "-")):
        for message in _catalogue(language):
            if message.id in marked[AGENT] and isinstance(message.id, str):
                assert texts.text(message.id) == message.string


@pytest.mark.parametrize("language", CATALOGUES)
def test_the_compiled_catalogue_is_up_to_date(language: str) -> None:
    compiled = BytesIO()
    mofile.write_mo(compiled, _catalogue(language))
    stored = (LOCALE / language / "LC_MESSAGES/django.mo").read_bytes()
    assert stored == compiled.getvalue(), "run: make messages"


def test_what_agents_read_is_known_without_the_sources(marked: dict[str, set[object]]) -> None:
    """The list of texts in the admin."""
    assert texts.known_texts() == {found if isinstance(found, str) else found[0] for found in marked[AGENT]}  # type: ignore[index]  # a plural's forms


def test_the_language_decides() -> None:
    with translation.override("es"):
        assert termination_text("busy") == "La línea está ocupada."
    with translation.override("en"):
        assert termination_text("busy") == "The line is busy."
