"""One outgoing RTP stream of ours, written over whatever source feeds it. Pure: ``now`` is an argument.

The far end sees one SSRC with one sequence for the whole call, though the source behind it may change: another browser
leg spliced in, a carrier's announcement server, a re-INVITE. Within a source, gaps stay visible, because hiding a loss
takes the far end's concealment away. Across sources the sequence goes on without a gap and the timestamp by the time
that passed.
"""

import random
from typing import Final

from widget.media.rtp import FIXED_HEADER, SEQUENCE_MASK, TIMESTAMP_MASK, VERSION

#: G.711's and, on the wire, G.722's (RFC 3551 section 4.5.2).
CLOCK_RATE: Final = 8000
#: A jump beyond these is a source that started anew, not loss or reordering (RFC 3550 appendix A.1).
MAX_DROPOUT: Final = 3000
MAX_MISORDER: Final = 100
#: How long packets of a source that was just left are late ones, and not a change back.
LATE_SECONDS: Final = 0.5

_FIRST_OCTET: Final = VERSION << 6
_write: Final = FIXED_HEADER.pack_into
_FRAMES_PER_SECOND = 50


def first_index() -> int:
    """Where a stream begins: in the lower half, or a loss of the first packets around the wrap would leave the
    receiver's SRTP roll-over counter wrong (RFC 3711 section 3.3.1)."""
    return random.getrandbits(15)


def random_word() -> int:
    """An SSRC or a first timestamp (RFC 3550 section 5.1)."""
    return random.getrandbits(32)


class Stream:
    """Rewrites headers in place. ``index`` is the sequence number with its roll-overs, as of the last packet; with
    ``timestamp`` and ``sent_at`` (monotonic seconds, 0 = never) a stream goes on where another process left it.
    ``clock_rate`` is the one of what is sent; it changes with the codec, between two sources."""

    __slots__ = (
        "_anchored_at",
        "_index",
        "_left",
        "_sequence",
        "_shift",
        "_source",
        "_stamp_shift",
        "_timestamp",
        "clock_rate",
        "sent_at",
        "ssrc",
    )

    def __init__(self, ssrc: int, *, index: int, timestamp: int, sent_at: float = 0.0) -> None:
        self.ssrc = ssrc
        #: The source's numbers as of its latest packet, and what makes ours of them.
        self._sequence = index & SEQUENCE_MASK
        self._timestamp = timestamp
        self._shift = self._stamp_shift = 0
        self.sent_at = sent_at
        self.clock_rate = CLOCK_RATE
        self._index = index
        self._source: int | None = None
        self._left: int | None = None
        self._anchored_at = 0.0

    @property
    def sequence(self) -> int:
        """Of the last packet that was sent, as is :attr:`timestamp`."""
        return self._sequence + self._shift & SEQUENCE_MASK

    @property
    def timestamp(self) -> int:
        return self._timestamp + self._stamp_shift & TIMESTAMP_MASK

    @property
    def index(self) -> int:
        """To be asked for at least once per 65,536 packets."""
        self._index += self.sequence - self._index & SEQUENCE_MASK
        return self._index

    def release(self) -> None:
        """Forget the source: whatever comes next continues the stream (bridged anew, resumed from hold)."""
        self._source = self._left = None

    def omit(self, ssrc: int) -> None:
        """Close the gap of a packet that is not passed on, such as noise that the far end does not know: a gap would
        be a loss to it. Its timestamps tell of the pause."""
        if ssrc == self._source:
            self._sequence, self._shift = self._sequence + 1 & SEQUENCE_MASK, self._shift - 1

    def begin_event(self, now: float) -> None:
        """A packet of our own begins something: what comes from the source continues behind it."""
        if self.sent_at:
            self._stamp_shift += self.elapsed(now)
        self.sent_at = now
        self.release()

    def emit(self, packet: memoryview, second: int) -> None:
        """Write the header of a packet of our own; all that belong to one event have its timestamp."""
        self._shift += 1
        FIXED_HEADER.pack_into(packet, 0, _FIRST_OCTET, second, self.sequence, self.timestamp, self.ssrc)

    def elapsed(self, now: float) -> int:
        """Since the last packet, in timestamp units; at least one frame."""
        return max(self.clock_rate // _FRAMES_PER_SECOND, round((now - self.sent_at) * self.clock_rate))

    def write(
        self, packet: memoryview, offset: int, second: int, sequence: int, timestamp: int, ssrc: int, now: float
    ) -> bool:
        """Write our header at ``offset`` for a source packet with these fields; ``second`` is marker and payload type.

        ``now`` is in monotonic seconds. False if the packet is a late one of a source already left: drop it.
        """
        is_latest = True
        if sequence != self._sequence + 1 or ssrc != self._source:
            if ssrc != self._source and ssrc == self._left and now - self._anchored_at < LATE_SECONDS:
                return False
            ahead = sequence - self._sequence & SEQUENCE_MASK
            if ssrc != self._source or MAX_DROPOUT < ahead < SEQUENCE_MASK - MAX_MISORDER:
                second = self._anchor(second, sequence, timestamp, ssrc, now)
            else:
                is_latest = ahead <= MAX_DROPOUT
        if is_latest:
            self._sequence, self._timestamp, self.sent_at = sequence, timestamp, now
        shifted, stamp = sequence + self._shift & SEQUENCE_MASK, timestamp + self._stamp_shift & TIMESTAMP_MASK
        _write(packet, offset, _FIRST_OCTET, second, shifted, stamp, self.ssrc)
        return True

    def shifts(self, sequence: int, ssrc: int) -> tuple[int, int] | None:
        """What makes our sequence number and timestamp of those that follow this packet; ``None`` if it is not the
        latest one."""
        return (self._shift, self._stamp_shift) if sequence == self._sequence and ssrc == self._source else None

    def follow(self, sequence: int, timestamp: int, now: float) -> None:
        """Packets up to this one were written by somebody else with :meth:`shifts`."""
        self._sequence, self._timestamp, self.sent_at = sequence, timestamp, now

    def _anchor(self, second: int, sequence: int, timestamp: int, ssrc: int, now: float) -> int:
        """Tie a source to where the stream stands; the marker tells the receiver to adjust (RFC 3551 section 4.1)."""
        elapsed = self.elapsed(now) if self.sent_at else 0
        if ssrc != self._source:
            self._left, self._source = self._source, ssrc
        self._shift, self._stamp_shift = self.sequence + 1 - sequence, self.timestamp + elapsed - timestamp
        self._anchored_at = now
        return second | 0x80
