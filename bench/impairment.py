"""``python -m bench.impairment``: what the bridge makes of a bad network.

Real calls (ICE, DTLS, SRTP) through the product's media service; between the peers and the bridge stands a network that
loses packets and delays each by 0 to 30 ms, so that they overtake one another. It is part of the generator, in both
directions, so that what it did is known packet by packet.
"""

import argparse
import asyncio
import heapq
import os
import platform
import random
import time
from collections.abc import Iterable
from itertools import count, pairwise

from bench.bridge.calls import Call, Exchange
from bench.bridge.crowd import Crowd, Route
from bench.bridge.load import PACKET_SECONDS, Load, Tally
from bench.bridge.place import LOOPBACK
from bench.bridge.systems import Placement, Served
from widget.media.relay import srtp
from widget.media.rtp import FIXED_HEADER

JITTER_SECONDS = 0.03
LOSSES = (0.0, 0.01, 0.03, 0.05, 0.1)
HEAD = (
    "| network loses | lost before the bridge | lost after it | points more | longest gap ms before / after "
    "| bridge kept a packet ms p99 / at most |\n|---|---|---|---|---|---|"
)
_PAYLOAD = 160

#: One direction of one call: its number, and whether the browser speaks.
Way = tuple[int, bool]


class BadNetwork(Load):
    """The load, through a network that loses ``loss`` of the packets and makes each up to 30 ms late.

    Every packet has a number in its payload; ``entered`` and ``came`` say when it left the network and the bridge, in
    nanoseconds.
    """

    def __init__(self, exchange: Exchange, loss: float, seed: int) -> None:
        super().__init__(exchange)
        self.offered = 0
        self.ways: dict[int, Way] = {}
        self.entered: dict[int, int] = {}
        self.came: dict[int, int] = {}
        self._loss = loss
        self._random = random.Random(seed)
        self._numbers = count(1)
        self._waiting: list[tuple[float, int, bytes]] = []

    def run(self, seconds: float) -> Tally:
        tally, start, turn = Tally(), time.monotonic(), 0
        calls = len(self._exchange.calls)
        while (now := time.monotonic()) < start + seconds or self._waiting:
            while turn * PACKET_SECONDS / calls < min(now - start, seconds):
                self._speak_both(turn % calls)
                turn += 1
            self._release(now)
            self._receive(tally)
            time.sleep(0.0005)
        self._drain(tally)
        return tally

    def _speak_both(self, index: int) -> None:
        call = self._exchange.calls[index]
        call.browser.sequence += 1
        for is_browsers in (True, False):
            self.offered += 1
            number = next(self._numbers)
            packet = self._packet(call, number, encrypts=is_browsers)
            if self._random.random() >= self._loss:
                self.ways[number] = index, is_browsers
                due = time.monotonic() + self._random.uniform(0, JITTER_SECONDS)
                heapq.heappush(self._waiting, (due, number, packet))

    def _packet(self, call: Call, number: int, *, encrypts: bool) -> bytes:
        crowd, sequence = self._exchange.browsers, call.browser.sequence
        slot, size = crowd.slots[0], FIXED_HEADER.size
        FIXED_HEADER.pack_into(slot, 0, 0x80, 0, sequence & 0xFFFF, sequence * _PAYLOAD & 0xFFFFFFFF, call.browser.ssrc)
        slot[size : size + _PAYLOAD] = number.to_bytes(8, "big") + bytes(_PAYLOAD - 8)
        self._length[0] = size + _PAYLOAD
        if encrypts:
            srtp.protect(call.browser.sending, crowd.slot_pointers[0], self._length)
        return bytes(slot[: self._length[0]])

    def _release(self, now: float) -> None:
        """What is due enters the bridge."""
        while self._waiting and self._waiting[0][0] <= now:
            _, number, packet = heapq.heappop(self._waiting)
            crowd, way = self._outlet(number)
            if way is not None:
                self.entered[number] = time.time_ns()
                crowd.send(packet, way)

    def _outlet(self, number: int) -> tuple[Crowd, Route | None]:
        index, is_browsers = self.ways[number]
        exchange, call = self._exchange, self._exchange.calls[index]
        return (exchange.browsers, call.browser.way) if is_browsers else (exchange.carriers, call.carrier_way)

    def _count(self, packet: memoryview, arrived: int, tally: Tally) -> None:
        number = int.from_bytes(packet[FIXED_HEADER.size : FIXED_HEADER.size + 8], "big")
        if packet[1] & 0x7F == 0 and number in self.entered:
            self.came[number] = arrived

    def longest_gap(self, times: dict[int, int]) -> float:
        """Milliseconds without a packet, in the worst direction of the worst call."""
        by_way: dict[Way, list[int]] = {}
        for number, at in times.items():
            by_way.setdefault(self.ways[number], []).append(at)
        return max(map(_longest_step, by_way.values()), default=0.0)

    def kept(self) -> list[float]:
        """How long the bridge had each packet, in milliseconds, shortest first."""
        return sorted((at - self.entered[number]) / 1e6 for number, at in self.came.items())


def _longest_step(times: Iterable[int]) -> float:
    return max((later - earlier for earlier, later in pairwise(sorted(times))), default=0) / 1e6


async def measure(loss: float, calls: int, seconds: float, placement: Placement) -> str:
    """One row of the table."""
    async with Served(["ours"], placement) as system:
        exchange = Exchange(LOOPBACK)
        try:
            for _ in range(calls):
                await exchange.add(system)
            exchange.suspend()
            Load(exchange).run(1)
            network = BadNetwork(exchange, loss, seed=1)
            network.run(seconds)
        finally:
            exchange.close()
    before, after = (1 - len(times) / network.offered for times in (network.entered, network.came))
    kept = network.kept()
    gaps = f"{network.longest_gap(network.entered):.0f} / {network.longest_gap(network.came):.0f}"
    return (
        f"| {loss:.0%} | {before:.2%} | {after:.2%} | {100 * (after - before):.2f} | {gaps} "
        f"| {kept[int(len(kept) * 0.99)]:.1f} / {kept[-1]:.1f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.impairment", description=__doc__)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--cores", default="0,1", help="core of the bridge, core of the generator")
    parser.add_argument("--quick", action="store_true", help="six seconds each")
    options = parser.parse_args()
    system, generator = (int(core) for core in options.cores.split(","))
    os.sched_setaffinity(0, {generator})
    placement = Placement(system=system, generator=generator, host=LOOPBACK.system)
    print(f"Python {platform.python_version()}, {options.calls} calls, 0 to 30 ms of jitter with reordering")
    print(HEAD, flush=True)
    for loss in LOSSES:
        seconds = 6.0 if options.quick else options.seconds
        print(asyncio.run(measure(loss, options.calls, seconds, placement)), flush=True)


if __name__ == "__main__":
    main()
