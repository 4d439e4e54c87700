"""The load: 50 packets per second each way per call, timed by the kernel's stamps.

Every payload carries the moment it was handed to the kernel; a packet's delay is from there to its arrival at the other
socket, by one clock, and so holds nothing of the generator's own lateness.
"""

import asyncio
import os
import struct
import time
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bench.bridge.calls import Call, Exchange
from bench.bridge.crowd import Crowd, route
from widget.media.relay import srtp
from widget.media.rtp import FIXED_HEADER

PACKET_SECONDS: Final = 0.02
PAYLOAD: Final = 160
#: The payload type of the generator's packets to itself, which nobody negotiates.
_PROBE: Final = 127
#: Packets are stamped, encrypted and sent this many at a time.
_BURST: Final = 8
_STAMP = struct.Struct("!QI")
_FILLER = os.urandom(PAYLOAD - _STAMP.size)


@dataclass(slots=True)
class Tally:
    """What arrived of what was sent in one measured stretch; delays in milliseconds, both directions together."""

    sent: int = 0
    received: int = 0
    rejected: int = 0
    late_sends: int = 0
    delays: "array[float]" = field(default_factory=lambda: array("f"))
    #: Of the generator's packets to itself, past the system: what the machine adds by itself.
    floor: "array[float]" = field(default_factory=lambda: array("f"))

    @property
    def lost(self) -> int:
        return self.sent - self.received


class Load:
    """Speaks and listens for all calls of an exchange until told otherwise, ``pace`` times as fast as audio is."""

    def __init__(self, exchange: Exchange, *, pace: float = 1.0) -> None:
        self._exchange = exchange
        self._length = srtp.new_length()
        self._stretch = 0
        self._past = [
            route(call.carrier_host, (call.browser.host, exchange.browsers.port)) for call in exchange.calls[:1]
        ]
        self._step = PACKET_SECONDS / max(len(exchange.calls), 1) / pace

    def run(self, seconds: float) -> Tally:
        """Load for a while, then wait for what is still on its way. Stretches are told apart by their stamps."""
        tally = Tally()
        for pause in self._turns(seconds, tally):
            time.sleep(pause)
        return tally

    async def run_beside(self, seconds: float) -> Tally:
        """The same in a loop that has other things to do."""
        tally = Tally()
        for pause in self._turns(seconds, tally):
            await asyncio.sleep(pause)
        return tally

    def _turns(self, seconds: float, tally: Tally) -> Iterator[float]:
        """Send what is due and take what has come; yields how long to rest after each turn."""
        self._stretch += 1
        start, turn = time.monotonic(), 0
        turns = round(seconds / self._step)
        while turn < turns:
            due = min(turns, int((time.monotonic() - start) / self._step) + 1)
            tally.late_sends += due - turn > len(self._exchange.calls) / 4 + 1
            for begin in range(turn, due, _BURST):
                self._send(range(begin, min(begin + _BURST, due)), tally)
            if due > turn:
                self._probe()
            turn = due
            self._receive(tally)
            yield max(start + turn * self._step - time.monotonic(), 0.0002)
        yield from self._late(tally)

    def _late(self, tally: Tally) -> Iterator[float]:
        """Take what is still on its way."""
        deadline = time.monotonic() + 0.4
        while time.monotonic() < deadline:
            self._receive(tally)
            yield 0.001

    def _drain(self, tally: Tally) -> None:
        for pause in self._late(tally):
            time.sleep(pause)

    def _send(self, turns: Iterable[int], tally: Tally) -> None:
        calls = self._exchange.calls
        for turn in turns:
            call = calls[turn % len(calls)]
            call.browser.sequence += 1
            self._speak(self._exchange.carriers, call, call.carrier_way)
            if call.browser.way is not None:
                self._speak(self._exchange.browsers, call, call.browser.way)
            tally.sent += 2
        self._exchange.browsers.flush()
        self._exchange.carriers.flush()

    def _probe(self) -> None:
        """One packet straight to our other socket."""
        carriers = self._exchange.carriers
        for way in self._past:
            slot = carriers.slots[carriers.count]
            FIXED_HEADER.pack_into(slot, 0, 0x80, _PROBE, 0, 0, 0)
            _STAMP.pack_into(slot, FIXED_HEADER.size, time.time_ns(), self._stretch)
            carriers.add(FIXED_HEADER.size + _STAMP.size, way)
        carriers.flush()

    def _speak(self, crowd: Crowd, call: Call, way: object) -> None:
        sequence, index = call.browser.sequence, crowd.count
        slot = crowd.slots[index]
        FIXED_HEADER.pack_into(slot, 0, 0x80, 0, sequence & 0xFFFF, sequence * PAYLOAD & 0xFFFFFFFF, call.browser.ssrc)
        _STAMP.pack_into(slot, FIXED_HEADER.size, time.time_ns(), self._stretch)
        slot[FIXED_HEADER.size + _STAMP.size : FIXED_HEADER.size + PAYLOAD] = _FILLER
        self._length[0] = FIXED_HEADER.size + PAYLOAD
        if crowd is self._exchange.browsers:
            srtp.protect(call.browser.sending, crowd.slot_pointers[index], self._length)
        crowd.add(self._length[0], way)  # type: ignore[arg-type] # a Route

    def _receive(self, tally: Tally) -> None:
        exchange, count = self._exchange, 1
        while count:
            count = 0
            for slot, _length, _sender, host, arrived in exchange.carriers.receive():
                count += 1
                if host in exchange.by_carrier:
                    self._count(exchange.carriers.views[slot], arrived, tally)
            for slot, length, sender, host, arrived in exchange.browsers.receive():
                count += 1
                call = exchange.by_browser.get(host)
                if call is not None:
                    self._hear(call, slot, length, sender, arrived, tally)

    def _hear(self, call: Call, slot: int, length: int, sender: bytes, arrived: int, tally: Tally) -> None:
        crowd = self._exchange.browsers
        view = crowd.views[slot]
        if view[0] & 0xC0 != 0x80:
            call.browser.hear(view[:length].tobytes(), sender)
            return
        if view[1] == _PROBE:
            sent_at, _ = _STAMP.unpack_from(view, FIXED_HEADER.size)
            tally.floor.append((arrived - sent_at) / 1e6)
            return
        if 192 <= view[1] < 224:
            return
        self._length[0] = length
        if srtp.unprotect(call.browser.receiving, crowd.pointers[slot], self._length):
            tally.rejected += 1
        else:
            self._count(view, arrived, tally)

    def _count(self, packet: memoryview, arrived: int, tally: Tally) -> None:
        if 192 <= packet[1] < 224:
            return
        sent_at, stretch = _STAMP.unpack_from(packet, FIXED_HEADER.size)
        if stretch == self._stretch:
            tally.received += 1
            tally.delays.append((arrived - sent_at) / 1e6)
