"""Digits of ours on a carrier's stream (RFC 4733). Their timing is the control process's business."""

import time

from widget.media.relay import srtp
from widget.media.relay.legs import CarrierLeg
from widget.media.relay.net import Slots
from widget.media.relay.protocol import SendEvent
from widget.media.relay.worker import Worker
from widget.media.rtp import FIXED_HEADER


class Digits:
    """Sends what it is told, packet by packet."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._length = srtp.new_length()
        self._slots = Slots(1)

    def send(self, leg: CarrierLeg, message: SendEvent) -> None:
        """Nothing while the carrier takes no digits, or wants to hear nothing."""
        terms = leg.terms
        if terms is None or terms.dtmf_payload_type is None or not terms.receives or not leg.remote:
            return
        if message.begins:
            leg.stream.begin_event(time.monotonic())
        marker = 0x80 if message.begins else 0
        self._transmit(leg, terms.dtmf_payload_type | marker, bytes.fromhex(message.payload))

    def _transmit(self, leg: CarrierLeg, second: int, payload: bytes) -> None:
        view, size = self._slots.views[0], FIXED_HEADER.size + len(payload)
        leg.stream.emit(view, second)
        view[FIXED_HEADER.size : size] = payload
        self._length[0] = size
        if leg.sending is not None and srtp.protect(leg.sending, self._slots.pointers[0], self._length):
            return
        if leg.port.send(view[: self._length[0]], leg.remote):
            leg.sent_packets += 1
            leg.sent_bytes += self._length[0]
        else:
            leg.unsent += 1
