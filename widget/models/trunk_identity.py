"""Who we are to a carrier: the caller id and the headers that carry it (RFC 3261, 3323, 3325)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from widget.models.validation import validate_phone_number, validate_sip_host

_HEADER = re.compile(r"(X-[A-Za-z0-9-]{1,62}): ?([\x20-\x7e]{1,200})", re.IGNORECASE)


class CallerIdentity(models.TextChoices):
    """Where the caller id goes."""

    FROM = "from", _("From only")
    ASSERTED = "asserted", _("From and P-Asserted-Identity")
    PREFERRED = "preferred", _("From and P-Preferred-Identity")


def normalise_header(text: str) -> str:
    """Return ``X-Name: value``. Only X- headers: the others route calls or say who we are."""
    match = _HEADER.fullmatch(text)
    if match is None:
        raise ValidationError(
            _("“%(value)s” is not a header of this kind. Write X-Name: value, in ASCII and at most 200 characters."),
            code="header",
            params={"value": text[:80]},
        )
    return f"{match[1]}: {match[2].strip()}"


class IdentityFields(models.Model):
    """The columns of a trunk that say who calls."""

    caller_id = models.CharField(
        _("caller id"),
        max_length=21,
        blank=True,
        validators=[validate_phone_number],
        help_text=_("Number shown to the called party when the agent has none of their own."),
    )
    identity = models.CharField(
        _("caller id goes into"),
        max_length=9,
        choices=CallerIdentity,
        default=CallerIdentity.FROM,
        help_text=_("As the carrier prescribes; many want P-Asserted-Identity."),
    )
    from_account = models.BooleanField(
        _("From names the account"),
        default=False,
        help_text=_("From carries the user name of the sign-in; the caller id goes into the other header alone."),
    )
    from_domain = models.CharField(
        _("domain in From"),
        max_length=253,
        blank=True,
        validators=[validate_sip_host],
        help_text=_("For a carrier that wants its own name there; empty: our address."),
    )
    privacy = models.BooleanField(
        _("withhold the number"),
        default=False,
        help_text=_("Asks the carrier not to show it (Privacy: id); emergency services see it all the same."),
    )
    extra_headers = models.JSONField(
        _("headers of your own"),
        default=list,
        blank=True,
        help_text=_("One per line, X-Name: value, sent with every call. For what a carrier or PBX asks for."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.from_account and self.identity == CallerIdentity.FROM:
            raise ValidationError(
                {"identity": _("With the account in From the caller id needs a header of its own. Choose one.")}
            )
