"""What one source's packets tell about the way they came (RFC 3550 appendices A.1, A.3 and A.8). Pure.

Nothing is looked at but headers and the time of arrival, which the relay knows to the length of its tick.
"""

from typing import Final

from widget.media.relay.stream import MAX_DROPOUT, MAX_MISORDER
from widget.media.rtp import SEQUENCE_MASK

#: A step in transit time beyond this is a new time base (another talk spurt's clock, the wrap), not jitter.
_STEP_SECONDS: Final = 2


class Reception:
    """Counts over all sources; ``ssrc`` and ``index`` (the sequence number with its roll-overs) are the latest one's.

    ``gaps`` counts how often packets were missing, however many at a time; ``jitter`` is in units of the RTP clock.
    """

    __slots__ = (
        "_before",
        "_first",
        "_step",
        "_timestamp",
        "_transit",
        "clock_rate",
        "gaps",
        "index",
        "jitter",
        "received",
        "sequence",
        "ssrc",
    )

    def __init__(self, clock_rate: int = 8000) -> None:
        self.clock_rate = clock_rate
        self.ssrc: int | None = None
        self.index = self.sequence = self.received = self.gaps = 0
        self.jitter = 0.0
        self._before = self._first = self._timestamp = self._transit = 0
        self._step = _STEP_SECONDS * clock_rate

    @property
    def expected(self) -> int:
        """How many packets there would be, had none been lost."""
        return self._before + self.index - self._first + 1 if self.ssrc is not None else 0

    @property
    def heard_at(self) -> float:
        """When the latest packet with a timestamp of its own came, in monotonic seconds; 0 = none did."""
        return (self._transit + self._timestamp) / self.clock_rate

    def set_clock_rate(self, clock_rate: int) -> None:
        """Count in another codec's units from here on; what was heard when, and the jitter, stay as they are."""
        heard, self.jitter = self.heard_at, self.jitter * clock_rate / self.clock_rate
        self.clock_rate, self._step = clock_rate, _STEP_SECONDS * clock_rate
        self._transit = round(heard * clock_rate) - self._timestamp

    def resume(self, ssrc: int, index: int) -> None:
        """Go on where another relay's count stood. What was missed in between is not the network's loss."""
        self.ssrc, self.index, self.sequence, self._first = ssrc, index, index & SEQUENCE_MASK, index + 1

    def pass_over(self, sequence: int, ssrc: int) -> None:
        """Follow a source of which nobody wants every packet: nothing of this counts."""
        index = self.index + (sequence - self.sequence & SEQUENCE_MASK) if ssrc == self.ssrc else sequence
        self._before = self.expected
        self.ssrc, self.sequence, self.index, self._first = ssrc, sequence, index, index + 1

    def hear(self, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """Take note of a packet; ``now`` is in monotonic seconds."""
        if ssrc != self.ssrc:
            self._begin(ssrc, sequence, sequence)
        ahead = sequence - self.sequence & SEQUENCE_MASK
        if ahead == 1:
            self.index += 1
            self.sequence = sequence
        elif ahead < MAX_DROPOUT:
            if ahead > 1:
                self.gaps += 1
            self.index += ahead
            self.sequence = sequence
        elif ahead < SEQUENCE_MASK - MAX_MISORDER:
            self._begin(ssrc, sequence, self.index + ahead)
        self.received += 1
        if timestamp != self._timestamp:
            self._timestamp = timestamp
            transit = int(now * self.clock_rate) - timestamp
            step = abs(transit - self._transit)
            self._transit = transit
            if step < self._step:
                self.jitter += (step - self.jitter) / 16

    def _begin(self, ssrc: int, sequence: int, index: int) -> None:
        """Count on from here: a jump or another source is not a loss."""
        self._before = self.expected
        self.ssrc, self.sequence, self.index, self._first = ssrc, sequence, index, index
