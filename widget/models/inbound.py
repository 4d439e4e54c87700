"""Inbound numbers: which group a called number rings."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.agent import AgentGroup
from widget.models.trunk import Trunk
from widget.models.validation import validate_phone_number


class InboundNumber(models.Model):
    """Calls to ``number`` that come in on ``trunk`` ring ``group``."""

    trunk = models.ForeignKey(Trunk, on_delete=models.CASCADE, related_name="inbound_numbers", verbose_name=_("trunk"))
    number = models.CharField(
        _("called number"),
        max_length=21,
        blank=True,
        validators=[validate_phone_number],
        help_text=_("As the carrier sends it, with or without +; empty = every other number of this trunk."),
    )
    group = models.ForeignKey(
        AgentGroup, on_delete=models.CASCADE, related_name="inbound_numbers", verbose_name=_("group")
    )

    class Meta:
        verbose_name = _("inbound number")
        verbose_name_plural = _("inbound numbers")
        ordering = ("trunk", "number")
        constraints = (
            models.UniqueConstraint(
                fields=["trunk", "number"],
                name="ccsdk_inbound_number",
                violation_error_message=_("This trunk has this number already. Change the group of the other line."),
            ),
        )

    def __str__(self) -> str:
        return self.number or str(_("every other number"))

    def clean(self) -> None:
        super().clean()
        group = AgentGroup.objects.filter(pk=self.group_id).first()
        # A trunk that is being added has its application, yet no key.
        if group and group.application_id != self.trunk.application_id:
            raise ValidationError(
                {"group": _("This group belongs to another application. Choose one of the trunk's own application.")}
            )
