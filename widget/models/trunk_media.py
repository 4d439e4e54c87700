"""What a carrier wants of the audio: codecs, packets, encryption, keys, session timers."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

SHORTEST_SESSION_SECONDS = 90
"""Min-SE's least value (RFC 4028 section 5)."""


def default_codecs() -> list[str]:
    """What every carrier takes, best first."""
    return ["PCMU", "PCMA"]


class Srtp(models.TextChoices):
    """Encrypted audio by SDES (RFC 4568); the keys travel in the signalling."""

    OFF = "off", _("off")
    OPTIONAL = "optional", _("when the carrier takes it")
    REQUIRED = "required", _("always")


class Dtmf(models.TextChoices):
    """How pressed keys reach the carrier."""

    RFC4733 = "rfc4733", _("in the audio (RFC 4733)")
    INFO = "info", _("in the signalling (SIP INFO)")


class ReliableProvisional(models.TextChoices):
    """100rel (RFC 3262): whether ringing is acknowledged."""

    OFF = "off", _("off")
    SUPPORTED = "supported", _("when the carrier asks for it")
    REQUIRED = "required", _("always")


class PacketTime(models.IntegerChoices):
    """Milliseconds of audio in one packet."""

    MS_10 = 10, "10"
    MS_20 = 20, "20"
    MS_30 = 30, "30"
    MS_40 = 40, "40"
    MS_60 = 60, "60"


def validate_session_seconds(seconds: int) -> None:
    """0 for none, else no less than a session may last (RFC 4028 section 5)."""
    if 0 < seconds < SHORTEST_SESSION_SECONDS:
        raise ValidationError(_("Enter 0 for no session timer, or 90 and more, usually 1800."), code="session_timer")


class MediaFields(models.Model):
    """The columns of a trunk that shape offers and answers."""

    codecs = models.JSONField(
        _("codecs"),
        default=default_codecs,
        help_text=_("Offered to the carrier in this order, separated by commas: PCMU, PCMA, G722, opus."),
    )
    ptime_ms = models.PositiveSmallIntegerField(
        _("packet time, ms"), choices=PacketTime, default=PacketTime.MS_20, help_text=_("Nearly always 20.")
    )
    srtp = models.CharField(
        _("encrypted audio (SRTP)"),
        max_length=8,
        choices=Srtp,
        default=Srtp.OFF,
        help_text=_("Its keys are in the signalling, so use it with TLS."),
    )
    dtmf = models.CharField(_("keys pressed"), max_length=7, choices=Dtmf, default=Dtmf.RFC4733)
    latching = models.BooleanField(
        _("audio may come from another address"),
        default=False,
        help_text=_(
            "Tick when the carrier is behind NAT, or sends from elsewhere than it says: the first address that sends "
            "is then taken. Whoever is first could be a stranger."
        ),
    )
    shared_port = models.BooleanField(
        _("one port for all calls"),
        default=False,
        help_text=_(
            "Only for a carrier that sends from the address and port at which it receives: what comes from elsewhere "
            "is not heard. Its calls cost less and need fewer UDP ports."
        ),
    )
    reliable_provisional = models.CharField(
        _("acknowledge ringing (100rel)"),
        max_length=9,
        choices=ReliableProvisional,
        default=ReliableProvisional.SUPPORTED,
    )
    late_offer = models.BooleanField(
        _("late offer"),
        default=False,
        help_text=_(
            "Call without a description of our audio: the carrier makes the offer and we answer. Only for carriers "
            "that want it; nobody hears the carrier's own tones before the answer."
        ),
    )
    session_timer_seconds = models.PositiveIntegerField(
        _("session timer, seconds"),
        default=1800,
        validators=[MaxValueValidator(86_400), validate_session_seconds],
        help_text=_("How soon the two ends notice that the other is gone (RFC 4028); 0 = off."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.late_offer and self.reliable_provisional == ReliableProvisional.REQUIRED:
            raise ValidationError({"late_offer": _("Ringing cannot be acknowledged then. Choose off, or untick this.")})
