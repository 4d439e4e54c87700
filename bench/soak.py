"""``python -m bench.soak``: calls held for long, and whether anything grows, goes missing or stops.

Real calls (ICE, DTLS, SRTP) through the product's media service and its relay process. ``--accelerated`` sends twenty
times as fast as audio is, so that the two SRTP roll-overs of a 45-minute call pass in little over two minutes.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from dataclasses import dataclass

from bench.bridge.calls import Exchange
from bench.bridge.load import Load, Tally
from bench.bridge.place import LOOPBACK
from bench.bridge.process import descriptors, resident_kb, threads
from bench.bridge.systems import Placement, Served

HEAD = "| minutes | packets per call | roll-overs | lost | refused | RSS MB | descriptors | threads |\n|" + "---|" * 8
#: Memory may settle in the first stretch; what it grows by afterwards is a leak.
MAX_GROWTH = 0.02
ACCELERATION = 20.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Kilobytes and counts of all processes of the system."""

    memory: float
    descriptors: int
    threads: int

    @classmethod
    def of(cls, pids: list[int]) -> "Sample":
        return cls(resident_kb(pids), descriptors(pids), threads(pids))

    def is_flat(self, later: "Sample") -> bool:
        grown = later.memory - self.memory
        same = (self.descriptors, self.threads) == (later.descriptors, later.threads)
        return same and grown <= MAX_GROWTH * self.memory


async def soak(calls: int, minutes: float, pace: float, stretch: float, placement: Placement) -> bool:
    """Hold ``calls`` calls for so long; whether all stayed whole and nothing grew."""
    async with Served(["ours"], placement) as system:
        exchange = Exchange(LOOPBACK)
        try:
            for _ in range(calls):
                await exchange.add(system)
            exchange.suspend()
            return _hold(exchange, system, minutes, pace, stretch)
        finally:
            exchange.close()


def _hold(exchange: Exchange, system: Served, minutes: float, pace: float, stretch: float) -> bool:
    load, begin = Load(exchange, pace=pace), time.monotonic()
    load.run(min(stretch, 10))
    first, lost, refused = Sample.of(system.pids), 0, 0
    print(HEAD, flush=True)
    while time.monotonic() < begin + minutes * 60:
        tally = load.run(stretch)
        lost, refused = lost + tally.lost, refused + tally.rejected
        _tell(exchange, time.monotonic() - begin, tally, Sample.of(system.pids))
    last = Sample.of(system.pids)
    verdict = lost == 0 and refused == 0 and first.is_flat(last)
    print(
        f"{lost} lost, {refused} refused, memory {first.memory / 1024:.1f} to {last.memory / 1024:.1f} MB: "
        f"{'passed' if verdict else 'FAILED'}"
    )
    return verdict


def _tell(exchange: Exchange, elapsed: float, tally: Tally, now: Sample) -> None:
    sent = exchange.calls[0].browser.sequence
    print(
        f"| {elapsed / 60:.1f} | {sent} | {sent >> 16} | {tally.lost} | {tally.rejected} "
        f"| {now.memory / 1024:.1f} | {now.descriptors} | {now.threads} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--calls", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--accelerated", action="store_true", help="two SRTP roll-overs within minutes")
    parser.add_argument("--quick", action="store_true", help="20 calls, 2 minutes")
    parser.add_argument("--cores", default="0,1", help="core of the system, core of the generator")
    options = parser.parse_args()
    system, generator = (int(core) for core in options.cores.split(","))
    os.sched_setaffinity(0, {generator})
    calls = options.calls or (10 if options.accelerated else 20 if options.quick else 100)
    minutes = options.minutes or (2.5 if options.accelerated else 2.0 if options.quick else 30.0)
    pace = ACCELERATION if options.accelerated else 1.0
    print(f"Python {platform.python_version()}, {calls} calls, {minutes:g} minutes, {50 * pace:g} packets/s each way")
    placement = Placement(system=system, generator=generator, host=LOOPBACK.system)
    is_whole = asyncio.run(soak(calls, minutes, pace, max(minutes * 6, 5), placement))
    sys.exit(not is_whole)


if __name__ == "__main__":
    main()
