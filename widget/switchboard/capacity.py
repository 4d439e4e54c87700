"""How many calls this machine takes: past it new ones are refused, and those that are up notice nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from widget.media.relay_health import MediaStatistics

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Capacity:
    """``max_calls`` 0 = any number; ``max_cpu`` is the relay's share of one core, 0 to 1, 0 = any."""

    max_calls: int
    max_cpu: float
    statistics: Callable[[], MediaStatistics]
    refused: int = 0

    def admits(self) -> bool:
        """Whether one more call may begin; a refusal is counted."""
        now = self.statistics()
        is_full = 0 < self.max_calls <= now.carrier_legs
        is_busy = 0 < self.max_cpu <= now.cpu_share
        if is_full or is_busy:
            self.refused += 1
            logger.warning("a call is refused: %d calls, the relay at %.0f %%", now.carrier_legs, 100 * now.cpu_share)
        return not (is_full or is_busy)
