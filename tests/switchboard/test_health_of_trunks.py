"""A running switchboard knows how its trunks do, says so, and calls through the ones that live."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from tests.switchboard.board import SETTINGS, Board, Seat, running_board
from tests.switchboard.raw_trunk import RawTrunk, raw_trunk
from tests.switchboard.silent_peer import silent_peer
from widget.models import CallMessage, Trunk, TrunkHealth, TrunkRoute
from widget.switchboard.health import State
from widget.switchboard.health_monitor import HealthMonitor


async def knows(board: Board, trunk: Trunk, state: State) -> None:
    async with asyncio.timeout(30):
        while board.exchange.services.health.state(trunk.pk) is not state:
            await board.exchange.services.health.tick()
            await asyncio.sleep(0.05)


async def test_the_admins_row_says_that_a_trunk_is_up(board: Board) -> None:
    trunk = await Trunk.objects.aget()
    await knows(board, trunk, State.UP)
    await board.exchange.services.health.tick()
    health = await TrunkHealth.objects.aget(trunk=trunk, state="up")
    assert health.round_trip_ms is not None


def prefer_dead_trunk(seat: Seat, address: tuple[str, int]) -> tuple[Trunk, Trunk]:
    good = Trunk.objects.get()
    dead = Trunk.objects.create(application=good.application, name="Dead", host=address[0], port=address[1])
    for priority, trunk in enumerate((dead, good), start=1):
        TrunkRoute.objects.create(group=seat.agent.group, trunk=trunk, priority=priority)
    return dead, good


@pytest.fixture
def impatient(settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "TRUNK_CHECK_SECONDS": 0.1, "TRUNK_CHECK_FAILURES": 1}


async def test_a_call_takes_the_trunk_that_lives_at_once(transactional_db: None, impatient: None) -> None:
    with silent_peer() as address:
        async with running_board(time_scale=0.1) as board:
            seat = await board.seat()
            dead, good = await sync_to_async(prefer_dead_trunk)(seat, address)
            await seat.sign_in()
            await board.exchange.trunks.refresh()
            await knows(board, dead, State.DOWN)
            await seat.dial("12025550100")
            call = await seat.talking()
            await seat.hang_up()
            await seat.ended()
            await board.exchange.services.ladder.write(everything=True)
            remotes = {row.remote async for row in CallMessage.objects.filter(call=call)}
    assert call.trunk_id == good.pk
    assert remotes == {f"{good.host}:{good.port}"}


async def test_a_carrier_that_answers_calls_only_is_up(transactional_db: None, impatient: None) -> None:
    """Some leave OPTIONS unanswered. What one call showed also holds for the next switchboard."""
    async with raw_trunk() as carrier, running_board() as board:
        seat = await board.seat()
        trunk = await sync_to_async(lead_to)(carrier)
        await seat.sign_in()
        await board.exchange.trunks.refresh()
        await knows(board, trunk, State.DOWN)
        await seat.dial("12025550100")
        await carrier.reply(486)
        await seat.ended()
        await knows(board, trunk, State.UP)
        await board.exchange.services.health.tick()
        await TrunkHealth.objects.aget(trunk=trunk, state="up", reason="calls_only")
        await the_next_one_knows(board, trunk)


async def the_next_one_knows(board: Board, trunk: Trunk) -> None:
    sip, known = board.exchange.services.sip, [each.trunk for each in board.exchange.trunks.known]
    monitor = HealthMonitor(sip, lambda: known, seconds=60, failures=1)
    monitor.start()
    async with asyncio.timeout(30):
        while monitor.state(trunk.pk) is not State.UP:  # noqa: ASYNC110  (a task of its own makes it so)
            await asyncio.sleep(0.01)
    await monitor.stop()


def lead_to(carrier: RawTrunk) -> Trunk:
    Trunk.objects.update(port=carrier.transport.get_extra_info("sockname")[1], username="", password="")
    return Trunk.objects.get()


async def test_when_all_are_down_they_are_tried_all_the_same(
    transactional_db: None, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_board(time_scale=0.1) as board:
        seat = await board.seat()
        await seat.sign_in()
        monkeypatch.setattr(board.exchange.services.health, "is_down", lambda trunk_id: True)
        await seat.dial("12025550100")
        await seat.talking()
