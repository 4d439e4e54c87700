"""How many calls this machine takes: past it new ones are refused, and those that are up notice nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from widget.media.relay_health import MediaStatistics

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Capacity:
    """Of each relay: ``max_calls`` 0 = any number; ``max_cpu`` is its share of one core, 0 to 1, 0 = any."""

    max_calls: int
    max_cpu: float
    statistics: Callable[[], Sequence[MediaStatistics]]
    refused: int = 0

    def admits(self) -> bool:
        """Whether one more call may begin: a relay has room. A refusal is counted."""
        relays = self.statistics()
        has_room = any(self._has_room(relay, calls=0) for relay in relays)
        if not has_room:
            self.refused += 1
            busy = ", ".join(f"{relay.carrier_legs} calls at {100 * relay.cpu_share:.0f} %" for relay in relays)
            logger.warning("a call is refused; the relays have %s", busy)
        return has_room

    def crowds(self, relay: MediaStatistics | None) -> bool:
        """Whether a relay has more than it takes while another one has room."""
        if relay is None or self._has_room(relay, calls=-1):
            return False
        return any(self._has_room(other, calls=0) for other in self.statistics())

    def _has_room(self, relay: MediaStatistics, *, calls: int) -> bool:
        """With so many more calls than it has."""
        is_full = 0 < self.max_calls <= relay.carrier_legs + calls
        is_busy = 0 < self.max_cpu <= relay.cpu_share
        return not (is_full or is_busy)
