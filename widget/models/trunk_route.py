"""Which trunks a group's calls leave through, and in which order."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.trunk import Trunk


class TrunkRoute(models.Model):
    """One trunk of a group. Priority and weight are those of RFC 2782."""

    group = models.ForeignKey(
        "ccsdk.AgentGroup", on_delete=models.CASCADE, related_name="routes", verbose_name=_("group")
    )
    trunk = models.ForeignKey(Trunk, on_delete=models.CASCADE, related_name="routes", verbose_name=_("trunk"))
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=1, help_text=_("The lowest number is tried first.")
    )
    weight = models.PositiveSmallIntegerField(
        _("weight"),
        default=1,
        blank=True,
        validators=[MaxValueValidator(1000)],
        help_text=_("Share of the calls among trunks of the same priority: 3 beside 1 gets three of four."),
    )

    class Meta:
        verbose_name = _("trunk of the group")
        verbose_name_plural = _("trunks of the group")
        ordering = ("group", "priority", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["group", "trunk"],
                name="ccsdk_route_once",
                violation_error_message=_("This trunk is listed twice. Keep one line and set its priority."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.priority}. {self.trunk}"

    def clean(self) -> None:
        super().clean()
        self.weight = 1 if self.weight is None else self.weight
        group = getattr(self, "group", None)  # one that is being added has its application, yet no key
        trunk = Trunk.objects.filter(pk=self.trunk_id).first()
        if group and group.application_id and trunk and trunk.application_id != group.application_id:
            raise ValidationError(
                {"trunk": _("This trunk belongs to another application. Choose one of the group's own application.")}
            )
