"""Keys that the server sends for an agent: in the audio, or in the signalling where the carrier takes none there."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async

from tests.switchboard.board import Board, Seat
from tests.switchboard.caller import OFFER, Caller, calling_carrier
from widget.models import InboundNumber, Trunk
from widget.sip.events import Answered, DigitReceived, Ringing
from widget.switchboard import messages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling_carrier() as caller:
        yield caller


async def test_keys_reach_the_carrier_in_the_audio(seat: Seat, board: Board) -> None:
    await seat.dial("12025550100")
    await seat.talking()
    assert (await seat.command(messages.PressKeys, digits="12#"))["ok"]
    simulated = board.carrier.calls[-1]
    async with asyncio.timeout(20):
        await simulated.wait_until(lambda: simulated.digits == "12#")


async def test_keys_go_in_the_signalling_where_the_far_end_takes_none_in_the_audio(
    seat: Seat, board: Board, caller: Caller
) -> None:
    await sync_to_async(_bind)(seat)
    await board.exchange.trunks.refresh()
    without_events = "".join(line for line in OFFER.splitlines(keepends=True) if "101 " not in line)
    address = board.exchange.services.sip.address
    caller.dial(address, "+12025550199", sdp=without_events.replace(" 0 101", " 0"))
    await caller.hears(Ringing)
    await seat.command(messages.AnswerCall)
    await caller.hears(Answered)
    assert (await seat.command(messages.PressKeys, digits="7"))["ok"]
    assert (await caller.hears(DigitReceived)).digit == "7"


def _bind(seat: Seat) -> None:
    InboundNumber.objects.create(trunk=Trunk.objects.get(), number="+12025550199", group=seat.agent.group)


async def test_keys_without_a_talk_or_too_many_are_refused(seat: Seat) -> None:
    assert (await seat.command(messages.PressKeys, digits="1"))["reason"] == "no_such_call"
    await seat.dial("12025550100")
    await seat.talking()
    assert (await seat.command(messages.PressKeys, digits="1" * 65))["reason"] == "invalid_options"
