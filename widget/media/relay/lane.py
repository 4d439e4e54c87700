"""The short cut of one direction: what the next packet must look like to pass without a second thought, and where to.

Nearly every packet of a call is the one that was expected. For it the loop compares two words, writes three and calls
libsrtp; ``Reception`` and ``Stream`` hear of it when somebody asks for them. Everything else (the first packet, a loss,
a marker, an event, a header that is not plain) goes the long way through them, which opens the short cut anew. Who
takes ``reception`` or ``stream`` closes it, so that nobody sees or changes what is not up to date; who only reads
looks at both with :meth:`Lane.look`.
"""

from typing import Any

from widget.media.relay.reception import Reception
from widget.media.relay.stream import Stream
from widget.media.rtp import SEQUENCE_MASK, TIMESTAMP_MASK

#: No packet has this kind.
CLOSED = -1


class Lane:
    """A leg as a source. ``partner`` is the leg that it is joined to, whose stream its packets become.

    ``kind`` (the first two octets), ``sequence`` and ``source`` are the next packet's, ``stamp``, ``heard_at`` and
    ``jitter`` as of the last one (see ``Reception``). What passed are all numbers since ``opened``; they had ``size``
    octets each, and ``more`` beyond that in all. ``out_kind``, ``shift``, ``stamp_shift`` and ``out_ssrc`` make a
    header of ours of a packet. It leaves by ``transmit``; or to ``destination``, encrypted with ``sealing`` if that is
    a browser, together with others ``through`` a shared socket.
    """

    # What is needed for every packet comes first and lies together.
    __slots__ = (
        "_reception",
        "_stream",
        "destination",
        "heard_at",
        "jitter",
        "kind",
        "more",
        "opened",
        "out_kind",
        "out_ssrc",
        "partner",
        "period",
        "sealing",
        "sequence",
        "shift",
        "size",
        "source",
        "stamp",
        "stamp_shift",
        "through",
        "transmit",
    )

    def __init__(self, stream: Stream) -> None:
        self.kind = CLOSED
        self.sequence = self.opened = self.source = self.stamp = self.size = self.more = 0
        self.heard_at = self.jitter = self.period = 0.0
        self.out_kind = self.shift = self.stamp_shift = self.out_ssrc = self.destination = 0
        # None only while the short cut is closed: a cut that is open is not asked again.
        self.through: Any = None
        self.transmit: Any = None
        self.sealing: Any = None
        self.partner: Any = None
        self._reception = Reception()
        self._stream = stream

    @property
    def reception(self) -> Reception:
        """What is known of this leg's packets."""
        self.shut()
        return self._reception

    @property
    def stream(self) -> Stream:
        """Ours, towards this leg."""
        if self.partner is not None:
            self.partner.shut()
        return self._stream

    @stream.setter
    def stream(self, stream: Stream) -> None:
        self.settle()
        self._stream = stream

    def settle(self) -> None:
        """Close the short cuts of both directions."""
        self.shut()
        if self.partner is not None:
            self.partner.shut()

    def shut(self) -> None:
        """Tell of what passed, and let the next packet go the long way."""
        self._tell()
        self.kind = CLOSED

    def look(self) -> tuple[Reception, Stream]:
        """:attr:`reception` and :attr:`stream` up to date, for reading only: the short cuts stay open."""
        self._tell()
        if self.partner is not None:
            self.partner._tell()
        return self._reception, self._stream

    def _tell(self) -> None:
        passed = self.sequence - self.opened
        if self.kind == CLOSED or not passed:
            return
        latest = self.sequence - 1
        self._reception.follow(latest, self.stamp, self.heard_at, self.jitter, passed)
        self.partner._stream.follow(latest, self.stamp, self.heard_at)
        self.count(passed, passed * self.size + self.more)
        self.opened, self.more = self.sequence, 0

    def open(self, second: int, sequence: int, timestamp: int, ssrc: int, out_second: int, size: int) -> None:
        """After a packet with these fields and ``size`` octets has passed: expect its successor."""
        reception, stream = self._reception, self.partner._stream
        shifts = stream.shifts(sequence, ssrc)
        if shifts is None or second & 0x80 or not reception.stands_at(sequence, timestamp, ssrc):
            return
        self.shift, self.stamp_shift = shifts[0] & SEQUENCE_MASK, shifts[1] & TIMESTAMP_MASK
        self.kind, self.out_kind = 0x8000 | second, 0x8000 | out_second
        # 65,536 never comes: the roll-over goes the long way.
        self.sequence, self.source, self.stamp = sequence + 1, ssrc, timestamp
        self.heard_at, self.jitter, self.period = reception.heard_at, reception.jitter_seconds, reception.period
        self.out_ssrc = stream.ssrc
        self.opened, self.size, self.more = self.sequence, size, 0

    def count(self, packets: int, octets: int) -> None:
        """Add what passed to the counters of both legs."""
        raise NotImplementedError
