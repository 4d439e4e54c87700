"""Calls that come in are counted at their trunk by what we answered, also those that ring nobody."""

import asyncio
from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from tests.switchboard.board import Board, Seat
from tests.switchboard.caller import Caller, calling_carrier
from widget.models import Agent, Call, InboundNumber, Trunk, TrunkCount
from widget.sip.events import Answered, HungUp, Rejected, Ringing
from widget.switchboard import messages, trunk_counts
from widget.switchboard.inbound_counts import InboundCounts

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "12025550199"
PATIENCE_SECONDS = 20.0


def _bind_number(agent: Agent) -> None:
    InboundNumber.objects.create(trunk=Trunk.objects.get(), number=f"+{NUMBER}", group=agent.group)


@pytest.fixture
async def caller(seat: Seat) -> AsyncIterator[Caller]:
    await sync_to_async(_bind_number)(seat.agent)
    await seat.board.exchange.trunks.refresh()
    async with calling_carrier() as caller:
        yield caller


def counts() -> dict[tuple[str, int], int]:
    return {(row.direction, row.sip_code): row.attempts for row in TrunkCount.objects.all()}


async def counted(**wanted: int) -> None:
    """Wait for exactly these inbound calls, by status."""
    expected = {("inbound", int(code.removeprefix("sip_"))): number for code, number in wanted.items()}
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await sync_to_async(counts)() != expected:  # noqa: ASYNC110  (the database offers no event)
            await asyncio.sleep(0.02)


async def test_answered_rejected_and_given_up_calls_are_told_apart(seat: Seat, board: Board, caller: Caller) -> None:
    address = board.exchange.services.sip.address
    caller.dial(address, NUMBER)
    await caller.hears(Ringing)
    await seat.command(messages.AnswerCall)
    await caller.hears(Answered)
    await seat.hang_up()
    await caller.hears(HungUp)
    await counted(sip_200=1)
    await seat.until(lambda agent: agent.status == 4)
    await seat.command(messages.FinishWrapUp)
    caller.dial(address, NUMBER)
    await caller.hears(Ringing)
    await seat.command(messages.RejectCall)
    await caller.hears(Rejected)
    await counted(sip_200=1, sip_603=1)


async def test_a_call_that_rings_nobody_is_counted_too(board: Board, caller: Caller) -> None:
    address = board.exchange.services.sip.address
    caller.dial(address, "4711")
    assert (await caller.hears(Rejected)).code == 404
    await counted(sip_404=1)
    assert not await Call.objects.aexists()


async def test_a_caller_who_gives_up_is_counted(board: Board, caller: Caller) -> None:
    dialog = caller.dial(board.exchange.services.sip.address, NUMBER)
    await caller.hears(Ringing)
    dialog.hang_up()
    await caller.hears(Rejected)
    await counted(sip_487=1)


async def test_what_the_database_did_not_take_is_counted_later(seat: Seat) -> None:
    trunk = await Trunk.objects.aget()
    kept = InboundCounts()
    with patch("widget.switchboard.trunk_counts.count", side_effect=OperationalError("down")):
        kept.settled(trunk.pk, 486)
        await kept.stop()
    assert await sync_to_async(counts)() == {}
    kept.settled(trunk.pk, 486)
    await kept.stop()
    await counted(sip_486=2)


async def test_an_orphan_that_rang_counts_without_an_answer(seat: Seat) -> None:
    call = Call(agent=seat.agent, application_id=seat.agent.application_id, direction="inbound", called=NUMBER)
    call.trunk = await Trunk.objects.aget()
    await sync_to_async(trunk_counts.count_orphan)(call)
    await counted(sip_0=1)
