"""A point in time as the machines see it: the monotonic clock measures, the wall clock only labels."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Moment:
    """``wall`` is an aware datetime, ``monotonic`` seconds of a clock that never jumps."""

    wall: datetime
    monotonic: float

    def label(self, later: "Moment") -> datetime:
        """The wall-clock label of ``later``, counted from here: a clock that was set meanwhile changes nothing."""
        return self.wall + timedelta(seconds=later.monotonic - self.monotonic)
