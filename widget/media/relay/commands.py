"""What the control process tells the relay, applied to its legs."""

import logging
import socket
from functools import partial
from typing import Final

from widget.media.relay import srtp
from widget.media.relay.bridging import Bridging
from widget.media.relay.browser_socket import claim, unroute
from widget.media.relay.carrier_socket import CarrierSocket
from widget.media.relay.controls import Controls
from widget.media.relay.digits import Digits
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import Peer
from widget.media.relay.packets import decode
from widget.media.relay.ports import Port
from widget.media.relay.progress import COUNTERS, MAX_MESSAGE
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    CarrierRemoved,
    ControlPacket,
    Join,
    Message,
    Progress,
    RemoveBrowser,
    RemoveCarrier,
    SecureCarrier,
    SendEvent,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
    SetTranscoder,
    ShareSocket,
)
from widget.media.relay.reports import carrier_progress
from widget.media.relay.stream import Stream
from widget.media.relay.transcoding import Transcoding
from widget.media.relay.worker import Worker

logger = logging.getLogger(__name__)

#: A relay that takes over hundreds of calls is told of them in thousands of messages.
MAX_MESSAGES: Final = 8


class Commands:
    """Reads the control socket. The other side's close is our end: a relay never outlives its control process."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._controls = Controls(worker)
        self._digits = Digits(worker)
        self._transcoding = Transcoding(worker)
        self._bridging = Bridging(worker, self._transcoding)
        worker.watch(worker.control.fileno(), self.receive)

    def close(self) -> None:
        self._transcoding.close()

    def receive(self) -> None:
        """Apply a few messages; the loop comes again for more, so that a burst of set-ups does not delay audio."""
        for _ in range(MAX_MESSAGES):
            if not self._receive_one():
                return

    def _receive_one(self) -> bool:
        try:
            packet, fds, _, _ = socket.recv_fds(self._worker.control, MAX_MESSAGE, 2)
        except BlockingIOError:
            return False
        except OSError:
            packet, fds = b"", []
        if not packet:
            self._worker.running = False
            return False
        try:
            self.apply(decode(packet), fds)
        except LookupError as error:
            # A leg that is not there, or a socket that did not fit into our descriptor table: one call's trouble.
            logger.warning("The relay could not do as told: %r", error)
        return True

    def apply(self, message: Message, fds: list[int]) -> None:
        match message:
            case AddBrowser() | SetKeys() | SetBrowserAddress() | RemoveBrowser():
                self._apply_to_browser(message)
            case ShareSocket():
                self._share_socket(message.socket, fds)
            case AddCarrier():
                self._add_carrier(message, fds)
            case SetTranscoder():
                self._transcoding.attach(fds[0])
            case ControlPacket():
                self._controls.send(message)
            case Bridge():
                self._bridging.bridge(message)
            case Join():
                self._bridging.join(message)
            case SetCarrier() | SecureCarrier() | SendEvent() | RemoveCarrier():
                self._apply_to_carrier(message)
            case _:
                raise ValueError(f"not a command: {message!r}")

    def _apply_to_browser(self, message: AddBrowser | SetKeys | SetBrowserAddress | RemoveBrowser) -> None:
        match message:
            case AddBrowser():
                self._add_browser(message)
            case SetKeys():
                self._set_keys(message)
            case SetBrowserAddress():
                self._set_browser_address(message)
            case RemoveBrowser():
                self._remove_browser(message.leg)

    def _apply_to_carrier(self, message: SetCarrier | SecureCarrier | SendEvent | RemoveCarrier) -> None:
        match message:
            case SetCarrier():
                self._set_carrier(message)
            case SecureCarrier():
                self._secure_carrier(message)
            case SendEvent():
                self._send_event(message)
            case RemoveCarrier():
                self._remove_carrier(message.leg)

    def _add_browser(self, message: AddBrowser) -> None:
        leg = BrowserLeg(message.leg, message.ufrag)
        self._worker.browsers[message.leg] = leg
        self._worker.by_ufrag[message.ufrag] = leg

    def _set_keys(self, message: SetKeys) -> None:
        leg = self._worker.browsers[message.leg]
        leg.settle()
        leg.receiving = srtp.receiving(bytes.fromhex(message.receive_key), message.profile)
        leg.sending = srtp.sending(bytes.fromhex(message.send_key), message.profile)
        leg.payload_types = message.payload_types
        leg.stream = Stream(message.ssrc, index=message.index, timestamp=message.timestamp, sent_at=message.sent_at)
        _take_up(leg, message, is_resumed=message.sent_at > 0)
        self._bridging.renew(leg.carrier)

    def _set_browser_address(self, message: SetBrowserAddress) -> None:
        leg, shared = self._worker.browsers[message.leg], self._worker.browser_sockets[message.socket]
        leg.settle()
        leg.peer = Peer(message.host, message.port)
        leg.outbox = shared.outbox
        if shared.routes.get(leg.peer.key) is not leg:
            claim(self._worker.browser_sockets, leg, shared, leg.peer.key)

    def _remove_browser(self, number: int) -> None:
        leg = self._worker.browsers.pop(number)
        del self._worker.by_ufrag[leg.ufrag]
        for claimed in leg.keys:
            unroute(self._worker.browser_sockets, leg, claimed)
        if leg.carrier is not None:
            self._bridging.part(leg.carrier)

    def _share_socket(self, number: int, fds: list[int]) -> None:
        port, control = (Port(socket.socket(fileno=fd)) for fd in fds)
        shared = CarrierSocket(port, control)
        shared.inbox.discard()
        self._worker.share(number, shared)
        self._worker.watch(control.fd, partial(self._controls.from_shared, shared))

    def _add_carrier(self, message: AddCarrier, fds: list[int]) -> None:
        if message.socket is not None:
            shared = self._worker.carrier_sockets[message.socket]
            self._worker.carriers[message.leg] = CarrierLeg(message, shared.port, shared.control, shared)
            return
        port, control = Port(socket.socket(fileno=fds[0])), None
        port.discard()
        if len(fds) > 1:
            control = Port(socket.socket(fileno=fds[1]))
        leg = self._worker.carriers[message.leg] = CarrierLeg(message, port, control)
        self._worker.watch_carrier(leg)
        if control is not None:
            self._worker.watch(control.fd, partial(self._controls.from_carrier, leg, control))

    def _set_carrier(self, message: SetCarrier) -> None:
        leg = self._worker.carriers[message.leg]
        leg.agree(message)
        if leg.shared is not None:
            leg.settle()
            leg.shared.route(leg)
        elif leg.may_latch or leg.port.peer != leg.remote:
            self._worker.forwarding.leave(leg)
        self._bridging.renew(leg)

    def _secure_carrier(self, message: SecureCarrier) -> None:
        """A key that stays keeps its context: replay list and roll-over counter belong to it."""
        leg = self._worker.carriers[message.leg]
        leg.settle()
        before, leg.secured = leg.secured, message
        if message.profile == 0:
            leg.receiving = leg.sending = None
            return
        if before is None or (before.profile, before.receive_key) != (message.profile, message.receive_key):
            leg.receiving = srtp.receiving(bytes.fromhex(message.receive_key), message.profile)
        if before is None or (before.profile, before.send_key) != (message.profile, message.send_key):
            leg.sending = srtp.sending(bytes.fromhex(message.send_key), message.profile)
        if before is None:
            _take_up(leg, message, is_resumed=message.is_resumed)

    def _send_event(self, message: SendEvent) -> None:
        leg = self._worker.carriers[message.leg]
        if message.begins:
            self._bridging.hush(leg)
        self._digits.send(leg, message)
        if message.ends:
            self._bridging.unhush(leg)

    def _remove_carrier(self, number: int) -> None:
        leg = self._worker.carriers.pop(number, None)
        if leg is None:
            # It could not be added; who waits for the last word on it gets one.
            self._worker.report(CarrierRemoved(leg=number, counters=dict.fromkeys(COUNTERS, 0)))
            return
        self._worker.drain(leg)
        self._bridging.part(leg)
        self._worker.forwarding.leave(leg)
        for port in leg.ports:
            self._worker.unwatch(port.fd)
        leg.close()
        self._worker.report(Progress((carrier_progress(leg),)))
        self._worker.report(CarrierRemoved(leg=number, counters=leg.counters()))


def _take_up(leg: BrowserLeg | CarrierLeg, message: SetKeys | SecureCarrier, *, is_resumed: bool) -> None:
    """Bring the SRTP contexts to where those of a dead relay stood."""
    if is_resumed:
        srtp.advance_sender(leg.sending, leg.stream.ssrc, leg.stream.index)
        srtp.advance_control_sender(leg.sending, leg.stream.ssrc, message.controls)
    if message.heard_ssrc is not None:
        mirror = srtp.sending(bytes.fromhex(message.receive_key), message.profile)
        srtp.advance_receiver(leg.receiving, mirror, message.heard_ssrc, message.heard_index)
        leg.reception.resume(message.heard_ssrc, message.heard_index)
