"""The SIP messages of calls: written by the switchboard without secrets, deleted after some days."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.call import Call


class CallMessage(models.Model):
    """One SIP message of a call as text. All that it says comes from the wire and is hostile."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="messages", verbose_name=_("call"))
    at = models.DateTimeField(_("time"), db_index=True)
    is_sent = models.BooleanField(_("sent by us"))
    remote = models.CharField(_("the other side"), max_length=64)
    transport = models.CharField(_("transport"), max_length=3)
    start_line = models.CharField(_("first line"), max_length=200)
    repeats = models.PositiveIntegerField(_("retransmissions"), default=0)
    last_at = models.DateTimeField(_("last retransmission"), null=True, blank=True)
    text = models.TextField(_("message"))

    class Meta:
        verbose_name = _("SIP message")
        verbose_name_plural = _("SIP messages")
        ordering = ("call", "at", "pk")

    def __str__(self) -> str:
        return self.start_line
