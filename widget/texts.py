"""What agents read: the wording that is shipped, or the admin's own, in the language that is active.

Our own catalogues are asked first and not Django's merged one, in which an app that is listed earlier has the last word
on a text as short as "hash". A language without a catalogue of ours is shown in English, not in the site's language.

Nothing here touches the database: a text may be needed where a query must not be made, so the admin's wording is handed
in from outside whenever a widget is opened or told to look again (``widget.models.text``).
"""

from __future__ import annotations

import gettext as catalogues
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import cast

from django.utils import translation
from django.utils.functional import Promise, lazy

LOCALE = Path(__file__).parent / "locale"
REFERENCE = "de"
"""A catalogue that holds what agents read and nothing else (the English and Spanish ones have the admin's too)."""

Overrides = Mapping[tuple[str, str], str]
"""(language code in lower case, shipped English text) → the admin's wording."""

_overrides: Overrides = {}


def use(overrides: Overrides) -> None:
    """From now on show these wordings in place of the shipped ones."""
    global _overrides
    _overrides = overrides


def text(message: str) -> str:
    """Return the wording of an English source text in the active language; one that is not ours is left to Django."""
    own = own_wording(message)
    if own is not None:
        return own
    if message in known_texts():
        return shipped_text(_language(), message)
    return translation.gettext(message)


_lazily: Callable[[str], object] = lazy(text, str)


def text_lazy(message: str) -> Promise:
    """The same, looked up each time it is shown: for constants. Import it as ``_`` so that it is extracted."""
    return cast(Promise, _lazily(message))


def own_wording(message: str) -> str | None:
    """The admin's wording in the active language, ``None`` where the shipped one holds."""
    return _overrides.get((_language().lower(), message)) if _overrides else None


def shipped_text(language: str, message: str) -> str:
    """The wording that is shipped; the English one where there is no other."""
    return catalogue(language).gettext(message)


@lru_cache(maxsize=64)
def catalogue(language: str) -> catalogues.NullTranslations:
    """Our catalogue of a language, or an empty one: ``es-MX`` is served by ``es``."""
    parts = language.split("-")
    tags = ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return catalogues.translation("django", LOCALE, [translation.to_locale(tag) for tag in tags], fallback=True)


@cache
def known_texts() -> frozenset[str]:
    """Every English source text that an agent may read."""
    return frozenset(_sources((LOCALE / REFERENCE / "LC_MESSAGES/django.mo").read_bytes()))


def _sources(compiled: bytes) -> Iterator[str]:
    """The source texts of a compiled catalogue (GNU gettext manual, section "The Format of GNU MO Files")."""
    count, table = struct.unpack_from("<2I", compiled, 8)
    for number in range(count):
        length, start = struct.unpack_from("<2I", compiled, table + 8 * number)
        if length:
            # A plural form follows behind a NUL; a text is known by its singular.
            yield compiled[start : start + length].split(b"\0")[0].decode()


def _language() -> str:
    return translation.get_language() or "en"
