"""How a call sounded: written by the switchboard while it lasts and at its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from widget.models.call import Call

LEG = ("loss", "burst_ratio", "jitter_ms", "round_trip_ms", "mos")
SAMPLE = ("at", "mos", *(f"agent_{name}" for name in LEG), *(f"carrier_{name}" for name in LEG))
"""What each number of a sample is: seconds after the answer, MOS, loss 0 to 1, times in milliseconds or null."""

POOR_MOS = 3.6
"""Below it many listeners are dissatisfied (ITU-T G.107 annex B: R under 70)."""


class QualityVerdict(models.TextChoices):
    """Where a call suffered, by the slugs of ``widget.media.quality.Verdict``."""

    GOOD = "good", _("good")
    AGENT_NETWORK = "agent_network", _("the agent's network")
    OUR_SERVER = "our_server", _("our server")
    CARRIER = "carrier", _("the carrier")
    AGENT_SILENT = "agent_silent", _("nothing from the agent")
    CARRIER_SILENT = "carrier_silent", _("nothing from the carrier")
    BOTH_SILENT = "both_silent", _("nothing from either side")


class CallQuality(models.Model):
    """One row per call that was judged; the series is bounded, see ``widget.switchboard.quality_log``."""

    call = models.OneToOneField(
        Call, on_delete=models.CASCADE, primary_key=True, related_name="quality", verbose_name=_("call")
    )
    mos_lowest = models.FloatField(_("lowest MOS"))
    mos_mean = models.FloatField(_("mean MOS"))
    verdict = models.CharField(_("verdict"), max_length=16, choices=QualityVerdict, default=QualityVerdict.GOOD)
    worst_loss = models.FloatField(_("worst loss"), default=0)
    worst_jitter_ms = models.PositiveIntegerField(_("worst jitter, ms"), default=0)
    worst_round_trip_ms = models.PositiveIntegerField(_("longest round trip, ms"), null=True, blank=True)
    agent_codec = models.CharField(_("codec towards the agent"), max_length=16, blank=True, default="")
    carrier_codec = models.CharField(_("codec towards the carrier"), max_length=16, blank=True, default="")
    is_transcoded = models.BooleanField(_("transcoded"), default=False)
    samples = models.JSONField(_("samples"), default=list, blank=True)
    silences = models.JSONField(_("silences"), default=list, blank=True)

    class Meta:
        verbose_name = _("sound of a call")
        verbose_name_plural = _("sound of calls")
        indexes = (
            models.Index(fields=["mos_lowest"], name="ccsdk_quality_mos"),
            models.Index(fields=["verdict"], condition=~Q(verdict="good"), name="ccsdk_quality_verdict"),
        )

    def __str__(self) -> str:
        return f"{self.mos_lowest:.1f} {self.verdict}"

    @property
    def is_poor(self) -> bool:
        """Whether the list of calls finds it as poor."""
        return self.mos_lowest < POOR_MOS or self.verdict != QualityVerdict.GOOD

    def series(self) -> Iterator[dict[str, Any]]:
        """The samples by name, see :data:`SAMPLE`."""
        for numbers in self.samples:
            yield dict(zip(SAMPLE, numbers, strict=True))
