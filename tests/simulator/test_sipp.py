"""SIPp as the caller: an independent user agent, over loopback UDP."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from widget.simulator.call import CallEnd, SimulatedCall
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.config import CarrierConfig
from widget.sip.timers import Timers

SCENARIOS = Path(__file__).parent / "sipp"


@pytest.fixture
async def carrier() -> AsyncIterator[SimulatedCarrier]:
    async with SimulatedCarrier(CarrierConfig(time_scale=0.05)) as carrier:
        yield carrier


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def run_sipp(carrier: SimulatedCarrier, number: str, *scenario: str, directory: Path) -> None:
    """One call; SIPp ends with 0 only if every message was as expected."""
    host, port = carrier.address
    process = await asyncio.create_subprocess_exec(
        "sipp",
        f"{host}:{port}",
        *scenario,
        *("-s", number, "-i", host, "-p", str(free_port()), "-mp", str(free_port() & ~1)),
        *("-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error", "-trace_err"),
        cwd=directory,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await process.communicate()
    log = "".join(path.read_text() for path in directory.glob("*_errors.log"))  # noqa: ASYNC240  (after the run)
    assert process.returncode == 0, f"{errors.decode()}\n{log}"


async def run_scenario(carrier: SimulatedCarrier, number: str, name: str, directory: Path) -> SimulatedCall:
    await run_sipp(carrier, number, "-sf", str(SCENARIOS / f"{name}.xml"), directory=directory)
    call = await carrier.wait_for_call(number)
    await call.wait_ended()
    return call


@pytest.mark.parametrize("number", ["12025550100", "12025550107", "31415926"])
async def test_its_built_in_caller_is_served(carrier: SimulatedCarrier, tmp_path: Path, number: str) -> None:
    await run_sipp(carrier, number, "-sn", "uac", "-d", "100", directory=tmp_path)
    call = await carrier.wait_for_call(number)
    await call.wait_ended()
    assert call.end is CallEnd.CALLER_HUNG_UP
    assert call.counters.sent_packets > 0


async def test_busy(carrier: SimulatedCarrier, tmp_path: Path) -> None:
    call = await run_scenario(carrier, "12025550102", "busy", tmp_path)
    assert call.end is CallEnd.REFUSED


async def test_cancel_while_ringing(carrier: SimulatedCarrier, tmp_path: Path) -> None:
    call = await run_scenario(carrier, "12025550103", "cancel", tmp_path)
    assert call.end is CallEnd.CANCELLED


async def test_hold_stops_our_audio_until_resumed(carrier: SimulatedCarrier, tmp_path: Path) -> None:
    async def watch() -> int:
        call = await carrier.wait_for_call("12025550100")
        await call.wait_until(lambda: call.held)
        before = call.counters.sent_packets
        await call.wait_until(lambda: not call.held)
        return call.counters.sent_packets - before

    watching = asyncio.create_task(watch())
    await run_sipp(carrier, "12025550100", "-sf", str(SCENARIOS / "hold_and_resume.xml"), directory=tmp_path)
    # Held for 300 ms, in which 15 packets would have left; a few may leave before the watcher wakes up.
    assert await watching < 8


async def test_a_refused_offer_leaves_the_call_as_it_was(carrier: SimulatedCarrier, tmp_path: Path) -> None:
    call = await run_scenario(carrier, "12025550100", "refused_offer", tmp_path)
    assert call.end is CallEnd.CALLER_HUNG_UP


async def test_an_answer_that_is_never_acknowledged_ends_with_our_bye(tmp_path: Path) -> None:
    async with SimulatedCarrier(CarrierConfig(time_scale=0.05, timers=Timers(t1=0.01))) as carrier:
        call = await run_scenario(carrier, "12025550100", "never_acknowledged", tmp_path)
        assert call.end is CallEnd.FAILED


async def test_late_offer(carrier: SimulatedCarrier, tmp_path: Path) -> None:
    call = await run_scenario(carrier, "12025550100", "late_offer", tmp_path)
    assert call.end is CallEnd.CALLER_HUNG_UP
    assert call.counters.sent_packets > 0
