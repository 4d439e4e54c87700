"""How trunks do: written by the switchboard when something changes."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from widget.models.trunk import Trunk


class HealthState(models.TextChoices):
    """What the latest checks say. ``unknown``: none came back yet."""

    UNKNOWN = "unknown", _("not checked yet")
    UP = "up", _("up")
    DEGRADED = "degraded", _("shaky")
    DOWN = "down", _("down")


class TrunkHealth(models.Model):
    """The state of one trunk, as the switchboard last knew it."""

    trunk = models.OneToOneField(Trunk, on_delete=models.CASCADE, related_name="health", verbose_name=_("trunk"))
    state = models.CharField(_("state"), max_length=8, choices=HealthState, default=HealthState.UNKNOWN)
    since = models.DateTimeField(_("since"), default=timezone.now)
    reason = models.CharField(_("reason"), max_length=24, blank=True)
    detail = models.CharField(_("in the carrier's words"), max_length=120, blank=True)
    round_trip_ms = models.PositiveIntegerField(_("round trip, milliseconds"), null=True, blank=True)
    checked_at = models.DateTimeField(_("last check"), null=True, blank=True)
    registration = models.CharField(_("registration"), max_length=16, blank=True)
    registration_since = models.DateTimeField(_("registration since"), null=True, blank=True)

    class Meta:
        verbose_name = _("health of a trunk")
        verbose_name_plural = _("health of trunks")
        constraints = (models.CheckConstraint(condition=models.Q(state__in=HealthState.values), name="ccsdk_health"),)

    def __str__(self) -> str:
        return f"{self.trunk}: {self.state}"
