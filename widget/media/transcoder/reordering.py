"""Puts a stream's packets back in order where one overtook another: codecs have a memory. Pure.

Nothing is buffered to even out jitter, which is the listener's business: a packet waits only while the one before it is
missing, and no longer than for one more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from widget.media.relay.conversion import Conversion
from widget.media.relay.stream import MAX_DROPOUT, MAX_MISORDER
from widget.media.rtp import SEQUENCE_MASK

#: The missing one will not come any more; whoever waits goes on.
WAIT_SECONDS: Final = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A packet as the relay sent it: its header's fields in the source's terms, and what is to be made of it."""

    conversion: Conversion
    sequence: int
    timestamp: int
    ssrc: int
    marker: bool
    payload: bytes


#: A packet and how many before it are lost.
Ordered = tuple[Incoming, int]


class Reordering:
    """Of one source; ``now`` is in monotonic seconds."""

    def __init__(self) -> None:
        self._next: int | None = None
        self._held: Incoming | None = None
        self._held_at = 0.0

    @property
    def is_waiting(self) -> bool:
        return self._held is not None

    def push(self, packet: Incoming, now: float) -> Iterator[Ordered]:
        """What is in order with this packet."""
        ahead = (packet.sequence - self._next) & SEQUENCE_MASK if self._next is not None else 0
        if ahead > SEQUENCE_MASK - MAX_MISORDER or (self._held and packet.sequence == self._held.sequence):
            # Late beyond use, or a repetition.
            return
        if ahead > MAX_DROPOUT:
            yield from self._give_up()
            self._next, ahead = packet.sequence, 0
        if ahead == 0:
            yield self._deliver(packet)
            yield from self._let_follow()
        elif self._held is None:
            self._held, self._held_at = packet, now
        else:
            yield from self._deliver_both(self._held, packet)

    def due(self, now: float) -> Iterator[Ordered]:
        """What has waited long enough."""
        if self._held is not None and now - self._held_at >= WAIT_SECONDS:
            yield from self._give_up()

    def _give_up(self) -> Iterator[Ordered]:
        held, self._held = self._held, None
        if held is not None:
            yield self._deliver(held)

    def _let_follow(self) -> Iterator[Ordered]:
        if self._held is not None and self._held.sequence == self._next:
            yield from self._give_up()

    def _deliver_both(self, held: Incoming, packet: Incoming) -> Iterator[Ordered]:
        self._held = None
        is_later = (packet.sequence - held.sequence) & SEQUENCE_MASK <= MAX_DROPOUT
        for each in (held, packet) if is_later else (packet, held):
            yield self._deliver(each)

    def _deliver(self, packet: Incoming) -> Ordered:
        lost = (packet.sequence - self._next) & SEQUENCE_MASK if self._next is not None else 0
        self._next = packet.sequence + 1 & SEQUENCE_MASK
        return packet, lost
