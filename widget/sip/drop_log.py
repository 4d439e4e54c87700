"""Log lines about dropped datagrams, one in ten seconds at most: whoever floods us must not fill the disk."""

import logging
import time

SECONDS_BETWEEN_LINES = 10.0


class DropLog:
    """Counts what it does not write."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._next = 0.0
        self._unwritten = 0

    def note(self, reason: str, source: tuple[str, int]) -> None:
        """A datagram from `source` was dropped; `reason` is in our own words."""
        now = time.monotonic()
        if now < self._next:
            self._unwritten += 1
            return
        self._logger.warning("dropped a datagram from %s: %s (and %d before)", source[0], reason, self._unwritten)
        self._next = now + SECONDS_BETWEEN_LINES
        self._unwritten = 0
