"""The relay's end of the way to the transcoder: plain RTP goes there and comes back in the other side's codec.

Only calls whose two sides share no codec take this way. What the transcoder does not take in time is dropped, so that
neither of the two ever waits for the other.
"""

import socket
import time
from typing import Final

from widget.media.relay import srtp
from widget.media.relay.conversion import ADDRESS, Direction
from widget.media.relay.legs import BrowserLeg, CarrierLeg
from widget.media.relay.net import CAPACITY, Slots
from widget.media.relay.protocol import TranscoderWanted
from widget.media.relay.worker import Worker
from widget.media.rtp import FIXED_HEADER

#: Packets taken per wake-up; the loop comes again for more.
MAX_PACKETS: Final = 32


class Transcoding:
    """Between legs and the transcoder's socket."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._socket: socket.socket | None = None
        self._slots = Slots(1)
        self._address = bytearray(ADDRESS.size)
        self._length = srtp.new_length()
        worker.forwarding.transcode = self._send

    def attach(self, fd: int) -> None:
        """Use this socket from here on."""
        self.close()
        self._socket = socket.socket(fileno=fd)
        self._socket.settimeout(0)
        self._discard()
        self._worker.watch(fd, self._receive)

    def _discard(self) -> None:
        """What waited while there was no relay is late by now."""
        while self._socket is not None:
            try:
                self._socket.recv(1)
            except OSError:
                return

    def want(self) -> None:
        """A bridge needs it."""
        if self._socket is None:
            self._worker.report(TranscoderWanted())

    def close(self) -> None:
        if self._socket is not None:
            self._worker.unwatch(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _send(self, carrier: CarrierLeg, direction: Direction, conversion: bytes, packet: memoryview) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendmsg([ADDRESS.pack(carrier.number, direction), conversion, packet])
        except OSError:
            # Full: the transcoder is dead or behind, and what it cannot take now would be late.
            carrier.unsent += 1

    def _receive(self) -> None:
        for _ in range(MAX_PACKETS):
            if not self._receive_one():
                return

    def _receive_one(self) -> bool:
        if self._socket is None:
            return False
        try:
            size = self._socket.recvmsg_into([self._address, self._slots.views[0]])[0] - ADDRESS.size
        except OSError:
            return False
        number, direction = ADDRESS.unpack(self._address)
        carrier = self._worker.carriers.get(number)
        if FIXED_HEADER.size < size <= CAPACITY and carrier is not None:
            self._deliver(carrier, direction, size)
        return True

    def _deliver(self, carrier: CarrierLeg, direction: int, size: int) -> None:
        """What comes back after the bridge has gone, or fell silent, is nobody's any more."""
        browser, other = carrier.browser, carrier.other
        if direction == Direction.TO_CARRIER and browser is not None and browser.conversions:
            self._to_carrier(carrier, size)
        elif direction == Direction.TO_BROWSER and browser is not None and carrier.conversions:
            self._to_browser(browser, size)
        elif direction == Direction.TO_BROWSER and other is not None and carrier.conversions:
            self._to_carrier(other, size)

    def _to_carrier(self, carrier: CarrierLeg, size: int) -> None:
        memory, start = self._slots.memory, self._slots.starts[0]
        _, second, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(memory, start)
        if carrier.stream.write(memory, start, second, sequence, timestamp, ssrc, time.monotonic()):
            self._worker.forwarding.send_to_carrier(carrier, self._slots, 0, size)

    def _to_browser(self, leg: BrowserLeg, size: int) -> None:
        outbox, peer = leg.outbox, leg.peer
        memory, start = self._slots.memory, self._slots.starts[0]
        _, second, sequence, timestamp, ssrc = FIXED_HEADER.unpack_from(memory, start)
        if outbox is None or peer is None or leg.sending is None:
            return
        self._length[0] = size
        if not leg.stream.write(memory, start, second, sequence, timestamp, ssrc, time.monotonic()):
            return
        if srtp.protect(leg.sending, self._slots.pointers[0], self._length):
            return
        outbox.add(self._slots.locations[0], self._length[0], peer)
        # The one slot is needed again at once.
        outbox.flush()
        leg.sent_packets += 1
        leg.sent_bytes += size
