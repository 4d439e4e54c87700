"""Calls of sipp to us, as the simulated carrier takes them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sip.callers import LiveCallee
from tests.sip.peers import sipp
from tests.sip.virtual import SDP
from widget.sip.events import Cancelled, Confirmed, HungUp
from widget.sip.incoming import IncomingCall


@pytest.fixture
async def callee() -> AsyncIterator[LiveCallee]:
    live = LiveCallee()
    await live.start()
    yield live
    await live.close()


def ring_and_answer(call: IncomingCall) -> None:
    call.ring()
    call.answer(SDP)


def ring(call: IncomingCall) -> None:
    call.ring()


async def run(callee: LiveCallee, scenario: str, folder: Path, *options: str) -> None:
    """One scenario against us."""
    target = f"127.0.0.1:{callee.agent.address[1]}"
    async with sipp(scenario, folder, target=target, options=options) as peer:
        status = await peer.finished()
    assert status == 0, peer.output()


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_caller_talks(callee: LiveCallee, tmp_path: Path, transport: str) -> None:
    callee.decide = ring_and_answer
    await run(callee, "caller_talks", tmp_path, "-t", transport)
    assert callee.calls[0].number == "100"
    assert callee.calls[0].caller == "200"
    assert callee.events == [Confirmed(), HungUp()]


async def test_caller_cancels(callee: LiveCallee, tmp_path: Path) -> None:
    callee.decide = ring
    await run(callee, "caller_cancels", tmp_path)
    assert callee.events == [Cancelled()]


@pytest.mark.parametrize("scenario", ["caller_is_released", "caller_through_proxies", "caller_late_offer"])
async def test_released_by_us(callee: LiveCallee, tmp_path: Path, scenario: str) -> None:
    callee.decide = ring_and_answer
    callee.hangs_up = True
    await run(callee, scenario, tmp_path)
    assert [type(event) for event in callee.events] == [Confirmed, HungUp]
    confirmed = callee.events[0]
    assert isinstance(confirmed, Confirmed)
    assert bool(confirmed.sdp) is (scenario == "caller_late_offer")
