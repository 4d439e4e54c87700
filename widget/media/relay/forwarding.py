"""The packets' way through the relay, both directions: the only code that runs a hundred times per call and second.

The two loops do what a packet needs that is the next one of its stream (``lane.py``), and nothing is allocated for it
but the numbers of its header. They are long because calling a function costs as much as four of their lines. All that
is rare goes the long way (``long_way.py``).
"""

import struct
from collections.abc import Iterable
from typing import Final

from widget.media.relay import srtp
from widget.media.relay.browser_socket import BrowserSocket
from widget.media.relay.long_way import LongWay
from widget.media.relay.net import SPAN
from widget.media.relay.reception import STEP_SECONDS
from widget.media.rtp import FIXED_HEADER, SEQUENCE_MASK, TIMESTAMP_MASK

_HEADER: Final = FIXED_HEADER.size
#: The fields of ``FIXED_HEADER``, the first two octets as one.
_read: Final = struct.Struct("!HHII").unpack_from
_write: Final = struct.Struct("!HHII").pack_into
_write_span: Final = SPAN.pack_into
_protect: Final = srtp.protect
_unprotect: Final = srtp.unprotect


class Forwarding(LongWay):
    """Between the sockets of a relay."""

    def from_browsers(self, shared: BrowserSocket) -> bool:
        """Pass on a batch from one socket; whether there may be more."""
        inbox, routes, now, limit = shared.inbox, shared.routes, self.now, STEP_SECONDS
        count, read, memory, names, lengths = inbox.receive(), inbox.read, inbox.memory, inbox.names, inbox.lengths
        for index in range(count):
            key, kind, sequence, stamp, ssrc = read(memory, names[index])
            leg = routes.get(key)
            if leg is None or kind != leg.kind or sequence != leg.sequence or ssrc != leg.source or stamp == leg.stamp:
                self.from_browser_otherwise(shared, index, leg)
                continue
            if status := _unprotect(leg.receiving, inbox.pointers[index], inbox.length_pointers[index]):
                self.reject(leg, status)
                continue
            # What Reception.hear and Stream.write do with the next packet.
            step = now - leg.heard_at - (stamp - leg.stamp) * leg.period
            if step < 0.0:
                step = -step
            if step < limit:
                leg.jitter += (step - leg.jitter) * 0.0625
            leg.sequence, leg.stamp, leg.heard_at = sequence + 1, stamp, now
            size, start = lengths[index], inbox.starts[index]
            leg.passed += 1
            leg.octets += size
            sequence, stamp = sequence + leg.shift & SEQUENCE_MASK, stamp + leg.stamp_shift & TIMESTAMP_MASK
            _write(memory, start, leg.out_kind, sequence, stamp, leg.out_ssrc)
            try:
                leg.transmit(inbox.sized(size)[index])
            except OSError:
                self.send_again(leg.partner, inbox.sized(size)[index])
        return count == inbox.size

    def from_carriers(self, ready: Iterable[tuple[int, int]]) -> list[int]:
        """Pass on one datagram from each call's own port that has one; returns the descriptors that are none of the
        carriers that have been heard."""
        legs, slots, now, limit, others = self.heard, self.slots, self.now, STEP_SECONDS, []
        index, views, memory, starts = self.filled, slots.views, slots.memory, slots.starts
        for fd, _ in ready:
            leg = legs.get(fd)
            if leg is None:
                others.append(fd)
                continue
            try:
                length = leg.hear(views[index])
            except OSError:
                # News of something that we sent: nobody listens there (ICMP).
                continue
            kind, sequence, stamp, ssrc = _read(memory, starts[index])
            is_next = kind == leg.kind and sequence == leg.sequence and ssrc == leg.source and stamp != leg.stamp
            if not is_next or length <= _HEADER:
                self.filled = index
                self.from_carrier_otherwise(leg, index, length)
                index = self.filled
                continue
            # What Reception.hear and Stream.write do with the next packet.
            step = now - leg.heard_at - (stamp - leg.stamp) * leg.period
            if step < 0.0:
                step = -step
            if step < limit:
                leg.jitter += (step - leg.jitter) * 0.0625
            leg.sequence, leg.stamp, leg.heard_at = sequence + 1, stamp, now
            sequence, stamp = sequence + leg.shift & SEQUENCE_MASK, stamp + leg.stamp_shift & TIMESTAMP_MASK
            _write(memory, starts[index], leg.out_kind, sequence, stamp, leg.out_ssrc)
            outbox = leg.through
            place = outbox.count
            _write_span(outbox.spans, place * 16, slots.locations[index], length)
            if _protect(leg.sealing, slots.pointers[index], outbox.length_pointers[place]):
                continue
            outbox.peers[place] = leg.destination
            outbox.count = place + 1
            leg.passed += 1
            leg.octets += length
            index += 1
            if index == slots.size:
                self.flush()
                index = 0
        self.filled = index
        return others
