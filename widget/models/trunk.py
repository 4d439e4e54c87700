"""Trunks: the carriers that calls leave through."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.encryption import EncryptedTextField
from widget.models.application import Application
from widget.models.validation import (
    CODECS,
    clean_fields,
    normalise_codec,
    refuse_other_application,
    validate_phone_number,
    validate_sip_host,
)


def default_codecs() -> list[str]:
    """Every codec that we offer, best first."""
    return list(CODECS)


class TrunkTransport(models.TextChoices):
    """What carries SIP to the carrier; TLS is verified against the system's authorities."""

    UDP = "udp", "UDP"
    TCP = "tcp", "TCP"
    TLS = "tls", "TLS"


class Trunk(models.Model):
    """A configured carrier."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="trunks", verbose_name=_("application")
    )
    name = models.CharField(_("name"), max_length=64)
    host = models.CharField(
        _("host"),
        max_length=253,
        validators=[validate_sip_host],
        help_text=_("Host name or address of the carrier's SIP server, for example sip.example.com."),
    )
    port = models.PositiveIntegerField(
        _("port"),
        default=5060,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text=_("1 to 65535; usually 5060."),
    )
    transport = models.CharField(_("transport"), max_length=3, choices=TrunkTransport, default=TrunkTransport.UDP)
    username = models.CharField(
        _("user name"), max_length=128, blank=True, help_text=_("Leave empty when the carrier knows us by our address.")
    )
    password = EncryptedTextField(
        _("password"), blank=True, default="", help_text=_("Stored encrypted and never shown again.")
    )
    registers = models.BooleanField(
        _("registers"),
        default=False,
        help_text=_("Sign in at the carrier and stay signed in (REGISTER); needs a user name."),
    )
    codecs = models.JSONField(
        _("codecs"),
        default=default_codecs,
        help_text=_("Offered to the carrier in this order, separated by commas: PCMU, PCMA."),
    )
    caller_id = models.CharField(
        _("caller id"),
        max_length=21,
        blank=True,
        validators=[validate_phone_number],
        help_text=_("Number shown to the called party when the agent has none of their own."),
    )
    enabled = models.BooleanField(
        _("enabled"), default=True, help_text=_("Disabled trunks take no new calls; live calls go on.")
    )

    class Meta:
        verbose_name = _("trunk")
        verbose_name_plural = _("trunks")
        ordering = ("application", "name")
        constraints = (
            models.UniqueConstraint(
                fields=["application", "name"],
                name="ccsdk_trunk_name",
                violation_error_message=_("This application has a trunk of this name already. Choose another name."),
            ),
            models.CheckConstraint(condition=models.Q(port__gte=1, port__lte=65535), name="ccsdk_trunk_port"),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        refuse_other_application(self)
        clean_fields(self, (("codecs", normalise_codec),))
        if self.registers and not self.username:
            raise ValidationError(
                {"username": _("A trunk that registers needs a user name. Enter it or untick Registers.")}
            )


class TrunkRoute(models.Model):
    """One trunk of a group; calls try the lowest priority number first."""

    group = models.ForeignKey(
        "ccsdk.AgentGroup", on_delete=models.CASCADE, related_name="routes", verbose_name=_("group")
    )
    trunk = models.ForeignKey(Trunk, on_delete=models.CASCADE, related_name="routes", verbose_name=_("trunk"))
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=1, help_text=_("The lowest number is tried first.")
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
        group = getattr(self, "group", None)  # one that is being added has its application, yet no key
        trunk = Trunk.objects.filter(pk=self.trunk_id).first()
        if group and group.application_id and trunk and trunk.application_id != group.application_id:
            raise ValidationError(
                {"trunk": _("This trunk belongs to another application. Choose one of the group's own application.")}
            )
