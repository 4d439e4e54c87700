"""What an agent dials: a dial string, cleaned of the way people write numbers, or refused."""

import re

MAX_DIGITS = 20

_WRITTEN = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_DIALLABLE = re.compile(rf"\+?[0-9*#]{{1,{MAX_DIGITS}}}", re.ASCII)


class InvalidNumberError(ValueError):
    """The text is no number that can be dialled."""


def parse_dial_string(text: str) -> str:
    """The digits to dial, ``+`` included: ``"+1 (202) 555-0100"`` gives ``"+12025550100"``.

    Spaces, brackets, dots, dashes and a leading ``tel:`` are how people and pages write numbers, so they are dropped.
    All else but digits, ``*``, ``#`` and one leading ``+`` is refused: the number ends up in a SIP URI.
    """
    number = _WRITTEN.sub("", text.strip().removeprefix("tel:"))
    if not _DIALLABLE.fullmatch(number):
        raise InvalidNumberError(text)
    return number
