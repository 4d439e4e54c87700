"""Colours that admins may choose, and whether they can be seen."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

MIN_CONTRAST = 5.0
"""WCAG 2.2 asks 4.5 of text (criterion 1.4.3); it must hold on a faintly tinted ground as well."""

validate_colour = RegexValidator(r"\A#[0-9A-Fa-f]{6}\Z", _("Write # and six hexadecimal digits, for example #2350d2."))


def readable_on(colour: str, background: str) -> bool:
    """Whether ``#rrggbb`` stands out from another; something that is no colour is left to its validator."""
    try:
        return contrast(colour, background) >= MIN_CONTRAST
    except ValueError:
        return True


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.2, from 1 to 21. Raises ValueError for what is not ``#rrggbb``."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(byte / 255) for byte in bytes.fromhex(colour.removeprefix("#")))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
