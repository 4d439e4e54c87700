"""What a mode says about calls, where the calls are."""

from collections.abc import AsyncIterator

import pytest

from tests.switchboard.board import Board, Seat
from tests.switchboard.caller import Caller, calling_carrier
from widget.calls.agent import AgentStatus
from widget.models import Agent, AgentGroup, Application, Call, InboundNumber, Mode, Trunk
from widget.sip.events import Answered, Rejected
from widget.switchboard import messages

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


async def _after_a_talk(board: Board, **mode: bool) -> Seat:
    """An agent of such a mode, in after-call work."""
    seat = await board.seat()
    await seat.sign_in()
    await seat.dial("12025550100")
    await seat.talking()
    await Mode.objects.aupdate(**mode)
    await seat.hang_up()
    await seat.until(lambda agent: agent.status == AgentStatus.POST_CALL)
    return seat


async def test_a_required_remark_is_demanded_by_the_server(board: Board) -> None:
    seat = await _after_a_talk(board, remark_required=True)
    assert (await seat.command(messages.FinishWrapUp))["reason"] == "remark_required"
    assert (await seat.command(messages.ChooseStatus, status=2))["reason"] == "remark_required"
    call = await Call.objects.aget()
    await seat.command(messages.WriteRemark, call_id=call.id, text="Called back")
    assert (await seat.command(messages.FinishWrapUp))["ok"]
    assert (await Agent.objects.aget()).status == AgentStatus.IDLE


async def test_what_the_mode_does_not_have_is_refused(board: Board) -> None:
    seat = await board.seat()
    await seat.sign_in()
    await seat.dial("12025550100")
    await seat.talking()
    await Mode.objects.aupdate(mute=False, hold=False, may_be_busy=False, may_take_breaks=False)
    for kind in (messages.Mute, messages.Hold):
        assert (await seat.command(kind, on=True))["reason"] == "not_allowed"
        assert (await seat.command(kind, on=False))["ok"]
    for status in (3, 5):
        assert (await seat.command(messages.ChooseStatus, status=status))["reason"] == "not_allowed"
    assert (await seat.command(messages.ChooseStatus, status=2))["ok"]


async def test_a_status_chosen_in_a_call_is_remembered_for_a_page_that_comes_back(seat: Seat) -> None:
    await seat.dial("12025550103")
    await seat.command(messages.ChooseStatus, status=5)
    assert (await Agent.objects.aget()).next_status == AgentStatus.BREAK
    await seat.hang_up()
    await seat.until(lambda agent: agent.status == AgentStatus.BREAK and agent.next_status is None)


@pytest.fixture
async def caller(seat: Seat) -> AsyncIterator[Caller]:
    """A carrier that may call the agent's group at 12025550199."""
    trunk = await Trunk.objects.aget()
    group = await AgentGroup.objects.aget(agents=seat.agent)
    await InboundNumber.objects.acreate(trunk=trunk, number="+12025550199", group=group)
    await seat.board.exchange.trunks.refresh()
    async with calling_carrier() as caller:
        yield caller


async def test_a_call_may_be_answered_by_itself(seat: Seat, board: Board, caller: Caller) -> None:
    await Mode.objects.aupdate(automatic_answer=True)
    caller.dial(board.exchange.services.sip.address, "12025550199")
    await caller.hears(Answered)
    assert (await seat.talking()).direction == "inbound"


async def test_a_call_that_the_agent_does_not_take_is_given_up(seat: Seat, board: Board, caller: Caller) -> None:
    await Mode.objects.aupdate(inbound_ring_seconds=1)
    caller.dial(board.exchange.services.sip.address, "12025550199")
    assert (await caller.hears(Rejected)).code == 480
    assert (await seat.ended()).termination == "agent_no_answer"


async def test_numbers_of_the_applications_country_are_dialled_with_its_prefix(seat: Seat, board: Board) -> None:
    await Application.objects.aupdate(region="US")
    await seat.dial("(202) 555-0100")
    assert (await seat.talking()).called == "+12025550100"
    await seat.command(messages.Transfer, to="202 555 0107", kind="blind")
    assert (await seat.ended()).transfer_to == "+12025550107"
