"""What became of the calls that left through a trunk, per day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.trunk import Trunk


class TrunkCount(models.Model):
    """Attempts of one day (UTC) that ended with the same SIP status; 200: answered, 0: without a final response.

    An attempt is an INVITE that left, not a call: one that went on to the next trunk counts at both. The post-dial
    delay is RFC 6076's Session Request Delay (section 4.3): from the INVITE to the first response that says more
    than 100. ``delay_ms`` is the sum over the ``delays`` attempts that got one.
    """

    trunk = models.ForeignKey(Trunk, on_delete=models.CASCADE, related_name="counts", verbose_name=_("trunk"))
    day = models.DateField(_("day"))
    sip_code = models.PositiveSmallIntegerField(_("SIP status"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    delays = models.PositiveIntegerField(_("attempts with a post-dial delay"), default=0)
    delay_ms = models.PositiveBigIntegerField(_("post-dial delays, ms"), default=0)

    class Meta:
        verbose_name = _("count of a trunk")
        verbose_name_plural = _("counts of a trunk")
        ordering = ("trunk", "-day", "sip_code")
        constraints = (models.UniqueConstraint(fields=["trunk", "day", "sip_code"], name="ccsdk_trunk_count_once"),)

    def __str__(self) -> str:
        return f"{self.day} {self.sip_code}: {self.attempts}"
