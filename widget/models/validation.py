"""What admins may type: each function returns the normalised value or raises a ValidationError that names the fix."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import SplitResult, urlsplit

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from widget.visible_text import is_visible

DEFAULT_PORTS = {"http": 80, "https": 443}
CODECS = ("PCMU", "PCMA", "G722", "opus")

validate_account = RegexValidator(
    r"\A[A-Za-z0-9_.@-]{1,64}\Z",
    _("Use 1 to 64 letters, digits or _ . @ - only; no spaces and no colon."),
)
validate_api_key = RegexValidator(
    r"\A[A-Za-z0-9_-]{4,64}\Z",
    _("Use 4 to 64 letters, digits, _ or - only."),
)
validate_phone_number = RegexValidator(
    r"\A\+?[0-9]{1,20}\Z",
    _("Use digits only, with an optional + in front, for example +12025550100."),
)
validate_language_code = RegexValidator(
    r"\A[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z",
    _("Use a language tag like en, es or zh-Hans."),
)
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")


def normalise_each(values: object, normalise: Callable[[str], str]) -> list[str]:
    """Normalise a list of strings, dropping blanks and repetitions; all faults are reported at once."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValidationError(_("This must be a list of texts."), code="not_a_list")
    kept: dict[str, None] = {}
    faults: list[ValidationError] = []
    for value in filter(None, (value.strip() for value in values)):
        try:
            kept[normalise(value)] = None
        except ValidationError as fault:
            faults.append(fault)
    if faults:
        raise ValidationError(list(faults))
    return list(kept)


def normalise_origin(text: str) -> str:
    """Return an origin as browsers send it (RFC 6454, section 6.2): lower case, punycode, no default port.

    A wildcard is refused: whoever may embed the frame may ask the agent's browser for the microphone.
    """
    parts = _split(text)
    host = _ascii_host(parts, text)
    port = _port(parts, text)
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _bad_origin(text) from None
    extra = (
        parts.path not in ("", "/")
        or parts.query
        or parts.fragment
        or "@" in parts.netloc
        or "?" in text
        or "#" in text
    )
    # urlsplit drops line ends and tabs without a word; an origin ends up in headers.
    if parts.scheme not in DEFAULT_PORTS or extra or not text.isprintable():
        raise _bad_origin(text)
    return parts


def _ascii_host(parts: SplitResult, text: str) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        return f"[{_address(host, text)}]"
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        raise _bad_origin(text) from None
    if not _HOST_NAME.fullmatch(host):
        raise _bad_origin(text)
    return host


def _address(host: str, text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(host))
    except ValueError:
        raise _bad_origin(text) from None


def _port(parts: SplitResult, text: str) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise _bad_origin(text) from None


def _bad_origin(text: str) -> ValidationError:
    return ValidationError(
        _(
            "“%(value)s” is not an origin. Write scheme://host or scheme://host:port, without a path and without *, "
            "for example https://crm.example.com."
        ),
        code="origin",
        params={"value": text},
    )


def normalise_network(text: str) -> str:
    """Return an address or network in its canonical form; a network must not have host bits."""
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValidationError(
            _(
                "“%(value)s” is neither an address nor a network. "
                "Write for example 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32."
            ),
            code="network",
            params={"value": text},
        ) from None
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def normalise_codec(text: str) -> str:
    """Return the codec's name as SDP writes it."""
    known = {codec.upper(): codec for codec in CODECS}.get(text.upper())
    if known is None:
        raise ValidationError(
            _("“%(value)s” is not a codec that we offer. Choose from %(codecs)s."),
            code="codec",
            params={"value": text, "codecs": ", ".join(CODECS)},
        )
    return known


def normalise_label(text: str) -> str:
    """Return a call's label; it is shown on a button, in records and in exports."""
    if len(text) > 32 or not is_visible(text):
        raise ValidationError(
            _("“%(value)s” is not a label. Use up to 32 characters."), code="label", params={"value": text[:64]}
        )
    return text


def validate_region(text: str) -> None:
    """Require a country whose numbering plan is known, as two capital letters."""
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise ValidationError(_("Use two capital letters like US, GB or DE."))


def validate_sip_host(text: str) -> None:
    """Accept a host name or an address, nothing around it."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # A name of digits and dots only is a mistyped address, not a name.
        if not _HOST_NAME.fullmatch(text) or len(text) > 253 or re.fullmatch(r"[0-9.]+", text):
            raise ValidationError(
                _(
                    "Write a host name or an address only, for example sip.example.com or 203.0.113.7; "
                    "no sip:, no port, no spaces."
                ),
                code="host",
            ) from None


def clean_fields(instance: Any, checks: Iterable[tuple[str, Callable[[str], str]]]) -> None:
    """Normalise the list fields of a model in place; each fault is reported beside its own field."""
    faults: dict[str, list[ValidationError]] = {}
    for name, normalise in checks:
        try:
            setattr(instance, name, normalise_each(getattr(instance, name), normalise))
        except ValidationError as fault:
            faults[name] = fault.error_list
    if faults:
        raise ValidationError(faults)


def refuse_hidden(instance: Any, field: str) -> None:
    """A name stands within sentences and lists: it may not turn or hide what is around it."""
    if not is_visible(getattr(instance, field)):
        raise ValidationError(
            {field: _("This has characters that cannot be seen. Type it anew instead of pasting it.")}, code="hidden"
        )


def refuse_other_application(instance: Any) -> None:
    """An object stays in its application: its groups, agents, trunks and records refer to each other within it."""
    if instance.pk is None:
        return
    before = type(instance)._default_manager.filter(pk=instance.pk).values_list("application_id", flat=True).first()
    if before is not None and before != instance.application_id:
        raise ValidationError({"application": _("This cannot move to another application. Create it anew there.")})
