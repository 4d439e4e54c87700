"""What an agent does in a call, and calls that come in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async

from tests.switchboard.board import Board, Seat
from tests.switchboard.caller import Caller, calling_carrier
from widget.calls.agent import AgentStatus
from widget.models import Agent, Call, InboundNumber, Trunk
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, Failed, FailureCause, HungUp, MediaChanged, Rejected, Ringing
from widget.sip.user_agent import UserAgent
from widget.switchboard import gauges, messages

pytestmark = pytest.mark.django_db(transaction=True)


async def test_mute_is_remembered_and_shown(seat: Seat) -> None:
    await seat.dial("12025550100")
    await seat.talking()
    assert (await seat.command(messages.Mute, on=True))["ok"]
    assert (await Call.objects.aget()).muted
    await seat.command(messages.Mute, on=False)
    assert not (await Call.objects.aget()).muted
    assert await seat.statuses() == [1, 2, 3]


async def test_hold_reaches_the_carrier_and_is_taken_back(seat: Seat, board: Board) -> None:
    await seat.dial("12025550100")
    await seat.talking()
    simulated = board.carrier.calls[-1]
    assert (await seat.command(messages.Hold, on=True))["ok"]
    async with asyncio.timeout(5):
        await simulated.wait_until(lambda: simulated.held)
    assert (await Call.objects.aget()).held
    await seat.command(messages.Hold, on=False)
    async with asyncio.timeout(5):
        await simulated.wait_until(lambda: not simulated.held)
    assert not (await Call.objects.aget()).held


@pytest.mark.parametrize(
    ("kind", "fields"), [(messages.Hold, {"on": True}), (messages.AnswerCall, {}), (messages.RejectCall, {})]
)
async def test_what_a_dialled_call_cannot_do_yet_is_refused(
    seat: Seat, kind: type[messages.Command], fields: dict[str, bool]
) -> None:
    assert (await seat.command(kind, **fields))["reason"] == "no_such_call"
    await seat.dial("12025550103")
    await seat.until_call(lambda call: call.state == "ringing")
    assert (await seat.command(kind, **fields))["reason"] == "no_such_call"


async def test_a_break_is_chosen_and_a_choice_in_a_call_waits_for_its_end(seat: Seat) -> None:
    await seat.command(messages.ChooseStatus, status=5)
    await seat.until(lambda agent: agent.status == AgentStatus.BREAK)
    await seat.dial("12025550103")
    await seat.command(messages.ChooseStatus, status=3)
    await seat.hang_up()
    await seat.until(lambda agent: agent.status == AgentStatus.BUSY)
    await seat.until_call(lambda call: call.state == "ended")
    assert (await seat.command(messages.ChooseStatus, status=4))["reason"] == "invalid_options"
    await seat.command(messages.ChooseStatus, status=2)
    await seat.until(lambda agent: agent.status == AgentStatus.IDLE)


async def test_past_capacity_a_dial_is_refused_and_the_live_call_goes_on(seat: Seat, board: Board) -> None:
    """at_capacity: the second agent waits, the first one notices nothing."""
    board.exchange.services.capacity.max_calls = 1
    other = await board.seat("demo_002")
    await other.sign_in()
    await seat.dial("12025550100")
    await seat.talking()
    refused = await other.dial("12025550100")
    assert (refused["ok"], refused["reason"]) == (False, "at_capacity")
    assert (await Call.objects.aget()).state == "talking"
    now = gauges.current()
    assert now is not None
    assert (now.calls, now.refused, now.media.carrier_legs, now.media.browser_legs) == (1, 1, 1, 2)
    await seat.hang_up()
    await seat.ended()
    assert (await other.dial("12025550103"))["ok"]


async def test_labels_are_kept_with_the_remark(seat: Seat) -> None:
    await seat.dial("12025550102")
    call = await seat.ended()
    await seat.command(messages.WriteRemark, call_id=call.id, text="x", labels=["hot"])
    await seat.command(messages.WriteRemark, call_id=call.id, text="y")
    saved = await Call.objects.aget()
    assert (saved.remark, saved.labels) == ("y", ["hot"])


@pytest.fixture
async def caller(seat: Seat) -> AsyncIterator[Caller]:
    """A carrier that may call the agent's group at 12025550199."""
    await sync_to_async(_bind_number)(seat.agent)
    await seat.board.exchange.trunks.refresh()
    async with calling_carrier() as caller:
        yield caller


def _bind_number(agent: Agent) -> None:
    InboundNumber.objects.create(trunk=Trunk.objects.get(), number="+12025550199", group=agent.group)


async def test_an_inbound_call_rings_is_answered_and_ends(seat: Seat, board: Board, caller: Caller) -> None:
    dialog = caller.dial(board.exchange.services.sip.address, "12025550199")
    await caller.hears(Ringing)
    call = await seat.until_call(lambda call: call.state == "ringing")
    assert (call.direction, call.called, call.caller) == ("inbound", "12025550199", "4930123456")
    assert (await Agent.objects.aget(pk=seat.agent.pk)).status == AgentStatus.BUSY
    assert (await seat.command(messages.AnswerCall))["ok"]
    await caller.hears(Answered)
    await seat.talking()
    dialog.hang_up()
    call = await seat.ended()
    assert (call.termination, await seat.statuses()) == ("customer_hung_up", [2, 3, 4])


async def test_the_agent_may_hang_up_and_hold_an_inbound_call(seat: Seat, board: Board, caller: Caller) -> None:
    caller.dial(board.exchange.services.sip.address, "12025550199")
    await seat.until_call(lambda call: call.state == "ringing")
    await seat.command(messages.AnswerCall)
    await caller.hears(Answered)
    await seat.command(messages.Hold, on=True)
    assert "a=sendonly" in (await caller.hears(MediaChanged)).sdp
    await seat.hang_up()
    await caller.hears(HungUp)
    assert (await seat.ended()).termination == "agent_hung_up"


async def test_an_inbound_call_that_is_rejected_gets_603(seat: Seat, board: Board, caller: Caller) -> None:
    caller.dial(board.exchange.services.sip.address, "12025550199")
    await seat.until_call(lambda call: call.state == "ringing")
    await seat.command(messages.RejectCall)
    assert (await caller.hears(Rejected)).code == 603
    assert ((await seat.ended()).termination, await seat.statuses()) == ("agent_rejected", [2, 5])
    await seat.until(lambda agent: agent.status == AgentStatus.IDLE)


async def test_past_capacity_a_caller_gets_503_and_another_line(seat: Seat, board: Board, caller: Caller) -> None:
    capacity = board.exchange.services.capacity
    capacity.max_cpu, now = 0.9, capacity.statistics()
    with patch.object(capacity, "statistics", lambda: [replace(one, cpu_share=0.95) for one in now]):
        caller.dial(board.exchange.services.sip.address, "12025550199")
        assert (await caller.hears(Rejected)).code == 503
    caller.dial(board.exchange.services.sip.address, "12025550199")
    await caller.hears(Ringing)
    assert board.exchange.gauges().refused == 1


async def test_a_caller_who_gives_up_is_recorded(seat: Seat, board: Board, caller: Caller) -> None:
    dialog = caller.dial(board.exchange.services.sip.address, "12025550199")
    await caller.hears(Ringing)
    dialog.hang_up()
    assert (await caller.hears(Rejected)).code == 487
    assert (await seat.ended()).termination == "caller_gave_up"


async def test_nobody_idle_is_busy_nobody_there_is_unavailable(seat: Seat, board: Board, caller: Caller) -> None:
    await seat.command(messages.ChooseStatus, status=5)
    caller.dial(board.exchange.services.sip.address, "12025550199")
    assert (await caller.hears(Rejected)).code == 486
    seat.leave(signed_out=True)
    await seat.until(lambda agent: agent.status == AgentStatus.OFFLINE)
    caller.dial(board.exchange.services.sip.address, "12025550199")
    assert (await caller.hears(Rejected)).code == 480
    assert not await Call.objects.aexists()


async def test_a_number_that_no_group_has_is_not_found(seat: Seat, board: Board, caller: Caller) -> None:
    caller.dial(board.exchange.services.sip.address, "12025559999")
    assert (await caller.hears(Rejected)).code == 404


async def test_the_longest_idle_agent_is_rung_first(seat: Seat, board: Board, caller: Caller) -> None:
    second = await board.seat("demo_002")
    await second.sign_in()
    caller.dial(board.exchange.services.sip.address, "12025550199")
    await seat.until_call(lambda call: call.state == "ringing")
    assert not await Call.objects.filter(agent=second.agent).aexists()


async def test_an_agent_whose_page_is_gone_is_not_rung(seat: Seat, board: Board, caller: Caller) -> None:
    """The audio of a browser that vanished is missed only later; until then the agent looks idle."""
    second = await board.seat("demo_002")
    await second.sign_in()
    seat.leave()
    caller.dial(board.exchange.services.sip.address, "12025550199")
    await second.until_call(lambda call: call.state == "ringing")
    assert not await Call.objects.filter(agent=seat.agent).aexists()


async def test_a_stranger_hears_nothing(seat: Seat, board: Board, caller: Caller) -> None:
    await Trunk.objects.aupdate(host="192.0.2.77")
    await board.exchange.trunks.refresh()
    quick = UserAgent(UserAgentConfig(host="127.0.0.1", first_response_seconds=0.3))
    await quick.start()
    stranger = Caller(quick)
    stranger.dial(board.exchange.services.sip.address, "12025550199")
    assert (await stranger.hears(Failed)).cause is FailureCause.NO_RESPONSE
    await quick.close()
    assert not await Call.objects.aexists()
