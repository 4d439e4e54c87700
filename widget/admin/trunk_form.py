"""The form of a trunk: secrets go in and never come out, what is not sent stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from widget.admin.base import ModelForm
from widget.admin.fields import CommaField, LinesField, SecretLinesField
from widget.models import Srtp, Trunk, TrunkTransport

CHOICES = ("identity", "ptime_ms", "srtp", "dtmf", "reliable_provisional", "session_timer_seconds")
"""What a request may leave out: the trunk then keeps what it has."""
SECRETS: Mapping[str, tuple[str, Promise]] = {
    "clear_password": ("password", _("Either enter a new password or remove the stored one, not both.")),
    "clear_tls_key": ("tls_key", _("Either paste a new key or remove the stored one, not both.")),
}


class TrunkForm(ModelForm[Trunk]):
    clear_password = forms.BooleanField(
        label=_("Remove the stored password"),
        required=False,
        help_text=_("Tick when the carrier no longer asks for one."),
    )
    clear_tls_key = forms.BooleanField(
        label=_("Remove the stored key"), required=False, help_text=_("Remove our certificate together with it.")
    )
    sample_number = forms.CharField(
        label=_("Try a number"),
        required=False,
        max_length=21,
        initial="12025550100",
        help_text=_("When you save, the page says how each kind of rule writes this number."),
    )

    class Meta:
        model = Trunk
        fields = (
            "application",
            "name",
            "enabled",
            "host",
            "port",
            "transport",
            "allowed_sources",
            "username",
            "password",
            "registers",
            "caller_id",
            "identity",
            "from_account",
            "from_domain",
            "privacy",
            "extra_headers",
            "max_calls",
            "calls_per_second",
            "codecs",
            "ptime_ms",
            "srtp",
            "dtmf",
            "latching",
            "shared_port",
            "reliable_provisional",
            "late_offer",
            "session_timer_seconds",
            "tls_verify",
            "tls_server_name",
            "tls_ca",
            "tls_certificate",
            "tls_key",
        )
        field_classes = {  # noqa: RUF012  (Django's form)
            "codecs": CommaField,
            "extra_headers": LinesField,
            "allowed_sources": LinesField,
            "tls_key": SecretLinesField,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CHOICES:
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for name in CHOICES:
            if self.cleaned_data.get(name) in (None, ""):
                self.cleaned_data[name] = getattr(self.instance, name)
        for box, (secret, both) in SECRETS.items():
            if self.cleaned_data.get(box):
                if self.cleaned_data.get(secret):
                    raise ValidationError({secret: both})
                setattr(self.instance, secret, "")
        return cleaned


def doubts(trunk: Trunk) -> Iterator[Promise]:
    """What may be meant so, but mostly is not: shown when the trunk is saved."""
    is_tls = trunk.transport == TrunkTransport.TLS
    is_automatic = trunk.transport == TrunkTransport.AUTOMATIC
    if is_automatic and trunk.port:
        yield _("With a port the carrier's DNS is not asked, and UDP is used. Leave the port empty.")
    if is_tls and trunk.port == 5060:
        yield _("TLS usually uses port 5061; 5060 is for UDP and TCP. Leave the port empty for the usual one.")
    if not (is_tls or is_automatic) and trunk.port == 5061:
        yield _("Port 5061 is for TLS, and this trunk does not use it. Choose TLS, or leave the port empty.")
    if (is_tls or is_automatic) and not trunk.tls_verify:
        yield _("The carrier's certificate is not verified: anybody on the way can listen in and place calls.")
    if trunk.srtp != Srtp.OFF and not is_tls:
        yield _("The keys of encrypted audio travel unprotected without TLS: who reads them can listen in.")
    if trunk.tls_certificate and not (is_tls or is_automatic):
        yield _("Our certificate is only shown over TLS, which this trunk does not use.")
