"""How a call came to be, beside who dialled."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """``consults_for``: the call that waits. ``colleague_id``: the agent at the other end, or who hands over."""

    consults_for: str | None = None
    colleague_id: int | None = None
