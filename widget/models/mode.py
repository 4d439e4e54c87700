"""Modes: which parts of the widget an agent sees, and what a page may change about it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.Model):
    """A named profile; each part has a default and says whether ``register()`` may override it."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    workbench = models.BooleanField(
        _("workbench"),
        default=True,
        help_text=_("Show the dial pad and the whole widget; without it only a live call is shown."),
    )
    workbench_overridable = models.BooleanField(
        _("page may change it"), default=True, help_text=_("register({noWorkMode}) takes effect.")
    )
    remark = models.BooleanField(_("remark"), default=True, help_text=_("Ask for a note after the call."))
    remark_overridable = models.BooleanField(
        _("page may change it"), default=True, help_text=_("register({isRemark}) takes effect.")
    )
    information = models.BooleanField(
        _("callee information"), default=True, help_text=_("Show what the page passes in callPhone({info}).")
    )
    information_overridable = models.BooleanField(
        _("page may change it"), default=True, help_text=_("register({isInformation}) takes effect.")
    )

    class Meta:
        verbose_name = _("mode")
        verbose_name_plural = _("modes")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
