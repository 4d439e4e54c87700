"""Display languages of the widget."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from widget.models.validation import refuse_hidden, validate_language_code
from widget.visible_text import visible


class Direction(models.TextChoices):
    """Which way a language is written."""

    LEFT_TO_RIGHT = "ltr", _("left to right")
    RIGHT_TO_LEFT = "rtl", _("right to left")


class Language(models.Model):
    """A display language. Exactly one is the default, and the default is enabled."""

    code = models.CharField(
        _("code"),
        max_length=35,
        unique=True,
        validators=[validate_language_code],
        help_text=_("Language tag as pages pass it in register(), for example en, es or zh-Hans."),
    )
    native_name = models.CharField(
        _("native name"), max_length=64, help_text=_("The language's own name for itself, for example Español.")
    )
    enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("Pages that ask for a disabled language get the default.")
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.LEFT_TO_RIGHT)
    is_default = models.BooleanField(
        _("default"),
        default=False,
        help_text=_("Used when a page asks for none or for an unknown one. Setting it here takes it from the other."),
    )

    class Meta:
        verbose_name = _("language")
        verbose_name_plural = _("languages")
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="ccsdk_language_one_default"
            ),
            models.CheckConstraint(
                condition=models.Q(is_default=False) | models.Q(enabled=True),
                name="ccsdk_language_default_enabled",
                violation_error_message=_(
                    "The default language cannot be disabled. Make another language the default first."
                ),
            ),
            models.CheckConstraint(condition=models.Q(direction__in=Direction.values), name="ccsdk_language_direction"),
        )

    def __str__(self) -> str:
        return f"{visible(self.native_name)} ({self.code})"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store; a new default takes over from the old one, and the very first language becomes it."""
        others = Language.objects.exclude(pk=self.pk)
        if self.is_default:
            others.filter(is_default=True).update(is_default=False)
        elif self.enabled and not others.filter(is_default=True).exists():
            self.is_default = True
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        refuse_hidden(self, "native_name")
        others = Language.objects.exclude(pk=self.pk)
        if not self.is_default and self.pk and not others.filter(is_default=True).exists():
            raise ValidationError(
                {
                    "is_default": _(
                        "One language must be the default. Open the one that shall take over and tick it there."
                    )
                }
            )
        if not self.enabled and self.is_default:
            raise ValidationError(
                {"enabled": _("The default language cannot be disabled. Make another language the default first.")}
            )
        if not self.enabled and self.pk and (names := self._used_by()):
            text = _("This is the default language of %(names)s. Choose another one there first.")
            raise ValidationError({"enabled": ValidationError(text, code="in_use", params={"names": names})})

    def _used_by(self) -> str:
        return ", ".join(self.applications.values_list("name", flat=True)[:5])

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        # save() takes the default from its holder, so holding two is no fault of the form.
        super().validate_constraints(exclude={*(exclude or ()), "is_default"})
