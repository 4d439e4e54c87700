"""``python -m bench.signalling``: what a call costs in signalling, in CPU and in memory.

The callee is a process of its own and answers every INVITE at once; the caller, whose cost is measured, hangs up as
soon as it hears the answer, or holds the calls when memory is counted. Beside it, if ``--sippy`` has made its venv, the
same by sippy, the other SIP stack in Python that is in use, with the same callee in the same run.
"""

import argparse
import asyncio
import gc
import json
import multiprocessing
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, Failed, HungUp, Rejected, SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import make_offer
from widget.sip.outgoing import OutgoingCall
from widget.sip.trunk import Transport, Trunk
from widget.sip.user_agent import UserAgent
from widget.switchboard import garbage

SDP = make_offer(host="127.0.0.1", port=4000, codecs=["PCMU", "PCMA"], session_id=1)
UNLIMITED = 1e9
SIPPY: Final = "2.5.0"
SIPPY_HOME: Final = Path(__file__).parents[1] / "var" / "sippy"
Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
CONFIG = UserAgentConfig(host="127.0.0.1", messages_per_second=UNLIMITED, message_burst=UNLIMITED)


@dataclass(frozen=True, slots=True)
class Rate:
    """One run: seconds of CPU per call and of post-dial delay, and how many calls did not end by BYE."""

    cpu_seconds: float
    delays: tuple[float, ...]
    failed: int


def main() -> None:
    """Measure and print one table."""
    options = parsed()
    ready, port_end = multiprocessing.get_context("spawn").Pipe()
    callee = multiprocessing.get_context("spawn").Process(target=answer_calls, args=(port_end,), daemon=True)
    callee.start()
    port = ready.recv()
    print("| caller | CPU ms per call | answer after ms p50 / p99 | failed | KiB per held dialog |")
    print("|---|---|---|---|---|")
    for transport in (Transport.UDP, Transport.TCP):
        trunk = Trunk(id=1, host="127.0.0.1", port=port, transport=transport)
        runs = [alone(rate_once, trunk, options.rate, options.seconds) for _ in range(options.repeats)]
        print(row(f"ours, {transport.value}", runs, alone(memory_once, trunk, options.held)), flush=True)
    if sippy := sippy_python(installs=options.sippy):
        runs = [sippy_rate(sippy, port, options.rate, options.seconds) for _ in range(options.repeats)]
        print(row(f"sippy {SIPPY}, udp", runs, sippy_held(sippy, port, options.held)), flush=True)
    callee.terminate()
    callee.join()


def sippy_python(*, installs: bool) -> Path | None:
    """The Python of sippy's own environment, made on demand: it is a peer to compare with and no dependency of ours."""
    python = SIPPY_HOME / "bin" / "python"
    if not python.exists() and installs:
        subprocess.run([sys.executable, "-m", "venv", str(SIPPY_HOME)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", f"sippy=={SIPPY}"], check=True)
    if not python.exists():
        print("sippy is not installed: --sippy makes an environment for it in var/; its row is left out.")
        return None
    return python


def sippy_rate(python: Path, port: int, per_second: int, seconds: float) -> Rate:
    told = sippy_caller(python, "rate", port, per_second, seconds)
    return Rate(told["cpu_seconds"], tuple(told["delays"]), told["failed"])


def sippy_held(python: Path, port: int, count: int) -> float:
    return float(sippy_caller(python, "held", port, count)["kib"])


def sippy_caller(python: Path, *arguments: object) -> Any:
    command = [str(python), str(Path(__file__).with_name("sippy_caller.py")), *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="calls per second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--held", type=int, default=2000, help="dialogs held while memory is counted")
    parser.add_argument("--sippy", action="store_true", help="make sippy's environment in var/ if it is missing")
    parser.add_argument("--quick", action="store_true", help="under three minutes: one run each, 500 held dialogs")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.repeats, options.held = 3, 1, 500
    return options


def row(name: str, runs: list[Rate], held: float) -> str:
    """Medians over the runs, delays and failures over all of them."""
    delays = sorted(delay for run in runs for delay in run.delays)
    p50, p99 = (delays[int(len(delays) * share)] * 1000 for share in (0.5, 0.99))
    cpu = statistics.median(run.cpu_seconds for run in runs) * 1000
    failed = sum(run.failed for run in runs)
    return f"| {name} | {cpu:.2f} | {p50:.1f} / {p99:.1f} | {failed} | {held:.1f} |"


def alone(measure: Callable[Parameters, Result], *arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
    """In a fresh process, so that no run finds what an earlier one left in memory and caches."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, *arguments, **named).result()


def rate_once(trunk: Trunk, rate: int, seconds: float) -> Rate:
    return asyncio.run(at_rate(trunk, rate, seconds))


def memory_once(trunk: Trunk, count: int) -> float:
    return asyncio.run(memory(trunk, count))


def answer_calls(port: Connection) -> None:
    """The other process: takes every call."""
    asyncio.run(serve(port))


async def serve(port: Connection) -> None:
    def invited(call: IncomingCall) -> None:
        call.ring()
        call.answer(SDP)

    agent = UserAgent(CONFIG, on_invite=invited)
    await agent.start()
    garbage.settle()
    port.send(agent.address[1])
    await asyncio.Event().wait()


async def at_rate(trunk: Trunk, rate: int, seconds: float) -> Rate:
    """Calls at an even rate, each hung up when it is answered."""
    agent = UserAgent(CONFIG)
    await agent.start()
    garbage.settle()
    calls = Calls(agent, trunk, hangs_up=True)
    begin, cpu = time.monotonic(), time.process_time()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(begin + number / rate - time.monotonic(), 0))
        calls.place()
    await asyncio.wait_for(calls.all_ended(), 40)
    used = time.process_time() - cpu
    await agent.close()
    return Rate(used / calls.placed, tuple(calls.delays), calls.failed)


async def memory(trunk: Trunk, count: int) -> float:
    """KiB of resident memory per answered call that is held, transactions gone."""
    agent = UserAgent(CONFIG)
    await agent.start()
    garbage.settle()
    calls = Calls(agent, trunk, hangs_up=False)
    before = resident_kib()
    for number in range(count):
        calls.place()
        if number % 20 == 0:
            await asyncio.sleep(0.1)
    while len(calls.delays) + calls.failed < count:  # noqa: ASYNC110  (a benchmark waits for the last answer)
        await asyncio.sleep(0.1)
    await asyncio.sleep(CONFIG.timers.transaction_seconds + 1)
    gc.collect()
    grown = resident_kib() - before
    await agent.close(timeout_seconds=20)
    return grown / count


def resident_kib() -> float:
    """This process's resident memory now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


class Calls:
    """The calls of one run and what became of them."""

    def __init__(self, agent: UserAgent, trunk: Trunk, *, hangs_up: bool) -> None:
        self.placed = 0
        self.failed = 0
        self.delays: list[float] = []
        self._agent = agent
        self._trunk = trunk
        self._hangs_up = hangs_up
        self._live: dict[int, OutgoingCall] = {}
        self._nobody = asyncio.Event()

    def place(self) -> None:
        """One more."""
        index, begin = self.placed, time.monotonic()
        self.placed += 1

        def hear(event: SipEvent) -> None:
            if isinstance(event, Answered):
                self.delays.append(time.monotonic() - begin)
                if self._hangs_up:
                    self._live[index].hang_up()
            elif isinstance(event, HungUp | Rejected | Failed):
                self.failed += not isinstance(event, HungUp)
                del self._live[index]
                if not self._live:
                    self._nobody.set()

        self._live[index] = self._agent.invite(
            self._trunk, call_id=f"bench-{id(self)}-{index}", number="100", caller="200", sdp=SDP, on_event=hear
        )
        self._nobody.clear()

    async def all_ended(self) -> None:
        """Return when none is left."""
        await self._nobody.wait()


if __name__ == "__main__":
    main()
