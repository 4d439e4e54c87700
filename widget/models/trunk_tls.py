"""TLS towards a carrier: how it proves who it is, and what we show it (RFC 3261 section 26.2.1, RFC 5922)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.encryption import EncryptedTextField, SecretUnreadableError
from widget.models.pem import belong_together, read_key, validate_certificates
from widget.models.validation import validate_sip_host


class TlsFields(models.Model):
    """The columns of a trunk that only matter over TLS."""

    tls_verify = models.BooleanField(
        _("verify the carrier's certificate"),
        default=True,
        help_text=_("Without it anybody on the way can listen in and place calls. Untick for a trial only."),
    )
    tls_server_name = models.CharField(
        _("name in the carrier's certificate"),
        max_length=253,
        blank=True,
        validators=[validate_sip_host],
        help_text=_("When it differs from the host, for example because the host is an address."),
    )
    tls_ca = models.TextField(
        _("the carrier's own authority"),
        blank=True,
        validators=[validate_certificates],
        help_text=_("Certificates in PEM; they replace the authorities that this machine knows. Usually empty."),
    )
    tls_certificate = models.TextField(
        _("our certificate"),
        blank=True,
        validators=[validate_certificates],
        help_text=_("For a carrier that knows its customers by certificate: ours in PEM, its chain behind it."),
    )
    tls_key = EncryptedTextField(
        _("our private key"),
        blank=True,
        default="",
        help_text=_("The certificate's key in PEM, without a passphrase. Stored encrypted and never shown again."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.tls_key and not self.tls_certificate:
            raise ValidationError({"tls_certificate": _("There is a key but no certificate. Paste the certificate.")})
        if self.tls_certificate and not self.tls_key:
            raise ValidationError({"tls_key": _("There is a certificate but no key. Paste the certificate's key.")})
        if self.tls_key:
            self._check_key()

    def _check_key(self) -> None:
        try:
            key = self.tls_key.reveal()
            read_key(key)
        except SecretUnreadableError:
            raise ValidationError(
                {"tls_key": _("The stored key cannot be decrypted any more. Paste it again.")}
            ) from None
        except ValidationError as fault:
            raise ValidationError({"tls_key": fault.error_list}) from None
        try:
            fits = belong_together(self.tls_certificate, key)
        except ValidationError:
            return  # the certificate's own validator names what is wrong with it
        if not fits:
            raise ValidationError({"tls_key": _("This key belongs to another certificate. Paste the one of ours.")})
