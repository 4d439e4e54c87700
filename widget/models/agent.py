"""Agents and their groups."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from widget.models.application import Application
from widget.models.mode import Mode
from widget.models.trunk import Trunk
from widget.models.trunk_route import TrunkRoute
from widget.models.validation import refuse_hidden, refuse_other_application, validate_account, validate_phone_number
from widget.visible_text import visible


class AgentGroup(models.Model):
    """Agents that share trunks and after-call time."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="groups", verbose_name=_("application")
    )
    name = models.CharField(
        _("name"), max_length=32, validators=[MinLengthValidator(4)], help_text=_("4 to 32 characters.")
    )
    wrap_up_seconds = models.PositiveIntegerField(
        _("after-call work, seconds"),
        default=15,
        help_text=_("How long an agent stays in post-call after a call; 0 = not at all."),
    )
    mode = models.ForeignKey(
        Mode,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="groups",
        verbose_name=_("mode"),
        help_text=_("What these agents see. Empty: as the application says."),
    )
    supervisors = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="+",
        verbose_name=_("supervisors"),
        blank=True,
        help_text=_("Staff users of the role Call centre supervisors: they see and edit their own groups only."),
    )
    trunks = models.ManyToManyField(
        Trunk, through=TrunkRoute, related_name="groups", verbose_name=_("trunks"), blank=True
    )

    class Meta:
        verbose_name = _("agent group")
        verbose_name_plural = _("agent groups")
        ordering = ("application", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["application", "name"],
                name="ccsdk_group_name",
                violation_error_message=_("This application has a group of this name already. Choose another name."),
            ),
        )

    def __str__(self) -> str:
        return visible(self.name)

    def clean(self) -> None:
        super().clean()
        refuse_hidden(self, "name")
        refuse_other_application(self)


class AgentStatus(models.IntegerChoices):
    """What an agent does now; the numbers are the contract's (``onSeatStatus``)."""

    OFFLINE = 1, _("offline")
    IDLE = 2, _("idle")
    BUSY = 3, _("busy")
    POST_CALL = 4, _("post-call")
    SHORT_BREAK = 5, _("short break")


class Agent(models.Model):
    """A person who makes calls: a "seat" in the original's interface."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="agents", verbose_name=_("application")
    )
    # RESTRICT, not PROTECT: deleting a whole application takes groups and agents together.
    group = models.ForeignKey(AgentGroup, on_delete=models.RESTRICT, related_name="agents", verbose_name=_("group"))
    account = models.CharField(
        _("account"),
        max_length=64,
        validators=[validate_account],
        help_text=_("Name that the customer's back end asks a credential for; unique in the application."),
    )
    name = models.CharField(_("name"), max_length=64)
    display_number = models.CharField(
        _("display number"),
        max_length=21,
        blank=True,
        validators=[validate_phone_number],
        help_text=_("Number shown to the called party; empty: the trunk's caller id."),
    )
    mode = models.ForeignKey(
        Mode,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="agents",
        verbose_name=_("mode"),
        help_text=_("What this agent sees. Empty: as the group says."),
    )
    enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("Disabled agents cannot sign in; a live call goes on.")
    )
    status = models.PositiveSmallIntegerField(
        _("status"), choices=AgentStatus, default=AgentStatus.OFFLINE, editable=False
    )
    status_since = models.DateTimeField(_("in this status since"), default=timezone.now, editable=False)
    next_status = models.PositiveSmallIntegerField(
        _("status after the call"), choices=AgentStatus, null=True, editable=False
    )
    leg_connected = models.BooleanField(_("audio connected"), default=False, editable=False)
    wrap_up_call = models.ForeignKey(
        "ccsdk.Call", on_delete=models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("wraps up")
    )
    wrap_up_ends_at = models.DateTimeField(_("wrap-up ends"), null=True, editable=False)
    devices = models.JSONField(_("devices"), default=dict, editable=False)
    folded = models.BooleanField(_("widget folded to a bar"), null=True, editable=False)
    version = models.PositiveBigIntegerField(_("version"), default=0, editable=False)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        ordering = ("application", "account")
        constraints = (
            models.UniqueConstraint(
                fields=["application", "account"],
                name="ccsdk_agent_account",
                violation_error_message=_(
                    "This application has an agent of this account already. Choose another account."
                ),
            ),
            models.CheckConstraint(condition=models.Q(status__in=AgentStatus.values), name="ccsdk_agent_status"),
        )

    def __str__(self) -> str:
        return f"{visible(self.name)} ({self.account})"

    def clean(self) -> None:
        super().clean()
        refuse_hidden(self, "name")
        refuse_other_application(self)
        group = AgentGroup.objects.filter(pk=self.group_id).first()
        if group and group.application_id != self.application_id:
            raise ValidationError(
                {"group": _("This group belongs to another application. Choose one of the agent's own application.")}
            )
