"""``python -m bench.relay --calls 1,10,50,200``: what N calls cost in the relay process. See ``bench/README.md``."""

import argparse
import asyncio
import contextlib
import os
import platform
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.relay_load import PACKET_SECONDS, PROFILE, Browser, Load
from widget.media.addresses import CarrierPorts, PortPair, open_udp, widen
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    CarrierRemoved,
    RemoveCarrier,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
)
from widget.media.relay_process import RelayProcess

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One measurement. CPU in milliseconds per second of one call, delays in milliseconds, memory in kilobytes."""

    cpu: float
    p50: float
    p99: float
    lost: int
    sent: int
    memory: float


async def measure(calls: int, *, warm_up: float, seconds: float, cores: tuple[int, int]) -> Run:
    """Start a relay with ``calls`` bridged calls, load it, and stop it again."""
    async with contextlib.AsyncExitStack() as stack:
        shared = stack.enter_context(open_udp(LOOPBACK, 0))
        widen(shared)
        applied = asyncio.Event()
        relay = RelayProcess(
            on_message=lambda message: applied.set() if isinstance(message, CarrierRemoved) else None,
            on_lost=lambda: sys.exit("the relay died"),
        )
        await relay.start([shared], silence_seconds=3600)
        stack.push_async_callback(relay.close)
        assert relay.pid is not None
        os.sched_setaffinity(relay.pid, {cores[0]})
        await _applied(relay, applied)
        empty = _memory(relay.pid)
        load = _connect(relay, calls, shared.getsockname(), stack)
        stack.callback(load.close)
        await _applied(relay, applied)
        load.run(warm_up)
        before, clock = _cpu(relay.pid), time.monotonic()
        tally = load.run(seconds)
        spent, elapsed = _cpu(relay.pid) - before, time.monotonic() - clock
        assert tally.rejected == 0
        delays = statistics.quantiles(tally.delays, n=100)
        return Run(
            cpu=spent / min(elapsed, seconds) / calls,
            p50=delays[49] / 1000,
            p99=delays[98] / 1000,
            lost=tally.lost,
            sent=tally.sent,
            memory=(_memory(relay.pid) - empty) / calls,
        )


def _connect(relay: RelayProcess, calls: int, address: tuple[str, int], stack: contextlib.AsyncExitStack) -> Load:
    """Tell the relay of ``calls`` calls as the media service would after ICE and DTLS."""
    carrier = stack.enter_context(open_udp(LOOPBACK, 0))
    widen(carrier)
    ports, numbers = CarrierPorts(range(16384, 32768)), []
    browsers = [Browser(number, address) for number in range(calls)]
    for number, browser in enumerate(browsers):
        stack.callback(browser.socket.close)
        opened = ports.open(LOOPBACK)
        numbers.append(opened.media.getsockname()[1])
        _add_call(relay, number, browser, opened, carrier.getsockname()[1])
        opened.media.close()
        opened.control.close()
    return Load(browsers, carrier, numbers)


def _add_call(relay: RelayProcess, number: int, browser: Browser, opened: PortPair, carrier_port: int) -> None:
    ours, theirs = browser.keys
    relay.send(AddBrowser(leg=number, ufrag=f"bench{number}"))
    relay.send(
        SetKeys(
            leg=number,
            profile=PROFILE,
            receive_key=ours.hex(),
            send_key=theirs.hex(),
            ssrc=number,
            payload_types={"PCMU": 0, "PCMA": 8, "telephone-event": 126},
        )
    )
    relay.send(SetBrowserAddress(leg=number, socket=0, host=LOOPBACK, port=browser.socket.getsockname()[1]))
    relay.send(AddCarrier(leg=number), fds=[item.fileno() for item in opened])
    relay.send(
        SetCarrier(
            leg=number,
            host=LOOPBACK,
            port=carrier_port,
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=101,
            sends=True,
            receives=True,
        )
    )
    relay.send(Bridge(carrier=number, browser=number))


async def _applied(relay: RelayProcess, applied: asyncio.Event) -> None:
    """Wait until the relay has worked off all messages: the removal of a leg is answered in order."""
    applied.clear()
    with open_udp(LOOPBACK, 0) as opened:
        relay.send(AddCarrier(leg=-1), fds=[opened.fileno()])
    relay.send(RemoveCarrier(leg=-1))
    await applied.wait()


def _cpu(pid: int) -> float:
    """CPU time of all threads so far, in milliseconds."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def _memory(pid: int) -> int:
    """Resident memory in kilobytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def _print_row(calls: int, runs: list[Run]) -> None:
    median = {name: statistics.median(getattr(run, name) for run in runs) for name in Run.__slots__}
    spread = max(run.cpu for run in runs) - min(run.cpu for run in runs)
    load = median["cpu"] * calls / 10
    cpu = f"{median['cpu']:.2f} (±{spread / 2:.2f})"
    print(
        f"| {calls} | {cpu} | {load:.0f} % | {median['p50']:.2f} / {median['p99']:.2f} "
        f"| {sum(run.lost for run in runs)} of {sum(run.sent for run in runs)} | {median['memory']:.0f} |",
        flush=True,
    )


async def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.relay", description=__doc__)
    parser.add_argument("--calls", default="1,10,50,200", help="numbers of calls, separated by commas")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm-up", type=float, default=2.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--cores", default="0,1", help="core of the relay, core of the generator")
    parser.add_argument("--quick", action="store_true", help="under a minute: 10 and 200 calls, two short runs")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.calls, arguments.seconds, arguments.repeats = "10,200", 3.0, 2
    relay_core, own_core = (int(core) for core in arguments.cores.split(","))
    os.sched_setaffinity(0, {own_core})
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {1 / PACKET_SECONDS:.0f} packets/s each way")
    print("| calls | CPU ms per call-second | of one core | delay ms p50 / p99 | lost | RSS kB per call |")
    print("|---|---|---|---|---|---|")
    for calls in (int(item) for item in arguments.calls.split(",")):
        cores = (relay_core, own_core)
        runs = [
            await measure(calls, warm_up=arguments.warm_up, seconds=arguments.seconds, cores=cores)
            for _ in range(arguments.repeats)
        ]
        _print_row(calls, runs)


if __name__ == "__main__":
    asyncio.run(main())
