"""The admin's own wording of what agents read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget import texts
from widget.models.language import Language
from widget.visible_text import is_visible

MAX_LENGTH = 500
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
_LOOKS_LIKE_ONE = re.compile(r"%\([^)\s]*\)?\w?|\{[^}\s]*\}?|\}")


class TextOverride(models.Model):
    """One text of the widget in one language, worded by an admin. It is text, never HTML."""

    language = models.ForeignKey(
        Language, on_delete=models.CASCADE, related_name="overrides", verbose_name=_("language")
    )
    source = models.CharField(_("shipped English text"), max_length=MAX_LENGTH)
    text = models.CharField(_("own wording"), max_length=MAX_LENGTH)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ("language", "source")
        constraints = (models.UniqueConstraint(fields=["language", "source"], name="ccsdk_text_once"),)

    def __str__(self) -> str:
        return f"{self.source} ({self.language.code})"

    def clean(self) -> None:
        super().clean()
        if self.source not in texts.known_texts():
            raise ValidationError({"source": _("The widget has no such text.")})
        if faults := [*_faults(self.source, self.text)]:
            raise ValidationError({"text": faults})


def placeholders(text: str) -> list[str]:
    """What is filled in when the text is shown: ``%(number)s``, ``{seconds}``; in their order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def _faults(source: str, text: str) -> Iterable[ValidationError]:
    if not is_visible(text):
        yield ValidationError(_("Write it in one line, without control characters."), code="control")
    allowed = placeholders(source)
    rest = _PLACEHOLDER.sub(lambda found: "" if found[0] in allowed else found[0], text)
    for wrong in dict.fromkeys(_LOOKS_LIKE_ONE.findall(rest)):
        yield ValidationError(
            _("“%(wrong)s” is not a placeholder of this text. Allowed here: %(allowed)s."),
            code="placeholder",
            params={"wrong": wrong, "allowed": ", ".join(allowed) or _("none")},
        )
    for missing in allowed:
        if missing not in text:
            yield ValidationError(
                _("“%(missing)s” is missing. It is replaced by its value when the text is shown."),
                code="missing",
                params={"missing": missing},
            )


def renew_texts() -> None:
    """Read the overrides into this process. What a newer version of the widget no longer fits is left out."""
    rows = TextOverride.objects.values_list("language__code", "source", "text")
    texts.use({(code.lower(), source): text for code, source, text in rows if not any(_faults(source, text))})
