"""What became of the calls that went through a trunk, per day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.call import CallDirection
from widget.models.trunk import Trunk


class TrunkCount(models.Model):
    """Attempts of one day (UTC) that ended with the same SIP status; 200: answered, 0: without a final response.

    An attempt is an INVITE, not a call: one that left again through the next trunk counts at both, and one that came in
    and rang nobody counts too. The post-dial delay, of outbound ones only, is RFC 6076's Session Request Delay (section
    4.3): from the INVITE to the first response that says more than 100. ``delay_ms`` is the sum over the ``delays``
    attempts that got one.
    """

    trunk = models.ForeignKey(Trunk, on_delete=models.CASCADE, related_name="counts", verbose_name=_("trunk"))
    day = models.DateField(_("day"))
    direction = models.CharField(_("direction"), max_length=8, choices=CallDirection, default=CallDirection.OUTBOUND)
    sip_code = models.PositiveSmallIntegerField(_("SIP status"))
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    delays = models.PositiveIntegerField(_("attempts with a post-dial delay"), default=0)
    delay_ms = models.PositiveBigIntegerField(_("post-dial delays, ms"), default=0)

    class Meta:
        verbose_name = _("count of a trunk")
        verbose_name_plural = _("counts of a trunk")
        ordering = ("trunk", "-day", "direction", "sip_code")
        constraints = (
            models.UniqueConstraint(fields=["trunk", "day", "direction", "sip_code"], name="ccsdk_trunk_count_once"),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.sip_code}: {self.attempts}"
