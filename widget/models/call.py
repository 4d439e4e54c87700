"""Call records: written by the switchboard, read by everybody else."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from widget.models.agent import Agent
from widget.models.application import Application
from widget.models.trunk import Trunk
from widget.visible_text import visible


def new_call_id() -> str:
    """Return 32 random hex digits: the call's id here, in SIP and in every log line."""
    return uuid.uuid4().hex


class CallState(models.TextChoices):
    """Where a call is; it only moves forward, and ``ended`` is final. To the agent ``bridged`` is the end already."""

    CALLING = "calling", _("calling")
    RINGING = "ringing", _("ringing")
    TALKING = "talking", _("talking")
    BRIDGED = "bridged", _("goes on without the agent")
    ENDED = "ended", _("ended")


class CallDirection(models.TextChoices):
    """Who called whom."""

    OUTBOUND = "outbound", _("outbound")
    INBOUND = "inbound", _("inbound")


class TransferKind(models.TextChoices):
    """How a call was handed over."""

    BLIND = "blind", _("blind")
    ATTENDED = "attended", _("after consulting")


class TransferState(models.TextChoices):
    """How far a transfer has come; after a refused or failed one the call goes on."""

    ASKED = "asked", _("asked for")
    TAKEN = "taken", _("under way")
    REFUSED = "refused", _("refused by the carrier")
    FAILED = "failed", _("failed")
    DONE = "done", _("done")


class EndedBy(models.TextChoices):
    """Who ended a call."""

    AGENT = "agent", _("agent")
    CUSTOMER = "customer", _("customer")
    SYSTEM = "system", _("system")


class Call(models.Model):
    """One call. Committed before its INVITE leaves; times are wall clock, the duration is not."""

    id = models.CharField(_("call id"), max_length=32, primary_key=True, default=new_call_id, editable=False)
    application = models.ForeignKey(
        Application, on_delete=models.PROTECT, related_name="calls", verbose_name=_("application")
    )
    agent = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="calls", verbose_name=_("agent"))
    trunk = models.ForeignKey(
        Trunk, on_delete=models.SET_NULL, null=True, blank=True, related_name="calls", verbose_name=_("trunk")
    )
    direction = models.CharField(_("direction"), max_length=8, choices=CallDirection, default=CallDirection.OUTBOUND)
    called = models.CharField(_("called number"), max_length=64)
    caller = models.CharField(_("caller number"), max_length=64, blank=True)
    info = models.CharField(_("callee information"), max_length=1000, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=CallState, default=CallState.CALLING)
    version = models.PositiveIntegerField(_("version"), default=0, help_text=_("Grows with every change."))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ringing_at = models.DateTimeField(_("ringing since"), null=True, blank=True)
    early_media = models.BooleanField(
        _("early media"), default=False, help_text=_("The carrier played its own ringing.")
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    bridged_at = models.DateTimeField(
        _("joined by this server"),
        null=True,
        blank=True,
        help_text=_("When the agent left and the call went on with the party to whom it was transferred."),
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    duration_seconds = models.PositiveIntegerField(
        _("duration, seconds"),
        null=True,
        blank=True,
        help_text=_("Time talked, by the monotonic clock, to the carrier's end of the call; empty when not answered."),
    )
    termination = models.CharField(_("termination"), max_length=40, blank=True, help_text=_("Why the call ended."))
    ended_by = models.CharField(_("ended by"), max_length=8, choices=EndedBy, blank=True)
    sip_code = models.PositiveSmallIntegerField(_("SIP status"), null=True, blank=True)
    detail = models.CharField(
        _("detail"), max_length=500, blank=True, help_text=_("In the carrier's words: not to be trusted.")
    )
    muted = models.BooleanField(_("muted"), default=False, help_text=_("The agent's microphone was off last."))
    held = models.BooleanField(_("on hold"), default=False, help_text=_("The agent held the call last."))
    held_at = models.DateTimeField(_("on hold since"), null=True, blank=True)
    held_by_far_end = models.BooleanField(_("held by the other side"), default=False)
    colleague = models.ForeignKey(
        Agent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("colleague"),
        help_text=_("The agent at the other end, or from whom the call came."),
    )
    consults_for = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("consults for"),
        help_text=_("The call that waits on hold meanwhile."),
    )
    transfer_kind = models.CharField(_("transfer"), max_length=8, choices=TransferKind, blank=True)
    transfer_to = models.CharField(
        _("transferred to"), max_length=64, blank=True, help_text=_("A number, or a colleague's account.")
    )
    transfer_agent = models.ForeignKey(
        Agent,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("transferred to colleague"),
    )
    transfer_state = models.CharField(_("state of the transfer"), max_length=8, choices=TransferState, blank=True)
    transfer_code = models.PositiveSmallIntegerField(_("SIP status of the transfer"), null=True, blank=True)
    remark = models.TextField(_("remark"), max_length=4000, blank=True)
    labels = models.JSONField(_("labels"), default=list, blank=True)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ("-started_at",)
        get_latest_by = "started_at"
        indexes = (
            models.Index(fields=["-started_at"], name="ccsdk_call_started"),
            models.Index(fields=["application", "-started_at"], name="ccsdk_call_application"),
            models.Index(fields=["agent", "-started_at"], name="ccsdk_call_agent"),
            models.Index(fields=["called"], name="ccsdk_call_called"),
            models.Index(fields=["state"], condition=~Q(state="ended"), name="ccsdk_call_live"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["agent"],
                condition=~Q(state__in=["bridged", "ended"]) & Q(consults_for__isnull=True),
                name="ccsdk_call_one_per_agent",
            ),
            models.UniqueConstraint(
                fields=["consults_for"],
                condition=~Q(state__in=["bridged", "ended"]),
                name="ccsdk_call_one_consultation",
            ),
            models.CheckConstraint(
                condition=Q(transfer_kind__in=["", *TransferKind.values]), name="ccsdk_call_transfer_kind"
            ),
            models.CheckConstraint(
                condition=Q(transfer_state__in=["", *TransferState.values]), name="ccsdk_call_transfer_state"
            ),
            models.CheckConstraint(condition=Q(state__in=CallState.values), name="ccsdk_call_state"),
            models.CheckConstraint(condition=Q(direction__in=CallDirection.values), name="ccsdk_call_direction"),
            models.CheckConstraint(condition=Q(ended_by__in=["", *EndedBy.values]), name="ccsdk_call_ended_by"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False) | (~Q(state="ended") & Q(ended_at__isnull=True)),
                name="ccsdk_call_ended_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | (~Q(termination="") & ~Q(ended_by="")), name="ccsdk_call_termination"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["talking", "bridged"]) | Q(answered_at__isnull=False),
                name="ccsdk_call_answered_at",
            ),
        )

    def __str__(self) -> str:
        return f"{visible(self.called)} ({self.id})"

    @property
    def is_ended(self) -> bool:
        """Whether the record is final."""
        return self.state == CallState.ENDED

    @property
    def left_at(self) -> datetime | None:
        """When it was over for the agent; None while it is not."""
        return self.bridged_at or self.ended_at

    @property
    def talked_seconds(self) -> int | None:
        """How long the agent talked; None while they do, or if it was never answered."""
        if self.bridged_at is None or self.answered_at is None:
            return self.duration_seconds
        return round((self.bridged_at - self.answered_at).total_seconds())


class CallEvent(models.Model):
    """Something that happened to a call, in the order in which it did; its id is the event id on the wire.

    ``name`` is the call's state, or ``AFTERWARDS`` for the end of a call that had been over for its agent before.
    """

    AFTERWARDS = "released"

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="events", verbose_name=_("call"))
    seq = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("event"), max_length=64)
    at = models.DateTimeField(_("time"), default=timezone.now)
    data = models.JSONField(_("data"), default=dict, blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("call", "seq")
        constraints = (models.UniqueConstraint(fields=["call", "seq"], name="ccsdk_event_seq"),)

    def __str__(self) -> str:
        return f"{self.seq} {self.name}"
