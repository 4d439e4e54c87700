"""Trunks: the carriers that calls leave through."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.encryption import EncryptedTextField
from widget.models.application import Application
from widget.models.trunk_identity import IdentityFields, normalise_header
from widget.models.trunk_media import MediaFields, default_codecs  # noqa: F401  (migration 0001 names it here)
from widget.models.trunk_tls import TlsFields
from widget.models.validation import (
    clean_fields,
    normalise_codec,
    normalise_network,
    refuse_hidden,
    refuse_other_application,
    validate_sip_host,
)
from widget.visible_text import visible


class TrunkTransport(models.TextChoices):
    """What carries SIP to the carrier."""

    AUTOMATIC = "auto", _("as the carrier's DNS says")
    UDP = "udp", "UDP"
    TCP = "tcp", "TCP"
    TLS = "tls", "TLS"


class Trunk(TlsFields, MediaFields, IdentityFields):
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
        default=0,
        blank=True,
        validators=[MaxValueValidator(65535)],
        help_text=_("Empty: as the carrier's DNS says (SRV records), else 5060, and 5061 for TLS."),
    )
    allowed_sources = models.JSONField(
        _("calls in from"),
        default=list,
        blank=True,
        help_text=_(
            "More addresses or networks that the carrier sends from, one per line; the host's own are known. "
            "Anybody else gets no answer at all."
        ),
    )
    transport = models.CharField(_("transport"), max_length=4, choices=TrunkTransport, default=TrunkTransport.UDP)
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
    max_calls = models.PositiveIntegerField(
        _("calls at a time"),
        default=0,
        blank=True,
        help_text=_("Of both directions; one more goes to the group's next trunk. Empty or 0: no limit."),
    )
    calls_per_second = models.PositiveIntegerField(
        _("new calls per second"),
        default=0,
        blank=True,
        help_text=_("One more goes to the group's next trunk. Empty or 0: no limit."),
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
            models.CheckConstraint(condition=models.Q(port__lte=65535), name="ccsdk_trunk_port"),
        )

    def __str__(self) -> str:
        return visible(self.name)

    def clean(self) -> None:
        super().clean()
        refuse_hidden(self, "name")
        for field in ("port", "max_calls", "calls_per_second"):
            setattr(self, field, getattr(self, field) or 0)
        refuse_other_application(self)
        clean_fields(
            self,
            (
                ("codecs", normalise_codec),
                ("extra_headers", normalise_header),
                ("allowed_sources", normalise_network),
            ),
        )
        if self.registers and not self.username:
            raise ValidationError(
                {"username": _("A trunk that registers needs a user name. Enter it or untick Registers.")}
            )
        if self.from_account and not self.username:
            raise ValidationError({"username": _("From is to name the account. Enter its user name, or untick that.")})
