"""Modes: which parts of the widget an agent sees, and what a page may change about it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.colour import readable_on, validate_colour
from widget.models.validation import clean_fields, normalise_label, refuse_hidden
from widget.visible_text import visible

MAX_LABELS = 20


class Theme(models.TextChoices):
    """Light or dark."""

    AUTO = "auto", _("as the agent's browser prefers")
    LIGHT = "light", _("light")
    DARK = "dark", _("dark")


class Mode(models.Model):
    """A named profile; each part has a default, and three say whether ``register()`` may override them."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    workbench = models.BooleanField(
        _("workbench"),
        default=True,
        help_text=_("Show the dial pad and the whole widget; without it only a live call is shown."),
    )
    workbench_overridable = models.BooleanField(
        _("page may change it"), default=True, help_text=_("register({noWorkMode}) takes effect.")
    )
    dial_pad = models.BooleanField(
        _("dial pad"), default=True, help_text=_("Without it agents call only what the page dials for them.")
    )
    history = models.BooleanField(_("recent calls"), default=True, help_text=_("List the agent's own latest calls."))
    masks_numbers = models.BooleanField(
        _("mask numbers"),
        default=False,
        help_text=_("Show numbers as +12•••••00. The page's own code and the records still have them in full."),
    )
    opens_for_calls = models.BooleanField(
        _("open for a call"),
        default=True,
        help_text=_(
            "A widget that its agent folded to a bar opens when a call comes in, and folds again after the call. "
            "Without it the bar itself has the buttons to answer."
        ),
    )
    information = models.BooleanField(
        _("callee information"), default=True, help_text=_("Show what the page passes in callPhone({info}).")
    )
    information_overridable = models.BooleanField(
        _("page may change it"), default=True, help_text=_("register({isInformation}) takes effect.")
    )
    mute = models.BooleanField(_("mute"), default=True, help_text=_("Offer to switch the own microphone off."))
    hold = models.BooleanField(_("hold"), default=True, help_text=_("Offer to put the other side on hold."))
    blind_transfer = models.BooleanField(
        _("transfer at once"), default=True, help_text=_("Offer to hand a call over without asking the new party.")
    )
    consult_transfer = models.BooleanField(
        _("transfer after asking"), default=True, help_text=_("Offer to talk to the new party before handing over.")
    )
    automatic_answer = models.BooleanField(
        _("automatic answer"),
        default=False,
        help_text=_("An inbound call is taken at once, without a click. The agent hears a short tone first."),
    )
    inbound_ring_seconds = models.PositiveIntegerField(
        _("ring time-out of inbound calls, seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(300)],
        help_text=_("A call that the agent does not answer is given up: 5 to 300. Empty: the server's setting."),
    )
    ring_seconds = models.PositiveIntegerField(
        _("ring time-out, seconds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(5), MaxValueValidator(300)],
        help_text=_("An outbound call that rings longer is given up: 5 to 300. Empty: the server's setting."),
    )
    remark = models.BooleanField(_("remark"), default=True, help_text=_("Ask for a note after the call."))
    remark_overridable = models.BooleanField(
        _("page may change it"), default=True, help_text=_("register({isRemark}) takes effect.")
    )
    remark_required = models.BooleanField(
        _("remark required"),
        default=False,
        help_text=_("After-call work is finished by hand only with a note; its time still runs out."),
    )
    labels = models.JSONField(
        _("labels"),
        default=list,
        blank=True,
        help_text=_("What a call can be marked with after it, one per line, at most 20."),
    )
    wrap_up_seconds = models.PositiveIntegerField(
        _("after-call work, seconds"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(3600)],
        help_text=_("At most 3600; 0 = none. Empty: as the agent's group says."),
    )
    may_be_busy = models.BooleanField(
        _("busy"), default=True, help_text=_("Agents may set themselves busy and so take no calls.")
    )
    may_take_breaks = models.BooleanField(
        _("short break"), default=True, help_text=_("Agents may set themselves to a short break.")
    )
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.AUTO)
    accent = models.CharField(
        _("accent colour"),
        max_length=7,
        blank=True,
        validators=[validate_colour],
        help_text=_(
            "Of links, focus and selection, for example #2350d2; the dark theme lightens it. Empty: the widget's own."
        ),
    )

    class Meta:
        verbose_name = _("mode")
        verbose_name_plural = _("modes")
        ordering = ("name",)
        constraints = (models.CheckConstraint(condition=models.Q(theme__in=Theme.values), name="ccsdk_mode_theme"),)

    def __str__(self) -> str:
        return visible(self.name)

    def clean(self) -> None:
        super().clean()
        refuse_hidden(self, "name")
        clean_fields(self, (("labels", normalise_label),))
        if len(self.labels) > MAX_LABELS:
            raise ValidationError({"labels": _("These are more than 20 labels. An agent chooses faster among fewer.")})
        if self.remark_required and not self.remark:
            raise ValidationError(
                {"remark_required": _("A remark that is not shown cannot be required. Tick Remark or untick this.")}
            )
        if self.accent and not readable_on(self.accent, "#ffffff"):
            raise ValidationError({"accent": _("This colour is hard to read on white. Choose a darker one.")})
