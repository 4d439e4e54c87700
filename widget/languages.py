"""Which language an agent's widget speaks, and the languages that it is shipped in."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.conf.locale import LANG_INFO
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef

from widget.migrated import has_table
from widget.models import Application, Direction, Language

logger = logging.getLogger(__name__)

ENGLISH = "en"
SHIPPED = (
    (ENGLISH, "English", Direction.LEFT_TO_RIGHT),
    ("es", "Español", Direction.LEFT_TO_RIGHT),
    ("zh-Hans", "简体中文", Direction.LEFT_TO_RIGHT),
    ("pt", "Português", Direction.LEFT_TO_RIGHT),
    ("fr", "Français", Direction.LEFT_TO_RIGHT),
    ("de", "Deutsch", Direction.LEFT_TO_RIGHT),
    ("hi", "हिन्दी", Direction.LEFT_TO_RIGHT),
    ("ar", "العربية", Direction.RIGHT_TO_LEFT),
)
"""Code, own name and direction; each has a complete catalogue of what agents read."""

MAX_REMEMBERED = 1000
_said: set[tuple[int, str]] = set()


def choose_language(application: Application, requested: str) -> Language:
    """Return the language for a tag that a page asked for.

    Tries the tag, then its shorter forms (``es-MX`` → ``es``), then a longer one (``zh`` → ``zh-Hans``), then the
    application's default, then English; ``requested`` may be anything, for it comes from the page. The log says once
    per application and tag that another language is shown.
    """
    tag = requested.strip().replace("_", "-").lower()[:35]
    if not tag and application.default_language.enabled:
        return application.default_language
    enabled = _enabled(application)
    chosen = next((enabled[code] for code in _candidates(tag, enabled) if code in enabled), None)
    chosen = chosen or _default(application)
    if tag and chosen.code.lower() != tag:
        _say_once(application, tag, chosen)
    return chosen


def _enabled(application: Application) -> Mapping[str, Language]:
    """The application's own choice of the enabled languages, or all of them where it made none."""
    choice = Application.languages.through.objects.filter(application=application, language=OuterRef("pk"))
    rows = list(Language.objects.filter(enabled=True).annotate(is_chosen=Exists(choice)))
    chosen = [row for row in rows if row.is_chosen]
    return {row.code.lower(): row for row in chosen or rows}


def _candidates(tag: str, enabled: Mapping[str, Language]) -> Iterator[str]:
    """Codes in the order in which they are tried; Django knows which script a country writes Chinese in."""
    parts = tag.split("-")
    for length in range(len(parts), 0, -1):
        yield (code := "-".join(parts[:length]))
        yield from LANG_INFO.get(code, {}).get("fallback", ())
    if len(parts) == 1:
        yield from (code for code in sorted(enabled) if code.startswith(f"{tag}-"))


def _default(application: Application) -> Language:
    if application.default_language.enabled:
        return application.default_language
    return Language.objects.filter(code=ENGLISH).first() or Language(code=ENGLISH, native_name="English")


def _say_once(application: Application, tag: str, shown: Language) -> None:
    # The set is bounded: what a page asks for is up to the page.
    if (application.pk, tag) in _said or len(_said) >= MAX_REMEMBERED:
        return
    _said.add((application.pk, tag))
    logger.info("application %s: a page asked for the language %r, shown is %s", application.name, tag, shown.code)


def add_shipped(*, using: str = DEFAULT_DB_ALIAS, apps: Apps = present_apps, **_signal: Any) -> None:
    """Fill an empty table after ``migrate``, all enabled; an admin who removes a language does not get it back."""
    if not has_table(Language, using, apps) or Language.objects.using(using).exists():
        return
    for code, native_name, direction in SHIPPED:
        Language.objects.using(using).create(code=code, native_name=native_name, direction=direction)
