"""RTCP as the relay sees it: authenticated, passed up, sent as told. What it says is read in the control process."""

import time
from typing import Any, Final

from widget.media.relay import srtp
from widget.media.relay.carrier_socket import CarrierSocket
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import Slots
from widget.media.relay.ports import Port
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
        self._slots = Slots(1)
        worker.forwarding.hear_control = self.from_browser
        worker.forwarding.hear_mixed_control = self.from_carriers_audio

    def from_browser(self, leg: BrowserLeg, pointer: Any, view: memoryview, length: int) -> None:
        if leg.controls >= MAX_CONTROLS:
            return
        self._length[0] = length
        if status := srtp.unprotect_control(leg.receiving, pointer, self._length):
            self._worker.forwarding.reject(leg, status)
            return
        leg.heard += 1
        leg.controls += 1
        self._pass_up(leg, view[: self._length[0]])

    def from_carrier(self, leg: CarrierLeg, port: Port) -> None:
        for _ in range(MAX_CONTROLS):
            view = self._slots.views[0]
            length = port.receive(view)
            if length < 0:
                return
            if port.sender != leg.control_remote or length < _SHORTEST or view[1] not in RTCP_PACKET_TYPES:
                leg.strays += 1
                continue
            leg.rtcp += 1
            self._take(leg, self._slots.pointers[0], view, length)

    def from_shared(self, shared: CarrierSocket) -> None:
        """The same from the socket that several carriers share."""
        view = self._slots.views[0]
        for _ in range(MAX_CONTROLS):
            length = shared.control.receive(view)
            if length < 0:
                return
            leg = shared.controls.get(shared.control.sender)
            if leg is None or length < _SHORTEST or view[1] not in RTCP_PACKET_TYPES:
                self._worker.forwarding.strays += 1
                continue
            leg.rtcp += 1
            self._take(leg, self._slots.pointers[0], view, length)

    def from_carriers_audio(self, leg: CarrierLeg, pointer: Any, view: memoryview, length: int) -> None:
        """RTCP on the audio's port: believed where that was negotiated."""
        if leg.terms is not None and leg.terms.rtcp_mux and length >= _SHORTEST:
            self._take(leg, pointer, view, length)

    def _take(self, leg: CarrierLeg, pointer: Any, view: memoryview, length: int) -> None:
        if leg.controls >= MAX_CONTROLS:
            return
        self._length[0] = length
        if leg.receiving is not None and (status := srtp.unprotect_control(leg.receiving, pointer, self._length)):
            self._worker.forwarding.reject(leg, status)
            return
        leg.controls += 1
        self._pass_up(leg, view[: self._length[0]])

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
        is_mixed = leg.terms is not None and leg.terms.rtcp_mux
        port, remote = (leg.port, leg.remote) if is_mixed else (leg.control, leg.control_remote)
        if port is None or not remote:
            return
        view = self._slots.views[0]
        view[: len(data)] = data
        self._length[0] = len(data)
        if leg.sending is None or srtp.protect_control(leg.sending, self._slots.pointers[0], self._length) == 0:
            port.send(view[: self._length[0]], remote)

    def _to_browser(self, leg: BrowserLeg, data: bytes) -> None:
        outbox = leg.outbox
        if outbox is None or leg.peer is None or leg.sending is None:
            return
        self._slots.views[0][: len(data)] = data
        self._length[0] = len(data)
        if srtp.protect_control(leg.sending, self._slots.pointers[0], self._length) == 0:
            outbox.add(self._slots.locations[0], self._length[0], leg.peer)
            # The one slot is needed again at once.
            outbox.flush()
