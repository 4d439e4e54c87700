"""When packets leave. Pure: the time is an argument, in seconds of any monotonic clock."""

from dataclasses import dataclass

LONGEST_BURST_SECONDS = 0.5
"""What is made up for after a stall; a longer one stays a gap, because a flood would only overflow the receiver."""


@dataclass(frozen=True, slots=True)
class Due:
    """What to do now: leave out so many packets, then send so many."""

    skipped: int
    packets: int


class Pacer:
    """Packet n is due at start + n periods, so that timers which fire late do not add up."""

    def __init__(self, start: float) -> None:
        self.next_due = start

    def take(self, now: float, period: float) -> Due:
        """What became due until now; ``period`` in seconds may change from call to call."""
        skipped = max(0, int((now - LONGEST_BURST_SECONDS - self.next_due) / period))
        self.next_due += skipped * period
        packets = 0
        while self.next_due <= now:
            self.next_due += period
            packets += 1
        return Due(skipped, packets)
