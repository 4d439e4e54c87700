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
from widget.media.relay.carrier_socket import CarrierSocket
from widget.media.relay.long_way import LongWay
from widget.media.relay.net import LONGEST, SPAN
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
        count, read, memory, lengths = inbox.receive(), inbox.read, inbox.memory, inbox.lengths
        size, views = 0, inbox.views
        for index, name, start, pointer, length_pointer, location in inbox.places[:count]:
            key, kind, sequence, stamp, ssrc = read(memory, name)
            leg = routes.get(key)
            if leg is None or kind != leg.kind or sequence != leg.sequence or ssrc != leg.source or stamp == leg.stamp:
                self.from_browser_otherwise(shared, index, leg)
                continue
            if status := _unprotect(leg.receiving, pointer, length_pointer):
                self.reject(leg, status)
                continue
            # What Reception.hear and Stream.write do with the next packet.
            step = now - leg.heard_at - (stamp - leg.stamp) * leg.period
            if step < 0.0:
                step = -step
            if step < limit:
                leg.jitter += (step - leg.jitter) * 0.0625
            leg.sequence, leg.stamp, leg.heard_at = sequence + 1, stamp, now
            if lengths[index] != size:
                size = lengths[index]
                views = inbox.sized(size)
            if size != leg.size:
                leg.more += size - leg.size
            sequence, stamp = sequence + leg.shift & SEQUENCE_MASK, stamp + leg.stamp_shift & TIMESTAMP_MASK
            _write(memory, start, leg.out_kind, sequence, stamp, leg.out_ssrc)
            if (outbox := leg.through) is not None:
                # It is emptied after every batch, and holds as many.
                place = outbox.count
                _write_span(outbox.spans, place * 16, location, size)
                outbox.peers[place] = leg.destination
                outbox.count = place + 1
                continue
            try:
                leg.transmit(views[index])
            except OSError:
                self.send_again(leg.partner, views[index])
        self.flush_carriers()
        return count == inbox.size

    def from_carriers(self, ready: Iterable[tuple[int, int]]) -> list[int]:
        """Pass on one datagram from each call's own port that has one; returns the descriptors that are none of the
        carriers that have been heard."""
        legs, slots, now, limit, others = self.heard, self.slots, self.now, STEP_SECONDS, []
        index, views, memory, places = self.filled, slots.views, slots.memory, slots.places
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
            _, _, start, pointer, _, location = places[index]
            kind, sequence, stamp, ssrc = _read(memory, start)
            is_next = kind == leg.kind and sequence == leg.sequence and ssrc == leg.source and stamp != leg.stamp
            if not is_next or not _HEADER < length <= LONGEST:
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
            if length != leg.size:
                leg.more += length - leg.size
            sequence, stamp = sequence + leg.shift & SEQUENCE_MASK, stamp + leg.stamp_shift & TIMESTAMP_MASK
            _write(memory, start, leg.out_kind, sequence, stamp, leg.out_ssrc)
            outbox = leg.through
            place = outbox.count
            _write_span(outbox.spans, place * 16, location, length)
            if _protect(leg.sealing, pointer, outbox.length_pointers[place]):
                continue
            outbox.peers[place] = leg.destination
            outbox.count = place + 1
            index += 1
            if index == slots.size:
                self.flush()
                index = 0
        self.filled = index
        return others

    def from_shared_carriers(self, shared: CarrierSocket) -> bool:
        """Pass on a batch from one socket that carriers share; whether there may be more."""
        # Its packets leave from where they lie, so that nothing may be queued from elsewhere.
        self.flush()
        inbox, routes, now, limit = shared.inbox, shared.routes, self.now, STEP_SECONDS
        count, read, memory, lengths = inbox.receive(), inbox.read, inbox.memory, inbox.lengths
        for index, name, start, pointer, _, location in inbox.places[:count]:
            key, kind, sequence, stamp, ssrc = read(memory, name)
            leg, length = routes.get(key), lengths[index]
            is_next = leg is not None and kind == leg.kind and sequence == leg.sequence and ssrc == leg.source
            if leg is None or not is_next or stamp == leg.stamp or not _HEADER < length <= LONGEST:
                self.from_shared_otherwise(inbox, index, leg)
                continue
            # What Reception.hear and Stream.write do with the next packet.
            step = now - leg.heard_at - (stamp - leg.stamp) * leg.period
            if step < 0.0:
                step = -step
            if step < limit:
                leg.jitter += (step - leg.jitter) * 0.0625
            leg.sequence, leg.stamp, leg.heard_at = sequence + 1, stamp, now
            if length != leg.size:
                leg.more += length - leg.size
            sequence, stamp = sequence + leg.shift & SEQUENCE_MASK, stamp + leg.stamp_shift & TIMESTAMP_MASK
            _write(memory, start, leg.out_kind, sequence, stamp, leg.out_ssrc)
            outbox = leg.through
            place = outbox.count
            _write_span(outbox.spans, place * 16, location, length)
            if _protect(leg.sealing, pointer, outbox.length_pointers[place]):
                continue
            outbox.peers[place] = leg.destination
            outbox.count = place + 1
        self.flush()
        return count == inbox.size
