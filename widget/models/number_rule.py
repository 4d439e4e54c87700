"""How a carrier writes numbers, where it differs from how agents do."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.trunk import Trunk

MAX_DIGITS = 20

validate_prefix = RegexValidator(
    r"\A\+?[0-9*#]{0,20}\Z", _("Use digits, * and # only, with an optional + in front, for example +44 or 00.")
)


class RewrittenNumber(models.TextChoices):
    """Which number of a call a rule is for."""

    CALLED = "called", _("called number")
    CALLER_ID = "caller_id", _("our caller id")
    CALLER = "caller", _("caller of inbound calls")


class NumberRule(models.Model):
    """A number that begins with ``prefix`` and has so many digits gets ``replacement`` in its prefix's place.

    Of a trunk's rules for the same number the first that fits is applied, and no other: what comes out is never
    rewritten again. Prefixes and lengths only, so that no rule can be slow.
    """

    trunk = models.ForeignKey(Trunk, on_delete=models.CASCADE, related_name="number_rules", verbose_name=_("trunk"))
    applies_to = models.CharField(_("number"), max_length=9, choices=RewrittenNumber, default=RewrittenNumber.CALLED)
    position = models.PositiveSmallIntegerField(
        _("order"), default=1, help_text=_("The lowest is looked at first; the first that fits is applied.")
    )
    prefix = models.CharField(
        _("begins with"),
        max_length=21,
        blank=True,
        validators=[validate_prefix],
        help_text=_("Is taken away; empty fits every number."),
    )
    min_digits = models.PositiveSmallIntegerField(
        _("at least so many digits"), default=0, blank=True, validators=[MaxValueValidator(MAX_DIGITS)]
    )
    max_digits = models.PositiveSmallIntegerField(
        _("at most so many digits"), default=MAX_DIGITS, blank=True, validators=[MaxValueValidator(MAX_DIGITS)]
    )
    replacement = models.CharField(
        _("put in front"),
        max_length=21,
        blank=True,
        validators=[validate_prefix],
        help_text=_("In place of what was taken away; the whole prefix again when it is to stay."),
    )

    class Meta:
        verbose_name = _("number rule")
        verbose_name_plural = _("number rules")
        ordering = ("trunk", "applies_to", "position", "pk")

    def __str__(self) -> str:
        return f"{self.prefix or '…'} → {self.replacement}…"

    def clean(self) -> None:
        super().clean()
        self.min_digits = self.min_digits or 0
        self.max_digits = self.max_digits or MAX_DIGITS
        if self.min_digits > self.max_digits:
            raise ValidationError(
                {"max_digits": _("No number fits: this is less than the least number of digits. Enter a greater one.")}
            )
        if self.prefix == self.replacement:
            raise ValidationError({"replacement": _("This rule changes nothing. Enter another text, or delete it.")})
