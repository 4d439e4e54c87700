"""The packets' way through the relay, both directions: the only code that runs a hundred times per call and second.

What is rare (RTCP, STUN, silence, headers that are not plain, carriers that encrypt) is done in functions of its own,
and nothing is allocated per packet but the numbers of its header.
"""

from collections.abc import Callable
from typing import Any, Final

from widget.media.relay import srtp
from widget.media.relay.browser_socket import BrowserSocket
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import Inbox, Slots
from widget.media.relay.payloads import STATIC_COMFORT_NOISE, Convert
from widget.media.rtp import FIXED_HEADER, RTCP_PACKET_TYPES, payload_bounds

#: An unbridged browser's packets are decrypted this rarely: enough to prove life and to follow the roll-over counter.
IDLE_SAMPLE: Final = 16

_PLAIN: Final = 0x80
_HEADER: Final = FIXED_HEADER.size
_read: Final = FIXED_HEADER.unpack_from
_protect: Final = srtp.protect
_unprotect: Final = srtp.unprotect


class Forwarding:
    """Between the sockets of a relay. ``now`` is the loop's clock in monotonic seconds."""

    def __init__(self, browser_sockets: list[BrowserSocket]) -> None:
        self.now = 0.0
        self.strays = self.rejected = self.replayed = 0
        #: What becomes of STUN and DTLS, of RTCP from browsers, and of RTCP from carriers that send it from their
        #: audio's port (RFC 5761); set by whoever knows.
        self.hear_other: Callable[[BrowserSocket, int], object] = _ignore
        self.hear_control: Callable[[BrowserLeg, Any, memoryview, int], object] = _ignore
        self.hear_mixed_control: Callable[[CarrierLeg, Any, memoryview, int], object] = _ignore
        self._browser_sockets = browser_sockets
        #: Where carriers' own ports are received to, and how many of the slots wait to be sent.
        self._slots = Slots()
        self._filled = 0
        self._length = srtp.new_length()

    def flush(self) -> None:
        """Send what is queued towards browsers. Until then it lies in the slots that it arrived in."""
        self._filled = 0
        for shared in self._browser_sockets:
            if shared.outbox.count:
                shared.outbox.flush()

    def reject(self, leg: BrowserLeg | CarrierLeg, status: int) -> None:
        """Count a packet that libsrtp refused; it changes nothing else."""
        leg.rejected += 1
        self.rejected += 1
        self.replayed += status in srtp.REPLAYS

    # Browser to carrier

    def from_browsers(self, shared: BrowserSocket) -> bool:
        """Pass on a batch from one socket; whether there may be more."""
        inbox, routes, now, box = shared.inbox, shared.routes, self.now, self._length
        count, read, memory, names, lengths = inbox.receive(), inbox.read, inbox.memory, inbox.names, inbox.lengths
        for index in range(count):
            key, first, second, sequence, timestamp, ssrc = read(memory, names[index])
            leg, route = routes.get(key), None
            if leg is not None and first & 0xC0 == _PLAIN:
                route = leg.forward.get(second)
            if leg is None or route is None or (carrier := leg.carrier) is None or lengths[index] <= _HEADER:
                self._from_browser_otherwise(shared, index, leg)
                continue
            box[0] = lengths[index]
            if status := _unprotect(leg.receiving, inbox.pointers[index], box):
                self.reject(leg, status)
                continue
            leg.reception.hear(sequence, timestamp, ssrc, now)
            start = inbox.starts[index]
            size = box[0] if first == _PLAIN else _straighten(memory, start, box[0])
            if size and carrier.stream.write(memory, start, route[0], sequence, timestamp, ssrc, now):
                if route[1] is not None:
                    _convert(memory, start, size, route[1])
                self._send_to_carrier(carrier, inbox, index, size)
        return count == inbox.size

    def _send_to_carrier(self, carrier: CarrierLeg, slots: Slots, index: int, size: int) -> None:
        start = slots.starts[index]
        if carrier.sending is not None:
            box = self._length
            box[0] = size
            if _protect(carrier.sending, slots.pointers[index], box):
                return
            size = box[0]
        if carrier.port.send(slots.memory[start : start + size], carrier.remote):
            carrier.sent_packets += 1
            carrier.sent_bytes += size
        else:
            carrier.unsent += 1

    def _from_browser_otherwise(self, shared: BrowserSocket, index: int, leg: BrowserLeg | None) -> None:
        """What is not audio on its way to a carrier."""
        inbox = shared.inbox
        length, view = inbox.lengths[index], inbox.views[index]
        if not length or view[0] & 0xC0 != _PLAIN:
            # RFC 7983: 128-191 is RTP or RTCP, the rest is for the control process.
            self.hear_other(shared, index)
        elif leg is None or leg.receiving is None or length <= _HEADER:
            self.strays += 1
        elif view[1] in RTCP_PACKET_TYPES:
            self.hear_control(leg, inbox.pointers[index], view, length)
        else:
            self._hear_unwanted(leg, inbox, index)

    def _hear_unwanted(self, leg: BrowserLeg, inbox: Inbox, index: int) -> None:
        """Audio that goes nowhere (not bridged, on hold, a payload type that nobody takes) still proves life."""
        if not leg.forward:
            leg.skipped += 1
            if leg.skipped % IDLE_SAMPLE:
                return
        self._length[0] = inbox.lengths[index]
        if status := _unprotect(leg.receiving, inbox.pointers[index], self._length):
            self.reject(leg, status)
            return
        _, _, sequence, timestamp, ssrc = _read(inbox.memory, inbox.starts[index])
        if leg.forward:
            leg.reception.hear(sequence, timestamp, ssrc, self.now)
        else:
            leg.heard += 1
            leg.reception.pass_over(sequence, ssrc)

    # Carrier to browser

    def from_carrier(self, carrier: CarrierLeg) -> bool:
        """Pass on one datagram from a call's own port; whether there was one."""
        index, slots, port = self._filled, self._slots, carrier.port
        length = port.receive(slots.views[index])
        if length < 0:
            return False
        if length <= _HEADER or (port.sender != carrier.remote and not carrier.may_latch):
            carrier.strays += 1
        elif self._to_browser(carrier, slots, index, length):
            self._filled = index = index + 1
            if index == slots.size:
                self.flush()
        return True

    def _to_browser(self, carrier: CarrierLeg, slots: Slots, index: int, length: int) -> bool:
        """Queue a carrier's datagram for its browser, in place; False if it goes nowhere."""
        memory, start, now = slots.memory, slots.starts[index], self.now
        first, second, sequence, timestamp, ssrc = _read(memory, start)
        route, leg = carrier.backward.get(second), carrier.browser
        if route is None or leg is None:
            self._hear_unrouted(carrier, slots, index, length)
            return False
        if carrier.receiving is not None or carrier.may_latch:
            length = self._admit(carrier, slots, index, length)
        if first != _PLAIN and length:
            length = _straighten(memory, start, length)
        outbox, peer = leg.outbox, leg.peer
        if not length:
            return False
        carrier.received_bytes += length
        carrier.reception.hear(sequence, timestamp, ssrc, now)
        if outbox is None or peer is None:
            return False
        if not leg.stream.write(memory, start, route[0], sequence, timestamp, ssrc, now):
            return False
        if route[1] is not None:
            _convert(memory, start, length, route[1])
        box = self._length
        box[0] = length
        if _protect(leg.sending, slots.pointers[index], box):
            return False
        outbox.add(slots.locations[index], box[0], peer)
        leg.sent_packets += 1
        leg.sent_bytes += length
        return True

    def _admit(self, carrier: CarrierLeg, slots: Slots, index: int, length: int) -> int:
        """Decrypt and latch where that was agreed; the length then, 0 if the packet is not to be believed."""
        box = self._length
        box[0] = length
        if carrier.receiving is not None and (status := _unprotect(carrier.receiving, slots.pointers[index], box)):
            self.reject(carrier, status)
            return 0
        if carrier.may_latch and not carrier.latch(carrier.port.sender, slots.memory[slots.starts[index]]):
            carrier.strays += 1
            return 0
        return int(box[0])

    def _hear_unrouted(self, carrier: CarrierLeg, slots: Slots, index: int, length: int) -> None:
        """RTCP on the audio's port, or what the browser cannot take: noise leaves no gap, as it is no loss."""
        view = slots.views[index]
        carrier.count_unrouted(view[1])
        if view[1] in RTCP_PACKET_TYPES:
            self.hear_mixed_control(carrier, slots.pointers[index], view, length)
        elif view[1] & 0x7F == STATIC_COMFORT_NOISE and carrier.browser is not None:
            _, _, sequence, timestamp, ssrc = _read(view)
            carrier.reception.hear(sequence, timestamp, ssrc, self.now)
            carrier.browser.stream.omit(ssrc)


def _ignore(*_: object) -> None:
    """Until someone listens."""


def _straighten(memory: memoryview, start: int, length: int) -> int:
    """Take CSRCs, header extension and padding out of a packet in place; its length then, 0 if it is malformed."""
    packet = memory[start : start + length]
    bounds = payload_bounds(packet) if packet[0] & 0xC0 == _PLAIN else None
    if bounds is None:
        return 0
    payload = bytes(packet[bounds[0] : bounds[1]])
    packet[_HEADER : _HEADER + len(payload)] = payload
    return _HEADER + len(payload)


def _convert(memory: memoryview, start: int, length: int, convert: Convert) -> None:
    payload = memory[start + _HEADER : start + length]
    payload[:] = convert(payload.tobytes())
