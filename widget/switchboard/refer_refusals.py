"""Which carriers take no REFER: the next transfer need not wait for them to say so. Pure but for its clock."""

import time
from collections.abc import Callable

REMEMBERED_SECONDS = 3600.0
"""A carrier may learn it, or another one may have taken over behind the same trunk."""
ABOUT_THE_METHOD = frozenset({405, 408, 501})
"""Not known, or never answered; any other refusal may be about the one number."""


class ReferRefusals:
    """By trunk."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._refused_at: dict[int, float] = {}

    def note(self, trunk_id: int, sip_code: int) -> None:
        """A REFER got this final response, 408 = none at all."""
        if sip_code in ABOUT_THE_METHOD:
            self._refused_at[trunk_id] = self._now()

    def expects(self, trunk_id: int) -> bool:
        """Whether another REFER would be refused as well."""
        refused_at = self._refused_at.get(trunk_id)
        return refused_at is not None and self._now() - refused_at < REMEMBERED_SECONDS
