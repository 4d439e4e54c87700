"""The long way through the relay, which every kind of packet can take: the first one, what comes after a loss, markers,
keys, RTCP, STUN, silence, headers that are not plain, carriers that encrypt. ``forwarding.py`` has the short cut.
"""

from collections.abc import Callable
from typing import Any, Final

from widget.media.relay import srtp
from widget.media.relay.browser_socket import BrowserSocket
from widget.media.relay.carrier_socket import CarrierSocket
from widget.media.relay.conversion import Direction
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import LONGEST, Inbox, Slots
from widget.media.relay.payloads import STATIC_COMFORT_NOISE, convert_in_place, straighten
from widget.media.rtp import FIXED_HEADER, RTCP_PACKET_TYPES

#: More than a port's buffer holds.
_MAX_WAITING: Final = 4096
#: An unbridged browser's packets are decrypted this rarely: enough to prove life and to follow the roll-over counter.
IDLE_SAMPLE: Final = 16

_PLAIN: Final = 0x80
_HEADER: Final = FIXED_HEADER.size
_read: Final = FIXED_HEADER.unpack_from
_protect: Final = srtp.protect
_unprotect: Final = srtp.unprotect


class LongWay:
    """Between the sockets of a relay. ``now`` is the loop's clock in monotonic seconds."""

    def __init__(self, browser_sockets: list[BrowserSocket]) -> None:
        self.now = 0.0
        self.strays = self.rejected = self.replayed = 0
        #: What becomes of STUN and DTLS, of RTCP from browsers, and of RTCP from carriers that send it from their
        #: audio's port (RFC 5761); set by whoever knows.
        self.hear_other: Callable[[BrowserSocket, int], object] = _ignore
        self.hear_control: Callable[[BrowserLeg, Any, memoryview, int], object] = _ignore
        self.hear_mixed_control: Callable[[CarrierLeg, Any, memoryview, int], object] = _ignore
        #: Takes plain RTP of what does not pass as it is, and what to make of it.
        self.transcode: Callable[[CarrierLeg, Direction, bytes, memoryview], object] = _ignore
        self._browser_sockets = browser_sockets
        self.carrier_sockets: list[CarrierSocket] = []
        #: Carriers whose ports are joined to them, by descriptor.
        self.heard: dict[int, CarrierLeg] = {}
        #: Where carriers' own ports are received to, and how many of the slots wait to be sent.
        self.slots = Slots()
        self.filled = 0
        self._length = srtp.new_length()

    def flush(self) -> None:
        """Send what is queued towards browsers. Until then it lies in the slots that it arrived in."""
        self.filled = 0
        for shared in self._browser_sockets:
            if shared.outbox.count:
                shared.outbox.flush()

    def flush_carriers(self) -> None:
        """Send what is queued towards carriers: it lies in the slots that the browsers' next batch comes to."""
        for shared in self.carrier_sockets:
            shared.outbox.flush()

    def reject(self, leg: BrowserLeg | CarrierLeg, status: int) -> None:
        """Count a packet that libsrtp refused; it changes nothing else."""
        leg.rejected += 1
        self.rejected += 1
        self.replayed += status in srtp.REPLAYS

    # Browser to carrier

    @staticmethod
    def send_again(carrier: CarrierLeg, view: memoryview) -> None:
        """The short cut has counted the packet as sent."""
        if not carrier.port.send_again(view, carrier.remote):
            carrier.unsent += 1
            carrier.sent_packets -= 1
            carrier.sent_bytes -= len(view)

    def _long_way_to_carrier(self, leg: BrowserLeg, carrier: CarrierLeg, inbox: Inbox, index: int) -> None:
        """What the short cut does, for any packet."""
        memory, start, box = inbox.memory, inbox.starts[index], self._length
        box[0] = inbox.lengths[index]
        if status := _unprotect(leg.receiving, inbox.pointers[index], box):
            self.reject(leg, status)
            return
        first, second, sequence, timestamp, ssrc = _read(memory, start)
        out_second, convert = leg.forward[second]
        leg.reception.hear(sequence, timestamp, ssrc, self.now)
        size = box[0] if first == _PLAIN else straighten(memory, start, box[0])
        if not size or not carrier.stream.write(memory, start, out_second, sequence, timestamp, ssrc, self.now):
            return
        if convert is not None:
            convert_in_place(memory, start, size, convert)
        self.send_to_carrier(carrier, inbox, index, size)
        if convert is None and carrier.sending is None and carrier.is_found:
            leg.transmit = carrier.port.speak
            leg.through = carrier.shared and carrier.shared.outbox
            leg.destination = carrier.peer.location if carrier.peer else 0
            leg.open(second, sequence, timestamp, ssrc, out_second, size)

    def send_to_carrier(self, carrier: CarrierLeg, slots: Slots, index: int, size: int) -> None:
        """Encrypt where that was agreed, and send what lies in a slot under a header of ours."""
        start = slots.starts[index]
        if carrier.sending is not None:
            box = self._length
            box[0] = size
            if _protect(carrier.sending, slots.pointers[index], box):
                return
            size = box[0]
        if carrier.shared is not None:
            # What is queued came before.
            carrier.shared.outbox.flush()
        if carrier.port.send(slots.memory[start : start + size], carrier.remote):
            carrier.sent_packets += 1
            carrier.sent_bytes += size
        else:
            carrier.unsent += 1

    def from_browser_otherwise(self, shared: BrowserSocket, index: int, leg: BrowserLeg | None) -> None:
        """What is not the next packet of audio on its way to a carrier."""
        inbox = shared.inbox
        length, view = inbox.lengths[index], inbox.views[index]
        if not length or view[0] & 0xC0 != _PLAIN:
            # RFC 7983: 128-191 is RTP or RTCP, the rest is for the control process.
            self.hear_other(shared, index)
        elif leg is None or leg.receiving is None or length <= _HEADER:
            self.strays += 1
        elif view[1] in RTCP_PACKET_TYPES:
            self.hear_control(leg, inbox.pointers[index], view, length)
        elif view[1] in leg.forward and leg.carrier is not None:
            self._long_way_to_carrier(leg, leg.carrier, inbox, index)
        else:
            self._hear_unwanted(leg, inbox, index)

    def _hear_unwanted(self, leg: BrowserLeg, inbox: Inbox, index: int) -> None:
        """Audio that goes nowhere (not bridged, on hold, a payload type that nobody takes) still proves life."""
        is_joined = bool(leg.forward or leg.conversions)
        if not is_joined:
            # The very first one is wanted: what a source's roll-over counter is counted from (RFC 3711 section 3.3.1).
            leg.skipped += 1
            if leg.skipped % IDLE_SAMPLE != 1:
                return
        self._length[0] = inbox.lengths[index]
        if status := _unprotect(leg.receiving, inbox.pointers[index], self._length):
            self.reject(leg, status)
            return
        _, second, sequence, timestamp, ssrc = _read(inbox.memory, inbox.starts[index])
        if is_joined:
            leg.reception.hear(sequence, timestamp, ssrc, self.now)
            conversion = leg.conversions.get(second & 0x7F)
            if conversion is not None and leg.carrier is not None:
                self._convert_elsewhere(leg.carrier, Direction.TO_CARRIER, conversion, inbox, index, self._length[0])
        else:
            leg.heard += 1
            leg.reception.pass_over(sequence, ssrc)

    # Carrier to browser

    def from_carrier(self, carrier: CarrierLeg) -> bool:
        """Pass on one datagram of a carrier that has not been heard yet, or that may move; whether there was one."""
        index, port = self.filled, carrier.port
        length = port.receive(self.slots.views[index])
        if length < 0:
            return False
        if not _HEADER < length <= LONGEST or (port.sender != carrier.remote and not carrier.may_latch):
            carrier.strays += 1
        else:
            self.from_carrier_otherwise(carrier, index, length)
            if not port.peer and port.sender == carrier.remote and not carrier.may_latch:
                self._join(carrier)
        return True

    def _join(self, carrier: CarrierLeg) -> None:
        """The carrier has been heard: from here on the kernel keeps everybody else out."""
        carrier.port.join(carrier.remote)
        if carrier.port.peer:
            self.heard[carrier.port.fd] = carrier
            # What came before the kernel knew still has to be looked at.
            for _ in range(_MAX_WAITING):
                if not self.from_carrier(carrier):
                    return

    def leave(self, carrier: CarrierLeg) -> None:
        """The carrier may be elsewhere by now."""
        carrier.settle()
        if carrier.shared is not None:
            carrier.shared.forget(carrier)
            return
        if self.heard.pop(carrier.port.fd, None) is not None:
            carrier.port.join(())

    def from_shared_otherwise(self, inbox: Inbox, index: int, carrier: CarrierLeg | None) -> None:
        """What comes to a socket that carriers share and is not the next packet of one of them."""
        if carrier is None:
            self.strays += 1
        else:
            self._from_carrier(carrier, inbox, index, inbox.lengths[index])

    def from_carrier_otherwise(self, carrier: CarrierLeg, index: int, length: int) -> None:
        if self._from_carrier(carrier, self.slots, index, length):
            self.filled = index = index + 1
            if index == self.slots.size:
                self.flush()

    def _from_carrier(self, carrier: CarrierLeg, slots: Slots, index: int, length: int) -> bool:
        """Queue a datagram for its browser, in place, or send it to another carrier; False: the slot is free again."""
        if not _HEADER < length <= LONGEST:
            carrier.strays += 1
            return False
        memory, start, now = slots.memory, slots.starts[index], self.now
        first, second, sequence, timestamp, ssrc = _read(memory, start)
        route, partner = carrier.backward.get(second), carrier.partner
        if route is None or partner is None:
            self._hear_unrouted(carrier, slots, index, length)
            return False
        length = self._admit(carrier, slots, index, length)
        if not length or (first != _PLAIN and not (length := straighten(memory, start, length))):
            return False
        carrier.received_bytes += length
        carrier.reception.hear(sequence, timestamp, ssrc, now)
        write = partner.stream.write
        if not partner.is_reached or not write(memory, start, route[0], sequence, timestamp, ssrc, now):
            return False
        if route[1] is not None:
            convert_in_place(memory, start, length, route[1])
        if isinstance(partner, CarrierLeg):
            self.send_to_carrier(partner, slots, index, length)
            return False
        if not self._to_browser(partner, slots, index, length):
            return False
        if route[1] is None and carrier.receiving is None and carrier.is_found:
            carrier.lead_to(partner)
            carrier.open(second, sequence, timestamp, ssrc, route[0], length)
        return True

    def _to_browser(self, leg: BrowserLeg, slots: Slots, index: int, length: int) -> bool:
        """Queue a packet under our header; False if it cannot be encrypted."""
        outbox, peer, box = leg.outbox, leg.peer, self._length
        box[0] = length
        if outbox is None or peer is None or _protect(leg.sending, slots.pointers[index], box):
            return False
        outbox.add(slots.locations[index], box[0], peer)
        leg.sent_packets += 1
        leg.sent_bytes += length
        return True

    def _admit(self, carrier: CarrierLeg, slots: Slots, index: int, length: int) -> int:
        """Decrypt and latch where that was agreed; the length then, 0 if the packet is not to be believed."""
        if carrier.receiving is None and not carrier.may_latch:
            return length
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
        conversion = None if view[1] in RTCP_PACKET_TYPES else carrier.conversions.get(view[1] & 0x7F)
        if conversion is not None:
            self._hear_transcoded(carrier, slots, index, length, conversion)
            return
        if carrier.may_latch and carrier.port.sender != carrier.remote:
            # Only audio says that the carrier is elsewhere.
            carrier.strays += 1
            return
        carrier.count_unrouted(view[1])
        if view[1] in RTCP_PACKET_TYPES:
            self.hear_mixed_control(carrier, slots.pointers[index], view, length)
        elif view[1] & 0x7F == STATIC_COMFORT_NOISE and carrier.partner and self._admit(carrier, slots, index, length):
            _, _, sequence, timestamp, ssrc = _read(view)
            carrier.reception.hear(sequence, timestamp, ssrc, self.now)
            carrier.partner.stream.omit(ssrc)

    # What has to be transcoded on its way

    def _hear_transcoded(self, carrier: CarrierLeg, slots: Slots, index: int, length: int, conversion: bytes) -> None:
        length = self._admit(carrier, slots, index, length)
        if length:
            carrier.received_bytes += length
            _, _, sequence, timestamp, ssrc = _read(slots.memory, slots.starts[index])
            carrier.reception.hear(sequence, timestamp, ssrc, self.now)
            self._convert_elsewhere(carrier, Direction.TO_BROWSER, conversion, slots, index, length)

    def _convert_elsewhere(
        self, carrier: CarrierLeg, direction: Direction, conversion: bytes, slots: Slots, index: int, length: int
    ) -> None:
        start = slots.starts[index]
        size = length if slots.memory[start] == _PLAIN else straighten(slots.memory, start, length)
        if size:
            self.transcode(carrier, direction, conversion, slots.memory[start : start + size])


def _ignore(*_: object) -> None:
    """Until someone listens."""
