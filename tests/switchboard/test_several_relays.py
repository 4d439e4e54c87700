"""Agents whose audio is in different relays: who is full, who moves, and a customer who goes from one to the other."""

from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from tests.switchboard.board import SETTINGS, Board, Seat, running_board
from widget.calls.agent import AgentStatus
from widget.switchboard import messages

pytestmark = pytest.mark.django_db(transaction=True)

ECHO = "12025550100"


@pytest.fixture
async def board(transactional_db: None, settings: Settings) -> AsyncIterator[Board]:
    settings.CCSDK = {**SETTINGS, "RELAY_PROCESSES": 2}
    async with running_board(time_scale=0.1) as running:
        yield running


async def signed_in(board: Board, *accounts: str) -> list[Seat]:
    seats = [await board.seat(account) for account in accounts]
    for seat in seats:
        await seat.sign_in()
    return seats


def carrier_legs(board: Board) -> list[int]:
    return [relay.carrier_legs for relay in board.exchange.services.media.statistics()]


async def test_a_call_that_is_one_too_many_for_its_relay_moves_and_only_full_relays_refuse(board: Board) -> None:
    board.exchange.services.capacity.max_calls = 1
    ann, ben, eve = await signed_in(board, "demo_001", "demo_002", "demo_003")
    await ann.dial(ECHO)
    await ann.talking()
    assert "audio.renew" not in ann.heard
    assert (await eve.dial(ECHO))["ok"]
    await eve.talking()
    assert "audio.renew" in eve.heard
    assert carrier_legs(board) == [2, 0]
    # As a page does it: what it has stays until the new one is up.
    before, eve.peer = eve.peer, None
    await eve.connect_audio()
    await eve.until_legs(lambda: carrier_legs(board) == [1, 1])
    assert before is not None
    await before.close()
    assert (await ben.dial(ECHO))["reason"] == "at_capacity"
    await eve.hang_up()
    assert (await eve.ended()).termination == "agent_hung_up"
    assert (await ben.dial(ECHO))["ok"]


async def test_audio_that_comes_again_stays_with_its_call(board: Board) -> None:
    ann, _ = await signed_in(board, "demo_001", "demo_002")
    await ann.dial(ECHO)
    await ann.talking()
    await ann.connect_audio()
    assert board.exchange.services.media.statistics()[1].browser_legs == 1
    await ann.hang_up()
    assert (await ann.ended()).termination == "agent_hung_up"
    assert carrier_legs(board) == [0, 0]


async def test_a_customer_follows_a_colleague_into_another_relay(board: Board) -> None:
    ann, ben = await signed_in(board, "demo_001", "demo_002")
    await ann.dial(ECHO)
    await ann.talking()
    assert carrier_legs(board) == [1, 0]
    await ann.command(messages.Transfer, to="demo_002", kind="blind")
    await ben.until_call(lambda call: call.state == "ringing")
    await ben.command(messages.AnswerCall)
    assert (await ann.ended()).termination == "transferred"
    await ben.talking()
    await ben.until_legs(lambda: carrier_legs(board) == [0, 1])
    call = await board.carrier.wait_for_call(ECHO)
    assert call.live
    await ben.hang_up()
    await ben.until(lambda agent: agent.status != AgentStatus.BUSY)
    assert carrier_legs(board) == [0, 0]
