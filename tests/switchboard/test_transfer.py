"""Calls that are handed over: to numbers by the carrier, to colleagues without it, and what fails on the way."""

import asyncio

import pytest

from tests.switchboard.board import WAIT_SECONDS, Board, Seat
from tests.switchboard.transfers import carried, consultation, is_ended, is_talking, main_call, transfer
from widget.calls.agent import AgentStatus
from widget.models import Call, CallMessage, Mode
from widget.simulator.call import CallEnd
from widget.switchboard import messages

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMER, COLLEAGUE, BUSY, SILENT = "12025550100", "12025550107", "12025550102", "12025550103"


@pytest.fixture
async def talking(seat: Seat) -> Seat:
    """An agent who talks to a customer."""
    await seat.dial(CUSTOMER)
    await seat.talking()
    return seat


@pytest.fixture
async def second(board: Board, talking: Seat) -> Seat:
    """A colleague who is ready."""
    second = await board.seat("demo_002")
    await second.sign_in()
    await second.until(lambda agent: agent.status == AgentStatus.IDLE)
    return second


async def test_a_blind_transfer_ends_the_call_and_says_to_whom(talking: Seat, board: Board) -> None:
    assert (await transfer(talking, "+1 (202) 555-0107", "blind"))["ok"]
    call = await main_call(talking, is_ended)
    assert (call.termination, call.ended_by) == ("transferred", "agent")
    assert (call.transfer_kind, call.transfer_to, call.transfer_state) == ("blind", "+12025550107", "done")
    assert (await carried(board, lambda call: not call.live)).transferred_to == COLLEAGUE
    assert await talking.statuses() == [1, 2, 3, 4]
    last = await call.events.order_by("-seq").afirst()
    assert last is not None
    assert (last.data["reason"], last.data["transferredTo"]) == ("transferred", "+12025550107")


async def test_a_blind_transfer_to_a_busy_number_leaves_the_call_up(talking: Seat) -> None:
    await transfer(talking, BUSY, "blind")
    call = await main_call(talking, lambda call: call.transfer_state == "failed")
    assert (call.state, call.transfer_code) == ("talking", 486)
    assert (await transfer(talking, COLLEAGUE, "blind"))["ok"]
    assert (await main_call(talking, is_ended)).transfer_to == COLLEAGUE


async def test_what_is_no_number_and_no_colleague_is_refused(talking: Seat) -> None:
    assert (await transfer(talking, "nobody", "blind"))["reason"] == "invalid_number"
    assert (await transfer(talking, "nobody", "attended"))["reason"] == "invalid_number"
    assert not (await Call.objects.aget()).held


async def test_an_attended_transfer_holds_asks_and_joins(talking: Seat, board: Board) -> None:
    assert (await transfer(talking, COLLEAGUE, "attended"))["ok"]
    asked = await consultation(talking, is_talking)
    await carried(board, lambda call: call.held)
    assert (await main_call(talking, is_talking)).held_at is not None
    assert asked.called == COLLEAGUE
    assert (await talking.command(messages.Hold, on=False))["reason"] == "transfer_pending"
    assert (await transfer(talking, COLLEAGUE, "blind"))["reason"] == "transfer_pending"
    assert (await talking.command(messages.CompleteTransfer))["ok"]
    call = await main_call(talking, is_ended)
    assert (call.termination, call.transfer_kind, call.transfer_to) == ("transferred", "attended", COLLEAGUE)
    assert (await consultation(talking, is_ended)).termination == "transferred"
    await carried(board, lambda call: not call.live)
    await carried(board, lambda call: not call.live, place=1)


async def test_who_cancels_a_consultation_talks_to_the_customer_again(talking: Seat, board: Board) -> None:
    await transfer(talking, COLLEAGUE, "attended")
    await consultation(talking, is_talking)
    assert (await talking.command(messages.CancelTransfer))["ok"]
    assert (await consultation(talking, is_ended)).termination == "agent_hung_up"
    await main_call(talking, lambda call: not call.held)
    await carried(board, lambda call: not call.held)
    assert board.carrier.calls[0].live


async def test_a_consultation_that_fails_leaves_the_customer_on_hold(talking: Seat) -> None:
    await transfer(talking, BUSY, "attended")
    assert (await consultation(talking, is_ended)).termination == "busy"
    assert (await main_call(talking, is_talking)).held
    assert (await talking.command(messages.CompleteTransfer))["reason"] == "no_such_call"
    assert (await talking.command(messages.Hold, on=False))["ok"]


async def test_two_calls_are_swapped(talking: Seat, board: Board) -> None:
    await transfer(talking, COLLEAGUE, "attended")
    await consultation(talking, is_talking)
    assert (await talking.command(messages.SwapCalls))["ok"]
    await carried(board, lambda call: call.held, place=1)
    await carried(board, lambda call: not call.held)
    assert (await consultation(talking, is_talking)).held
    assert (await talking.command(messages.SwapCalls))["ok"]
    await carried(board, lambda call: not call.held, place=1)
    await carried(board, lambda call: call.held)


@pytest.mark.parametrize("swaps", [False, True], ids=["asked party heard", "customer heard"])
async def test_who_was_asked_stays_when_the_customer_hangs_up(talking: Seat, board: Board, swaps: bool) -> None:  # noqa: FBT001  (pytest's)
    from widget.snapshots import events_since

    await transfer(talking, COLLEAGUE, "attended")
    asked = await consultation(talking, is_talking)
    if swaps:
        await talking.command(messages.SwapCalls)
    customer = await main_call(talking, is_talking)
    board.carrier.calls[0].hang_up()
    call = await main_call(talking, lambda call: call.id == asked.id and not call.held)
    assert (call.state, board.carrier.calls[1].live) == ("talking", True)
    assert (await Call.objects.aget(pk=customer.id)).termination == "customer_hung_up"
    heard = await asyncio.to_thread(events_since, talking.agent.pk, 0)
    told = [(event.value["callId"], event.value["callStatus"]) for event in heard]
    assert told[-4:] == [(customer.id, 4), (asked.id, 1), (asked.id, 2), (asked.id, 3)]
    assert (await talking.command(messages.Hold, on=True))["ok"]
    await talking.hang_up()
    assert (await main_call(talking, is_ended)).id == asked.id
    await talking.until(lambda agent: agent.wrap_up_call_id == customer.id)
    assert await talking.statuses() == [1, 2, 3, 4, 1, 2, 3, 4]


async def test_who_only_rings_is_not_asked_any_more_when_the_customer_hangs_up(talking: Seat, board: Board) -> None:
    await transfer(talking, SILENT, "attended")
    await consultation(talking, lambda call: call.state == "ringing")
    board.carrier.calls[0].hang_up()
    assert (await main_call(talking, is_ended)).termination == "customer_hung_up"
    assert (await consultation(talking, is_ended)).termination == "cancelled"
    assert (await carried(board, lambda call: not call.live, place=1)).end is CallEnd.CANCELLED


async def test_hanging_up_ends_both_calls(talking: Seat, board: Board) -> None:
    await transfer(talking, SILENT, "attended")
    await consultation(talking, lambda call: call.state == "ringing")
    await talking.hang_up()
    assert (await main_call(talking, is_ended)).termination == "agent_hung_up"
    assert (await consultation(talking, is_ended)).termination == "cancelled"
    assert (await carried(board, lambda call: not call.live, place=1)).end is CallEnd.CANCELLED


async def test_a_consultation_is_no_event_of_the_page(talking: Seat) -> None:
    from widget.snapshots import events_since

    await transfer(talking, BUSY, "attended")
    await consultation(talking, is_ended)
    heard = await asyncio.to_thread(events_since, talking.agent.pk, 0)
    assert [event.value["callStatus"] for event in heard] == [1, 2, 3]


async def test_a_colleague_who_answers_has_the_call(talking: Seat, second: Seat, board: Board) -> None:
    assert (await transfer(talking, "demo_002", "blind"))["ok"]
    rings = await second.until_call(lambda call: call.state == "ringing")
    assert (rings.direction, rings.caller, rings.colleague_id) == ("inbound", CUSTOMER, talking.agent.pk)
    assert (await main_call(talking, lambda call: call.transfer_state == "taken")).state == "talking"
    assert (await second.command(messages.AnswerCall))["ok"]
    call = await main_call(talking, is_ended)
    assert (call.termination, call.transfer_to, call.transfer_agent_id) == ("transferred", "demo_002", second.agent.pk)
    assert board.carrier.calls[0].live
    await second.command(messages.Hold, on=True)
    await carried(board, lambda call: call.held)
    board.carrier.calls[0].hang_up()
    assert (await second.ended()).termination == "customer_hung_up"


async def test_a_colleague_who_rejects_or_is_busy_leaves_the_call_where_it_is(
    talking: Seat, second: Seat, board: Board
) -> None:
    await transfer(talking, "demo_002", "blind")
    await second.until_call(lambda call: call.state == "ringing")
    await second.command(messages.RejectCall)
    call = await main_call(talking, lambda call: call.transfer_state == "failed")
    assert (call.state, call.transfer_code) == ("talking", 603)
    await second.command(messages.ChooseStatus, status=5)
    await transfer(talking, "demo_002", "blind")
    call = await main_call(talking, lambda call: call.transfer_code == 486)
    assert call.state == "talking"


async def test_a_transfer_to_a_colleague_is_taken_back(talking: Seat, second: Seat) -> None:
    await transfer(talking, "demo_002", "blind")
    await second.until_call(lambda call: call.state == "ringing")
    assert (await talking.command(messages.CancelTransfer))["ok"]
    assert (await second.ended()).termination == "caller_gave_up"
    assert (await main_call(talking, is_talking)).transfer_code == 487


async def test_a_customer_who_hangs_up_meanwhile_stops_the_colleagues_ringing(
    talking: Seat, second: Seat, board: Board
) -> None:
    await transfer(talking, "demo_002", "blind")
    await second.until_call(lambda call: call.state == "ringing")
    board.carrier.calls[0].hang_up()
    assert (await second.ended()).termination == "caller_gave_up"
    await main_call(talking, is_ended)


async def test_a_colleague_is_asked_first_and_takes_the_call(talking: Seat, second: Seat, board: Board) -> None:
    await transfer(talking, "demo_002", "attended")
    rings = await second.until_call(lambda call: call.state == "ringing")
    assert (rings.caller, rings.colleague_id) == ("demo_001", talking.agent.pk)
    await second.command(messages.AnswerCall)
    await consultation(talking, is_talking)
    assert len(board.carrier.calls) == 1
    assert (await talking.command(messages.CompleteTransfer))["ok"]
    assert (await main_call(talking, is_ended)).termination == "transferred"
    assert (await consultation(talking, is_ended)).termination == "transferred"
    call = await second.until_call(lambda call: call.caller == CUSTOMER)
    assert call.state == "talking"
    await carried(board, lambda call: not call.held)
    await second.hang_up()
    assert (await second.ended()).termination == "agent_hung_up"
    assert (await carried(board, lambda call: not call.live)).end is CallEnd.CALLER_HUNG_UP
    await board.exchange.services.ladder.write(everything=True)
    assert await CallMessage.objects.filter(call=call, start_line__startswith="BYE").aexists()


async def test_a_colleague_who_hangs_up_ends_the_consultation_only(talking: Seat, second: Seat) -> None:
    await transfer(talking, "demo_002", "attended")
    await second.until_call(lambda call: call.state == "ringing")
    await second.command(messages.AnswerCall)
    await consultation(talking, is_talking)
    await second.hang_up()
    assert (await consultation(talking, is_ended)).termination == "customer_hung_up"
    assert (await main_call(talking, is_talking)).held


async def test_a_colleague_is_called_without_a_carrier(seat: Seat, board: Board) -> None:
    second = await board.seat("demo_002")
    await second.sign_in()
    await second.until(lambda agent: agent.status == AgentStatus.IDLE)
    assert (await seat.command(messages.Dial, phone="", info="Lunch?", colleague="demo_002"))["ok"]
    rings = await second.until_call(lambda call: call.state == "ringing")
    assert (rings.direction, rings.caller, rings.colleague_id) == ("inbound", "demo_001", seat.agent.pk)
    await second.command(messages.AnswerCall)
    call = await main_call(seat, is_talking)
    assert (call.called, call.info, call.trunk_id) == ("demo_002", "Lunch?", None)
    await second.hang_up()
    assert (await main_call(seat, is_ended)).termination == "customer_hung_up"
    assert not board.carrier.calls


@pytest.mark.parametrize("kind", ["blind", "attended"])
@pytest.mark.parametrize("colleague_leaves", [True, False], ids=["colleague hangs up", "number hangs up"])
async def test_a_colleague_is_put_through_to_a_number(
    seat: Seat,
    board: Board,
    kind: str,
    colleague_leaves: bool,  # noqa: FBT001  (pytest's)
) -> None:
    second = await board.seat("demo_002")
    await second.sign_in()
    await second.until(lambda agent: agent.status == AgentStatus.IDLE)
    await seat.command(messages.Dial, phone="", info="", colleague="demo_002")
    await second.until_call(lambda call: call.state == "ringing")
    await second.command(messages.AnswerCall)
    await main_call(seat, is_talking)
    assert (await transfer(seat, CUSTOMER, kind))["ok"]
    if kind == "attended":
        await consultation(seat, is_talking)
        assert (await seat.command(messages.CompleteTransfer))["ok"]
    call = await main_call(seat, lambda call: call.state == "bridged")
    assert (call.transfer_to, call.termination) == (CUSTOMER, "transferred")
    # What the colleague says comes back from the number, which echoes.
    heard = board.carrier.calls[0].counters.received_packets
    await carried(board, lambda call: call.counters.received_packets > heard + 20)
    if colleague_leaves:
        await second.hang_up()
    else:
        board.carrier.calls[0].hang_up()
    assert (await second.ended()).termination == ("agent_hung_up" if colleague_leaves else "customer_hung_up")
    await carried(board, lambda call: not call.live)
    async with asyncio.timeout(WAIT_SECONDS):
        await board.exchange.services.bridges.wait()
    await call.arefresh_from_db()
    assert (call.state, call.termination) == ("ended", "transferred")


@pytest.mark.parametrize(
    ("account", "reason"), [("nobody", "invalid_number"), ("demo_001", "invalid_number")], ids=["unknown", "oneself"]
)
async def test_who_is_no_colleague_is_not_called(seat: Seat, account: str, reason: str) -> None:
    assert (await seat.command(messages.Dial, phone="", info="", colleague=account))["reason"] == reason
    assert not await Call.objects.aexists()


async def test_a_mode_says_which_transfers_there_are(talking: Seat) -> None:
    await Mode.objects.aupdate(blind_transfer=False)
    assert (await transfer(talking, COLLEAGUE, "blind"))["reason"] == "not_allowed"
    await Mode.objects.aupdate(blind_transfer=True, consult_transfer=False)
    assert (await transfer(talking, COLLEAGUE, "attended"))["reason"] == "not_allowed"


async def test_without_a_call_there_is_nothing_to_transfer(seat: Seat) -> None:
    for kind in (messages.CompleteTransfer, messages.CancelTransfer, messages.SwapCalls):
        assert (await seat.command(kind))["reason"] == "no_such_call"
    assert (await transfer(seat, COLLEAGUE, "blind"))["reason"] == "no_such_call"
