"""Numbers that an agent shall not see in full (a mode's ``masks_numbers``)."""

from __future__ import annotations

KEPT_AT_START, KEPT_AT_END = 3, 2
DOT = "•"


def mask(number: str) -> str:
    """Return ``+12•••••00`` for ``+1202555100``: the country, the length and the last two stay; a short one is hidden.

    ``number`` may be anything that a caller claims to be.
    """
    hidden = len(number) - KEPT_AT_START - KEPT_AT_END
    if hidden < KEPT_AT_END:
        return DOT * len(number)
    return f"{number[:KEPT_AT_START]}{DOT * hidden}{number[-KEPT_AT_END:]}"
