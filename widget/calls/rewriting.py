"""How a carrier writes numbers: the first rule that fits a number rewrites it, once.

Prefixes and lengths only: no rule can be slow, and each can be read aloud.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from widget.calls.numbers import MAX_DIGITS, InvalidNumberError, parse_dial_string


@dataclass(frozen=True, slots=True)
class NumberRule:
    """Numbers that begin with ``prefix`` and have ``min_digits`` to ``max_digits`` digits (``+`` is none) get
    ``replacement`` in its place.
    """

    prefix: str = ""
    replacement: str = ""
    min_digits: int = 0
    max_digits: int = MAX_DIGITS

    def fits(self, number: str) -> bool:
        """Whether this rule is for the number."""
        digits = len(number.removeprefix("+"))
        return number.startswith(self.prefix) and self.min_digits <= digits <= self.max_digits

    def apply(self, number: str) -> str:
        """The number as this rule writes it, which may be none that can be dialled."""
        return self.replacement + number[len(self.prefix) :]


def rewrite(number: str, rules: Iterable[NumberRule]) -> str:
    """The number as the carrier wants it.

    A rule whose result could not be dialled is passed over. What is no number ("anonymous") stays as it is.
    """
    written = (rule.apply(number) for rule in rules if rule.fits(number)) if is_number(number) else ()
    return next(filter(is_number, written), number)


def is_number(text: str) -> bool:
    """Whether it could be dialled as it stands."""
    try:
        return parse_dial_string(text) == text
    except InvalidNumberError:
        return False
