"""Which language an agent's widget speaks."""

from __future__ import annotations

from widget.models import Application, Language


def choose_language(application: Application, requested: str) -> Language:
    """Return the enabled language for a tag that a page asked for.

    Tries the tag, then its base language (``es-MX`` → ``es``), then the application's default; ``requested`` may be
    anything, for it comes from the page.
    """
    tag = requested.strip().replace("_", "-").lower()
    if tag:
        enabled = {language.code.lower(): language for language in Language.objects.filter(enabled=True)}
        for candidate in (tag, tag.partition("-")[0]):
            if candidate in enabled:
                return enabled[candidate]
    return application.default_language
