"""What one source's packets tell about the way they came (RFC 3550 appendices A.1, A.3 and A.8). Pure.

Nothing is looked at but headers and the time of arrival, which the relay knows to the length of its turn. What is kept
of a packet are the very numbers that were read from it, which :class:`~widget.media.relay.stream.Stream` keeps as well:
with hundreds of calls it is the places in memory that cost, not the arithmetic.
"""

from typing import Final

from widget.media.relay.stream import MAX_DROPOUT, MAX_MISORDER
from widget.media.rtp import SEQUENCE_MASK

#: A step in transit time beyond this is a new time base (another talk spurt's clock, the wrap), not jitter.
STEP_SECONDS: Final = 2


class Reception:
    """Counts over all sources; ``ssrc`` and ``index`` (the sequence number with its roll-overs) are the latest one's.

    ``gaps`` counts how often packets were missing, however many at a time; ``period`` is a timestamp unit in seconds.
    """

    __slots__ = (
        "_before",
        "_first",
        "_index",
        "_sequence",
        "_timestamp",
        "clock_rate",
        "gaps",
        "heard_at",
        "jitter_seconds",
        "period",
        "received",
        "ssrc",
    )

    def __init__(self, clock_rate: int = 8000) -> None:
        self.ssrc: int | None = None
        self.received = self.gaps = 0
        self.jitter_seconds = 0.0
        self._before = self._first = self._index = self._sequence = self._timestamp = 0
        #: When the latest packet with a timestamp of its own came, in monotonic seconds; 0 = none did.
        self.heard_at = 0.0
        self.set_clock_rate(clock_rate)

    @property
    def index(self) -> int:
        """To be asked for at least once per 65,536 packets."""
        self._index += self._sequence - self._index & SEQUENCE_MASK
        return self._index

    @property
    def expected(self) -> int:
        """How many packets there would be, had none been lost."""
        return self._before + self.index - self._first + 1 if self.ssrc is not None else 0

    def set_clock_rate(self, clock_rate: int) -> None:
        """What timestamps count in from here on."""
        self.clock_rate, self.period = clock_rate, 1 / clock_rate

    def resume(self, ssrc: int, index: int) -> None:
        """Go on where another relay's count stood. What was missed in between is not the network's loss."""
        self.ssrc, self._first = ssrc, index + 1
        self._go_to(index)

    def pass_over(self, sequence: int, ssrc: int) -> None:
        """Follow a source of which nobody wants every packet: nothing of this counts."""
        before = self.index
        index = before + (sequence - before & SEQUENCE_MASK) if ssrc == self.ssrc else sequence
        self._before = self.expected
        self.ssrc, self._first = ssrc, index + 1
        self._go_to(index)

    def _go_to(self, index: int) -> None:
        self._index, self._sequence = index, index & SEQUENCE_MASK

    def hear(self, sequence: int, timestamp: int, ssrc: int, now: float) -> None:
        """Take note of a packet; ``now`` is in monotonic seconds."""
        if sequence == self._sequence + 1 and ssrc == self.ssrc:
            self._sequence = sequence
        else:
            self._jump(sequence, ssrc)
        self.received += 1
        elapsed = timestamp - self._timestamp
        if elapsed:
            step = now - self.heard_at - elapsed * self.period
            self._timestamp, self.heard_at = timestamp, now
            if step < 0.0:
                step = -step
            if step < STEP_SECONDS:
                self.jitter_seconds += (step - self.jitter_seconds) * 0.0625

    def stands_at(self, sequence: int, timestamp: int, ssrc: int) -> bool:
        """Whether this packet is the latest one."""
        return sequence == self._sequence and ssrc == self.ssrc and timestamp == self._timestamp

    def follow(self, sequence: int, timestamp: int, now: float, jitter_seconds: float, count: int) -> None:
        """Somebody else heard ``count`` packets in a row, each with a timestamp of its own, up to this one."""
        self._sequence, self._timestamp, self.heard_at = sequence, timestamp, now
        self.jitter_seconds = jitter_seconds
        self.received += count

    def _jump(self, sequence: int, ssrc: int) -> None:
        """Not the next one of the same source: a loss, a late packet, or another time base."""
        if ssrc != self.ssrc:
            self._begin(ssrc, sequence)
            return
        index = self.index
        ahead = sequence - index & SEQUENCE_MASK
        if ahead < MAX_DROPOUT:
            self.gaps += ahead > 1
            self._go_to(index + ahead)
        elif ahead < SEQUENCE_MASK - MAX_MISORDER:
            self._begin(ssrc, index + ahead)

    def _begin(self, ssrc: int, index: int) -> None:
        """Count on from here: a jump or another source is not a loss."""
        self._before = self.expected
        self.ssrc, self._first = ssrc, index
        self._go_to(index)
