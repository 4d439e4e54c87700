"""The load of ``bench.relay``: N calls whose browsers speak SRTP and whose carrier speaks RTP, 50 packets/s each way.

The generator does its own SRTP with the relay's building blocks, so that it fits on one core beside what it measures.
Every payload carries the time it was sent; delays therefore contain the generator's own lateness, at both ends.
"""

import os
import select
import socket
import struct
import time
from array import array
from dataclasses import dataclass, field
from typing import Any

from widget.media.relay import srtp
from widget.media.relay.net import Inbox, Outbox, Peer, Slots
from widget.media.rtp import FIXED_HEADER, RtpHeader

PACKET_SECONDS = 0.02
PAYLOAD = 160
#: AES128_CM_HMAC_SHA1_80, what Chromium negotiates.
PROFILE = 1

_STAMP = struct.Struct("!Q")


@dataclass(slots=True)
class Tally:
    """What arrived while measuring: delays in microseconds, and counts."""

    sent: int = 0
    received: int = 0
    rejected: int = 0
    delays: "array[float]" = field(default_factory=lambda: array("f"))

    @property
    def lost(self) -> int:
        return self.sent - self.received


class Browser:
    """One browser: a UDP socket and a pair of SRTP contexts."""

    def __init__(self, number: int, relay: tuple[str, int]) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(("127.0.0.1", 0))
        self.relay = relay
        self.keys = os.urandom(30), os.urandom(30)
        self.sending = srtp.sending(self.keys[0], PROFILE)
        self.receiving = srtp.receiving(self.keys[1], PROFILE)
        self.ssrc = 0x10000 + number
        self.sequence = 1


class Load:
    """Sends and receives for a set of calls until told otherwise. ``carrier_ports`` are the relay's, one per call."""

    def __init__(self, browsers: list[Browser], carrier: socket.socket, carrier_ports: list[int]) -> None:
        self.browsers = browsers
        self.carriers = [Peer("127.0.0.1", port) for port in carrier_ports]
        self.tally = Tally()
        self._carrier_inbox = Inbox(carrier.fileno(), socket.AF_INET)
        self._carrier_outbox = Outbox(carrier.fileno(), socket.AF_INET)
        self._slots = Slots()
        self._scratch = Slots(1)
        self._length = srtp.new_length()
        self._epoll = select.epoll()
        self._carrier_fd = carrier.fileno()
        self._by_fd = {browser.socket.fileno(): browser for browser in browsers}
        for fd in (carrier.fileno(), *self._by_fd):
            self._epoll.register(fd, select.EPOLLIN)

    def close(self) -> None:
        self._epoll.close()

    def run(self, seconds: float) -> Tally:
        """Load for a while, then wait for what is still on its way; returns what was counted."""
        self.tally = Tally()
        start, step = time.monotonic(), PACKET_SECONDS / max(len(self.browsers), 1)
        turns = round(seconds / step)
        turn = 0
        while turn < turns:
            due = min(turns, int((time.monotonic() - start) / step) + 1)
            for number in range(turn, due):
                self._send(number % len(self.browsers))
            turn = due
            self._carrier_outbox.flush()
            self._receive(max(start + turn * step - time.monotonic(), 0))
        deadline = time.monotonic() + 0.3
        while time.monotonic() < deadline:
            self._receive(0.05)
        return self.tally

    def _send(self, call: int) -> None:
        browser = self.browsers[call]
        sequence = browser.sequence
        browser.sequence = sequence + 1
        header = RtpHeader(payload_type=0, sequence=sequence, timestamp=sequence * PAYLOAD, ssrc=browser.ssrc).pack()
        slot = self._scratch.views[0]
        length = _fill(slot, header)
        self._length[0] = length
        srtp.protect(browser.sending, self._scratch.pointers[0], self._length)
        browser.socket.sendto(slot[: self._length[0]], browser.relay)
        index = self._carrier_outbox.count
        length = _fill(self._slots.views[index], header)
        self._carrier_outbox.add(self._slots.locations[index], length, self.carriers[call])
        self.tally.sent += 2

    def _receive(self, wait: float) -> None:
        for fd, _ in self._epoll.poll(wait):
            if fd == self._carrier_fd:
                for index in range(self._carrier_inbox.receive()):
                    self._count(self._carrier_inbox.views[index])
            else:
                self._from_relay(self._by_fd[fd])

    def _from_relay(self, browser: Browser) -> None:
        pointer: Any = self._scratch.pointers[0]
        self._length[0] = browser.socket.recv_into(self._scratch.views[0])
        if self._length[0] > 0:
            if srtp.unprotect(browser.receiving, pointer, self._length):
                self.tally.rejected += 1
            else:
                self._count(self._scratch.views[0])

    def _count(self, packet: memoryview) -> None:
        (sent_at,) = _STAMP.unpack_from(packet, FIXED_HEADER.size)
        self.tally.received += 1
        self.tally.delays.append((time.monotonic_ns() - sent_at) / 1000)


def _fill(slot: memoryview, header: bytes) -> int:
    slot[: len(header)] = header
    _STAMP.pack_into(slot, len(header), time.monotonic_ns())
    return len(header) + PAYLOAD
