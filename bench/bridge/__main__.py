"""``python -m bench.bridge``: our relay, aiortc alone and Debian's Janus, side by side in one run. See
``docs/bench-bridge.md``."""

import argparse
import asyncio
import gc
import os
import platform
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.bridge import janus
from bench.bridge.measure import Effort, Result, measure
from bench.bridge.place import Place, settle
from bench.bridge.report import HEAD, row, write
from bench.bridge.systems import Placement, Served
from widget.media.relay.promptness import be_prompt

PLOT: Final = Path(__file__).parents[2] / "docs" / "bench-bridge.svg"
QUICK: Final[tuple[Effort, Sequence[int]]] = (Effort(warm_up=1, seconds=3, repeats=2), (1, 10, 200))
FULL: Final[tuple[Effort, Sequence[int]]] = (Effort(warm_up=2, seconds=6, repeats=3), (1, 10, 50, 200, 500, 800))


@dataclass(frozen=True, slots=True)
class Entry:
    """A system by name, how to start it, and the most calls that it is asked for; ``only`` limits it to one size."""

    name: str
    start: Callable[[Placement], AbstractAsyncContextManager[Any]]
    most: int = 10_000
    only: int | None = None


OURS: Final = (
    Entry("relay", lambda placement: Served(["ours"], placement)),
    Entry("relay, shared carrier socket", lambda placement: Served(["ours", "--shared"], placement)),
    Entry("relay, Django busy", lambda placement: Served(["ours", "--busy"], placement), only=200),
)
AIORTC: Final = Entry("aiortc alone", lambda placement: Served(["aiortc"], placement), most=10)
JANUS: Final = Entry("Janus 1.1 (SIP plugin)", janus.Janus)


def entries(place: Place) -> list[Entry]:
    """What can be measured here; what cannot is said."""
    chosen = [*OURS, AIORTC]
    if not janus.is_installed():
        print(janus.MISSING)
    elif not place.has_interface:
        print("Janus needs a network namespace (root, or user namespaces, and `ip`); its rows are left out.")
    else:
        chosen.append(JANUS)
    return chosen


async def compare(place: Place, sizes: Sequence[int], effort: Effort, placement: Placement) -> dict[str, list[Result]]:
    """Size by size, all systems in turn, so that what the machine does otherwise meets all of them."""
    chosen, results = entries(place), dict[str, list[Result]]()
    full: set[str] = set()
    print(HEAD, flush=True)
    for calls in sizes:
        for entry in chosen:
            if entry.name in full or calls > entry.most or entry.only not in (None, calls):
                continue
            try:
                result = await measure(entry.start(placement), place, calls, effort)
            except (TimeoutError, OSError) as error:
                print(f"| {entry.name} | {calls} | does not connect that many: {error!r} | | | | | | | |", flush=True)
                full.add(entry.name)
                continue
            results.setdefault(entry.name, []).append(result)
            print(row(entry.name, result), flush=True)
            if result.is_overloaded:
                print(f"| {entry.name} | more | its core is full, or it loses packets | | | | | | | |", flush=True)
                full.add(entry.name)
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.bridge", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="under three minutes: fewer sizes, shorter runs")
    parser.add_argument("--calls", help="numbers of calls, separated by commas")
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--cores", default="0,1", help="core of the system, core of the generator")
    parser.add_argument("--plot", type=Path, help=f"where to draw; {PLOT.name} in docs/ for the full run")
    return parser.parse_args()


def main() -> None:
    place, options = settle(), _options()
    effort, sizes = QUICK if options.quick else FULL
    effort = Effort(
        warm_up=effort.warm_up,
        seconds=options.seconds or effort.seconds,
        repeats=options.repeats or effort.repeats,
    )
    sizes = tuple(int(item) for item in options.calls.split(",")) if options.calls else sizes
    system, generator = (int(core) for core in options.cores.split(","))
    os.sched_setaffinity(0, {generator})
    be_prompt()
    # What was loaded stays, and a call leaves little behind: the collector would only make the generator late.
    gc.freeze()
    gc.disable()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the run")
    placement = Placement(system=system, generator=generator, host=place.system)
    results = asyncio.run(compare(place, sizes, effort, placement))
    target = options.plot or (PLOT if not (options.quick or options.calls) else None)
    if target is not None and results:
        write(results, target)
        print(f"drawn: {target}", file=sys.stderr)


if __name__ == "__main__":
    main()
