"""How numbers are written for agents: nationally where they are of the agent's own country, else internationally.

Only what is shown is written so. What is dialled, recorded and told to the page stays as it was.
"""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat


def country_of(number: str) -> str | None:
    """Return the country (ISO 3166) of a number in E.164, ``None`` for anything else."""
    parsed = _parse(number, None)
    return phonenumbers.region_code_for_number(parsed) if parsed else None


def dialled(number: str, country: str) -> str:
    """Return ``+12025550100`` for ``2025550100`` typed in the US; what is no valid number there stays as it is.

    ``country`` "" = numbers are dialled as they are typed.
    """
    parsed = _parse(number, country) if country else None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if parsed else number


def written(number: str, country: str | None) -> str:
    """Return ``(202) 555-0100`` for ``+12025550100`` in the US, ``+1 202-555-0100`` elsewhere.

    What is no valid number (an extension, a service code, a masked one, anything hostile) is returned unchanged.
    """
    parsed = _parse(number, country)
    if parsed is None:
        return number
    is_own = country is not None and phonenumbers.region_code_for_number(parsed) == country
    style = PhoneNumberFormat.NATIONAL if is_own else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def _parse(number: str, country: str | None) -> PhoneNumber | None:
    if not number.isascii() or not number.removeprefix("+").isdigit():
        return None
    try:
        parsed = phonenumbers.parse(number, country)
    except NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None
