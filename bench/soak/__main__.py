"""``python -m bench.soak``: calls held for long, and whether anything grows, goes missing or stops.

The whole product: Daphne with switchboard and database, its relays, agents' pages that speak the widget's protocol
(WebSocket, ICE, DTLS, SRTP), and a simulated carrier (SIP, RTP) with a log of its own. ``--accelerated`` sends twenty
times as fast as audio is, so that the two SRTP roll-overs of a 45-minute call pass in little over two minutes.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.bridge.calls import Exchange
from bench.bridge.load import Load, Tally
from bench.bridge.place import LOOPBACK
from bench.soak.calls import Agent, Agents
from bench.soak.carrier import Carrier
from bench.soak.growth import Sample, grown
from bench.soak.records import faults
from bench.soak.server import Server

HEAD = "| minutes | packets per call | roll-overs | lost | refused | server MB | relays MB | fds | threads | UDP |"
ACCELERATION = 20.0
#: Of all packets, as a call that fails.
MAX_LOST = 0.001
_EMPTY_SECONDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    calls: int
    minutes: float
    pace: float
    relays: int

    @property
    def stretch(self) -> float:
        """Seconds between two samples."""
        return max(self.minutes * 6, 5)


async def soak(plan: Plan, folder: Path) -> list[str]:
    """Hold the calls for so long, end them; what was wrong, one line each."""
    exchange = Exchange(LOOPBACK)
    try:
        async with (
            Carrier(exchange.carriers) as carrier,
            Server(folder, count=plan.calls, relays=plan.relays, carrier_port=carrier.port) as server,
        ):
            found = await _calls(plan, server, carrier, exchange)
    finally:
        exchange.close()
    return found + [f"the server's log: {line}" for line in server.log]


async def _calls(plan: Plan, server: Server, carrier: Carrier, exchange: Exchange) -> list[str]:
    agents = Agents(server, carrier, exchange)
    try:
        await agents.add()
        idle, begin = Sample.of(server.pids), time.monotonic()
        for _ in range(plan.calls - 1):
            await agents.add()
        print(f"{plan.calls} calls are up after {time.monotonic() - begin:.1f} s", flush=True)
        exchange.suspend()
        found = await _hold(Load(exchange, pace=plan.pace), exchange, server, plan)
        found += _silenced(agents.present)
        await agents.end_all()
    finally:
        await agents.close()
    found += await _returned(server, idle, plan)
    found += faults(server, agents.present, carrier.log)
    return found


async def _hold(load: Load, exchange: Exchange, server: Server, plan: Plan) -> list[str]:
    print(HEAD + "\n|" + "---|" * 10)
    begin, lost, sent, refused = time.monotonic(), 0, 0, 0
    samples: list[Sample] = []
    while time.monotonic() < begin + plan.minutes * 60:
        tally = await load.run_beside(plan.stretch)
        sent, lost, refused = sent + tally.sent, lost + tally.lost, refused + tally.rejected
        samples.append(Sample.of(server.pids))
        _tell(exchange, time.monotonic() - begin, tally, samples[-1])
    settled = len(samples) // 3 + 1
    print(f"{lost} of {sent} packets lost, {refused} refused by SRTP")
    return [*_missing(lost, sent, refused), *grown(samples[:settled], samples[settled:])]


def _missing(lost: int, sent: int, refused: int) -> Iterator[str]:
    if lost > MAX_LOST * sent:
        yield f"{lost} of {sent} packets lost"
    if refused:
        yield f"{refused} packets refused by SRTP"


def _silenced(agents: Sequence[Agent]) -> Iterator[str]:
    """A page that is told so would connect anew; these do not, and their calls stay silent."""
    lost = sum(agent.page.state["leg"]["state"] != "connected" for agent in agents)
    if lost:
        yield f"{lost} agents were told that their audio is lost"


def _tell(exchange: Exchange, elapsed: float, tally: Tally, now: Sample) -> None:
    sent = exchange.calls[0].browser.sequence
    print(
        f"| {elapsed / 60:.1f} | {sent} | {sent >> 16} | {tally.lost} | {tally.rejected} | {now.row()}",
        flush=True,
    )


async def _returned(server: Server, before: Sample, plan: Plan) -> list[str]:
    """Whether all legs, ports and sockets of the calls are given back."""
    deadline = time.monotonic() + _EMPTY_SECONDS
    while True:
        told, now = await server.metrics(), Sample.of(server.pids)
        legs = told["carrier_legs"] + told["browser_legs"]
        if (legs == 0 and now.udp < before.udp) or time.monotonic() > deadline:
            break
        await asyncio.sleep(1)
    print(f"| after | | | | | {now.row()}")
    found = [] if legs == 0 else [f"{legs:.0f} legs are still open"]
    if told["relay_restarts_total"]:
        found.append(f"{told['relay_restarts_total']:.0f} relays died")
    # The first call, which was up when this was counted, had two ports of its own towards the carrier.
    if now.udp != before.udp - 2:
        found.append(f"{now.udp} UDP sockets, not {before.udp - 2}")
    # Threads of the pool may have come meanwhile, each with a database connection of a few descriptors.
    if now.descriptors > before.descriptors + 3 * (now.threads - before.threads) + plan.calls // 10:
        found.append(f"{now.descriptors} descriptors, and {before.descriptors} before")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--calls", type=int)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--accelerated", action="store_true", help="two SRTP roll-overs within minutes")
    parser.add_argument("--relays", type=int, default=2, help="relay processes, which share the calls")
    parser.add_argument("--quick", action="store_true", help="20 calls, 2 minutes")
    options = parser.parse_args()
    plan = Plan(
        calls=options.calls or (10 if options.accelerated else 20 if options.quick else 100),
        minutes=options.minutes or (2.5 if options.accelerated else 2.0 if options.quick else 30.0),
        pace=ACCELERATION if options.accelerated else 1.0,
        relays=options.relays,
    )
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores", flush=True)
    print(f"{plan.calls} calls, {plan.relays} relays, {plan.minutes:g} minutes, {50 * plan.pace:g} packets/s each way")
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(soak(plan, Path(folder)))
    print("\n".join(found) or "Records exact, nothing grew, everything returned: passed")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
