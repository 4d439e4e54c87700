"""SDK credentials: what a page signs an agent in with."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.agent import Agent


class Credential(models.Model):
    """The one live credential of an agent; a new one replaces the row.

    Only a SHA-256 of the token is kept. A slow hash would add nothing: the token carries 122 random bits.
    """

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="credential", verbose_name=_("agent"))
    token_hash = models.CharField(_("token hash"), max_length=64, unique=True, editable=False)
    issued_at = models.DateTimeField(_("issued"))
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")

    def __str__(self) -> str:
        return str(self.agent)

    @property
    def serial(self) -> int:
        """Grows with each credential, over all agents: the row is replaced, never updated."""
        return self.pk
