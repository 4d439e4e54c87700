"""When a relay that died is replaced, and when it is given up. Pure; times are monotonic seconds."""

from collections import deque
from typing import Final

#: How long to wait before a replacement, by how many deaths there were within the minute: what kills relays one after
#: the other (a machine out of memory, a core that is full) may be over in a moment. Each death, noticed within one
#: second, leaves a call without audio for no more than two.
PAUSES: Final = (0.0, 0.25, 0.5, 0.75, 0.75, 1.0)
MINUTE: Final = 60.0


class Deaths:
    """Of one relay and its successors."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def died(self, now: float) -> float | None:
        """One more; seconds to wait before the next attempt, ``None`` if there is to be none."""
        while self._times and now - self._times[0] >= MINUTE:
            self._times.popleft()
        earlier = len(self._times)
        self._times.append(now)
        if earlier < len(PAUSES):
            return PAUSES[earlier]
        self._times.clear()
        return None
