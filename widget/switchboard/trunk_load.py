"""How much runs over each trunk now, so that none gets more than its carrier takes; pure but for its clock."""

import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from widget.switchboard.route import TrunkLimits

SECOND = 1.0


@dataclass(slots=True)
class Slot:
    """One call's place on a trunk."""

    load: "TrunkLoad"
    trunk_id: int
    is_free: bool = False

    def release(self) -> None:
        """The call is over here; releasing again does nothing."""
        if not self.is_free:
            self.is_free = True
            self.load.release(self.trunk_id)


class TrunkLoad:
    """Counts the calls of both directions, and the outgoing attempts of the last second."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._calls: Counter[int] = Counter()
        self._starts: dict[int, deque[float]] = {}

    def calls(self, trunk_id: int) -> int:
        """Calls that are up or being set up."""
        return self._calls[trunk_id]

    def dial(self, trunk_id: int, limits: TrunkLimits) -> Slot | None:
        """A place for one more call that goes out, None when the trunk is full or got too many this second."""
        if self._is_full(trunk_id, limits):
            return None
        starts = self._starts.setdefault(trunk_id, deque())
        now = self._now()
        while starts and starts[0] <= now - SECOND:
            starts.popleft()
        if limits.per_second and len(starts) >= limits.per_second:
            return None
        starts.append(now)
        return self._take(trunk_id)

    def take_in(self, trunk_id: int, limits: TrunkLimits) -> Slot | None:
        """A place for one more call that comes in; how fast they come is the carrier's own affair."""
        return None if self._is_full(trunk_id, limits) else self._take(trunk_id)

    def release(self, trunk_id: int) -> None:
        """One call less; for :class:`Slot`."""
        self._calls[trunk_id] -= 1

    def _is_full(self, trunk_id: int, limits: TrunkLimits) -> bool:
        return bool(limits.calls) and self._calls[trunk_id] >= limits.calls

    def _take(self, trunk_id: int) -> Slot:
        self._calls[trunk_id] += 1
        return Slot(self, trunk_id)
