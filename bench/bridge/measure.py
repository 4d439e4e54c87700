"""One system, one number of calls: what it costs and how it sounds."""

import os
import statistics
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bench.bridge.calls import Exchange, System
from bench.bridge.load import Load, Tally
from bench.bridge.place import Place
from bench.bridge.process import cpu_ms, resident_kb, stolen_seconds


class Measured(System, Protocol):
    """A running system and its processes; ``measured`` are those whose CPU counts."""

    @property
    def pids(self) -> list[int]: ...

    @property
    def measured(self) -> list[int]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long and how often."""

    warm_up: float
    seconds: float
    repeats: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """CPU in milliseconds per second of one call, delays in milliseconds, memory in kilobytes per call; medians over
    the repeats, ``spread`` half the distance between the cheapest and the dearest, losses over all of them. ``floor``
    is the 99th percentile of the generator's packets to itself, ``stolen`` the share of the cores' time that the host
    took away from this machine, in percent."""

    calls: int
    cpu: float
    spread: float
    p50: float
    p99: float
    floor: float
    stolen: float
    lost: int
    sent: int
    memory: float
    first_media: float

    @property
    def core(self) -> float:
        """Share of one core."""
        return self.cpu * self.calls / 1000

    @property
    def calls_per_core(self) -> float:
        """At 80 % of one core."""
        return 800 / self.cpu

    @property
    def is_overloaded(self) -> bool:
        return self.core > 0.95 or self.lost > 0.02 * self.sent


async def measure(system: AbstractAsyncContextManager[Measured], place: Place, calls: int, effort: Effort) -> Result:
    """Connect ``calls`` calls one after another, load them, and take everything down again."""
    async with system as running:
        exchange = Exchange(place)
        try:
            # The first call loads code: what it costs in memory is not what one more call costs.
            first = await exchange.add(running)
            empty = resident_kb(running.pids)
            others = [await exchange.add(running) for _ in range(calls - 1)]
            memory = (resident_kb(running.pids) - empty) / max(len(others), 1)
            setups = [call.first_media_seconds * 1000 for call in others or [first]]
            exchange.suspend()
            return _summary(calls, _runs(running, Load(exchange), effort), memory, statistics.median(setups))
        finally:
            exchange.close()


def _runs(running: Measured, load: Load, effort: Effort) -> list[tuple[float, float, Tally]]:
    """CPU in milliseconds per second of load, the share that was stolen, and what arrived; once per repeat."""
    load.run(effort.warm_up)
    runs = []
    for _ in range(effort.repeats):
        before, stolen = cpu_ms(running.measured), stolen_seconds()
        tally = load.run(effort.seconds)
        cost = (cpu_ms(running.measured) - before) / effort.seconds
        runs.append((cost, 100 * (stolen_seconds() - stolen) / (effort.seconds * (os.cpu_count() or 1)), tally))
    return runs


def _summary(calls: int, runs: list[tuple[float, float, Tally]], memory: float, first_media: float) -> Result:
    costs, tallies = [cost / calls for cost, _, _ in runs], [tally for _, _, tally in runs]
    delays = [_percentiles(tally.delays) for tally in tallies]
    return Result(
        calls=calls,
        cpu=statistics.median(costs),
        spread=(max(costs) - min(costs)) / 2,
        p50=statistics.median(p50 for p50, _ in delays),
        p99=statistics.median(p99 for _, p99 in delays),
        floor=statistics.median(_percentiles(tally.floor)[1] for tally in tallies),
        stolen=statistics.median(stolen for _, stolen, _ in runs),
        lost=sum(tally.lost for tally in tallies),
        sent=sum(tally.sent for tally in tallies),
        memory=memory,
        first_media=first_media,
    )


def _percentiles(delays: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(delays, n=100) if len(delays) > 1 else [float("inf")] * 99
    return cuts[49], cuts[98]
