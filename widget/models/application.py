"""Applications: the customer sites that embed the widget."""

from __future__ import annotations

import secrets
import string

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.encryption import EncryptedTextField
from widget.models.language import Language
from widget.models.mode import Mode
from widget.models.validation import (
    clean_fields,
    normalise_network,
    normalise_origin,
    refuse_hidden,
    validate_api_key,
    validate_phone_number,
    validate_region,
)
from widget.visible_text import visible

ALPHABET = string.ascii_letters + string.digits


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _unused in range(length))


def generate_public_id() -> str:
    """Return 10 letters and digits: the id in credentials and frame addresses; public."""
    return _random(10)


def generate_api_key() -> str:
    """Return 12 letters and digits: the public name of the application in API requests."""
    return _random(12)


def generate_api_secret() -> str:
    """Return 32 letters and digits (190 bits): what signs API requests."""
    return _random(32)


class Application(models.Model):
    """A customer's site: its API key, where it may embed the widget, and what its agents see by default."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    api_key = models.CharField(
        _("API key"),
        max_length=64,
        unique=True,
        default=generate_api_key,
        validators=[validate_api_key],
        help_text=_("Public name of the application; the customer's back end sends it as the header Api-Key."),
    )
    api_secret = EncryptedTextField(
        _("API secret"),
        default=generate_api_secret,
        help_text=_("Signs the requests of the customer's back end. Stored encrypted and never shown again."),
    )
    public_id = models.CharField(
        _("public id"),
        max_length=10,
        unique=True,
        default=generate_public_id,
        editable=False,
        help_text=_("First part of every credential and of the frame's address."),
    )
    allowed_origins = models.JSONField(
        _("allowed origins"),
        default=list,
        blank=True,
        help_text=_(
            "Origins of the pages that may embed the widget, one per line, for example https://crm.example.com."
        ),
    )
    ip_allow_list = models.JSONField(
        _("IP allow list"),
        default=list,
        blank=True,
        help_text=_("Addresses or networks that may use the API, one per line. Empty: any address."),
    )
    default_language = models.ForeignKey(
        Language,
        on_delete=models.PROTECT,
        related_name="applications",
        verbose_name=_("default language"),
        help_text=_("Used when the page passes no language, or one that is not among these."),
    )
    languages = models.ManyToManyField(
        Language,
        related_name="+",
        verbose_name=_("languages"),
        blank=True,
        help_text=_("Languages that pages may ask for. None chosen: every enabled one."),
    )
    default_mode = models.ForeignKey(
        Mode, on_delete=models.PROTECT, related_name="applications", verbose_name=_("default mode")
    )
    echo_number = models.CharField(
        _("echo number"),
        max_length=21,
        blank=True,
        validators=[validate_phone_number],
        help_text=_(
            "A number that answers and plays back what it hears. Agents' audio check calls it through their own trunk. "
            "Empty: the check ends at this server."
        ),
    )
    region = models.CharField(
        _("country of national numbers"),
        max_length=2,
        blank=True,
        validators=[validate_region],
        help_text=_(
            "Two letters (ISO 3166), for example US. Agents then read and dial numbers of this country without its "
            "prefix; they are dialled as +… all the same. Empty: numbers are dialled as they are typed."
        ),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ("name",)

    def __str__(self) -> str:
        return visible(self.name)

    def clean(self) -> None:
        super().clean()
        refuse_hidden(self, "name")
        clean_fields(self, (("allowed_origins", normalise_origin), ("ip_allow_list", normalise_network)))
        language = Language.objects.filter(pk=self.default_language_id).first()
        if language and not language.enabled:
            raise ValidationError(
                {"default_language": _("This language is disabled. Enable it first or choose another one.")}
            )
