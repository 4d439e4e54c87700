"""What a mode says about calls, where the calls are."""

import pytest

from tests.switchboard.board import Board
from widget.calls.agent import AgentStatus
from widget.models import Agent, Mode

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_call_is_given_up_when_the_modes_ring_time_is_over(board: Board) -> None:
    seat = await board.seat()
    await Mode.objects.aupdate(ring_seconds=1)
    await seat.sign_in()
    await seat.dial("12025550103")
    assert (await seat.ended()).termination == "no_answer"


async def test_an_agents_own_mode_can_do_without_after_call_work(board: Board) -> None:
    seat = await board.seat()
    mode = await Mode.objects.acreate(name="No wrap-up", wrap_up_seconds=0)
    await Agent.objects.aupdate(mode=mode)
    await seat.sign_in()
    await seat.dial("12025550100")
    await seat.talking()
    await seat.hang_up()
    await seat.ended()
    assert (await Agent.objects.aget()).status == AgentStatus.IDLE
