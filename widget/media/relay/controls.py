"""RTCP as the relay sees it: authenticated, passed up, sent as told. What it says is read in the control process."""

import socket
import time
from typing import Any, Final

from widget.media.relay import srtp
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import Outbox, Port
from widget.media.relay.protocol import ControlPacket
from widget.media.relay.worker import Worker
from widget.media.rtcp import MAX_SIZE
from widget.media.rtp import RTCP_PACKET_TYPES

#: RTCP packets passed up per leg and second: more is a flood, and costs the control process time.
MAX_CONTROLS: Final = 10
#: A receiver's report of nothing.
_SHORTEST: Final = 8


class Controls:
    """Between legs and the control socket."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._length = srtp.new_length()
        self._box = Outbox(-1, socket.AF_INET)
        worker.hear_control = self.from_browser

    def from_browser(self, leg: BrowserLeg, pointer: Any, view: memoryview, length: int) -> None:
        if leg.controls >= MAX_CONTROLS:
            return
        self._length[0] = length
        if srtp.unprotect_control(leg.receiving, pointer, self._length):
            leg.rejected += 1
            return
        leg.heard += 1
        leg.controls += 1
        self._pass_up(leg, view[: self._length[0]])

    def from_carrier(self, leg: CarrierLeg, port: Port) -> None:
        for _ in range(MAX_CONTROLS):
            length = port.receive(self._box.pointers[0])
            if length < 0:
                return
            self._take(leg, port, length)

    def _take(self, leg: CarrierLeg, port: Port, length: int) -> None:
        view = self._box.views[0]
        if port.sender() != leg.control_remote or length < _SHORTEST or view[1] not in RTCP_PACKET_TYPES:
            leg.strays += 1
            return
        leg.rtcp += 1
        leg.controls += 1
        if leg.controls <= MAX_CONTROLS:
            self._pass_up(leg, view[:length])

    def _pass_up(self, leg: BrowserLeg | CarrierLeg, packet: memoryview) -> None:
        data, is_carrier = bytes(packet[:MAX_SIZE]), isinstance(leg, CarrierLeg)
        self._worker.report(ControlPacket(is_carrier=is_carrier, leg=leg.number, data=data, at=time.monotonic()))

    def send(self, message: ControlPacket) -> None:
        """Send what a leg is to get; nothing if it cannot be reached yet."""
        if message.is_carrier:
            self._to_carrier(self._worker.carriers[message.leg], message.data)
        else:
            self._to_browser(self._worker.browsers[message.leg], message.data)

    def _to_carrier(self, leg: CarrierLeg, data: bytes) -> None:
        if leg.control is not None and leg.control_peer is not None:
            self._box.views[0][: len(data)] = data
            leg.control.send(self._box.pointers[0], len(data), leg.control_peer)

    def _to_browser(self, leg: BrowserLeg, data: bytes) -> None:
        outbox = leg.outbox
        if outbox is None or leg.peer is None or leg.sending is None:
            return
        slot = outbox.count
        outbox.views[slot][: len(data)] = data
        self._length[0] = len(data)
        if srtp.protect_control(leg.sending, outbox.pointers[slot], self._length) == 0:
            outbox.add(0, self._length[0], leg.peer)
