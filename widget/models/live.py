"""The live board's place in the admin: agents as they are now, under a heading of their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from widget.models.agent import Agent


class LiveBoard(Agent):
    """No table of its own."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("live board")
        verbose_name_plural = _("live board")
