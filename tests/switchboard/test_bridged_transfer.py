"""Transfers that the carrier refuses: the server calls the new party, joins the two far ends, and the agent is free."""

import asyncio
import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from pytest_django import Settings

from tests.sip.peers import free_port, sipp
from tests.switchboard.board import SETTINGS, WAIT_SECONDS, Board, Seat, running_board
from tests.switchboard.caller import OFFER, Caller, calling_carrier
from tests.switchboard.test_leaks import udp_sockets
from tests.switchboard.transfers import carried, consultation, main_call, transfer
from widget.calls.agent import AgentStatus
from widget.media.events import RelayLost
from widget.models import AgentGroup, Call, CallMessage, InboundNumber, Trunk
from widget.simulator.audio import Samples
from widget.simulator.call import CallEnd, SimulatedCall
from widget.simulator.numbers import BY_NUMBER
from widget.sip.events import Answered, HungUp, MediaAnswered, MediaChanged
from widget.sip.outgoing import OutgoingCall
from widget.snapshots import agent_view, events_since
from widget.switchboard import journal, messages
from widget.switchboard.configuration import media_config

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMER, SPEAKER, BUSY, UNANSWERED, MUTE = "12025550116", "12025550101", "12025550102", "12025550103", "12025550112"
LOUD = 4000


@pytest.fixture
async def strict(transactional_db: None, settings: Settings, tmp_path: Path) -> AsyncIterator[Board]:
    """A carrier whose customer is not to be transferred, and that writes down what it hears."""
    settings.CCSDK = SETTINGS
    async with running_board(time_scale=0.1, record_directory=tmp_path) as board:
        yield board


@pytest.fixture
async def seat(strict: Board) -> Seat:
    return await seated(strict)


async def seated(board: Board) -> Seat:
    """An agent who talks to a customer."""
    seat = await board.seat()
    await seat.sign_in()
    await seat.dial(CUSTOMER)
    await seat.talking()
    return seat


async def complete(seat: Seat, to: str) -> None:
    """Ask ``to`` first, then press Complete."""
    assert (await transfer(seat, to, "attended"))["ok"]
    await consultation(seat, lambda call: call.state == "talking")
    assert (await seat.command(messages.CompleteTransfer))["ok"]


async def bridged(seat: Seat) -> Call:
    return await main_call(seat, lambda call: call.state == "bridged")


async def over(board: Board) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        await board.exchange.services.bridges.wait()


def heard(simulated: SimulatedCall) -> Samples:
    """What the carrier heard in this call; wave files of one channel."""
    assert simulated.recording is not None
    with wave.open(str(simulated.recording)) as file:
        return array("h", file.readframes(file.getnframes()))


@pytest.mark.parametrize("kind", ["attended", "blind"])
@pytest.mark.parametrize("says_so", [True, False], ids=["not in Allow", "603"])
async def test_the_far_ends_talk_on_without_the_agent(
    transactional_db: None,
    settings: Settings,
    tmp_path: Path,
    kind: str,
    says_so: bool,  # noqa: FBT001  (pytest's)
) -> None:
    settings.CCSDK = SETTINGS
    async with running_board(time_scale=0.1, record_directory=tmp_path, takes_refer=not says_so) as board:
        sockets = udp_sockets(board)
        seat = await seated(board)
        if kind == "attended":
            await complete(seat, SPEAKER)
        else:
            assert (await transfer(seat, SPEAKER, "blind"))["ok"]
        await seat.until(lambda agent: agent.status == AgentStatus.POST_CALL)
        call = await bridged(seat)
        assert (call.transfer_kind, call.transfer_to, call.transfer_state) == (kind, SPEAKER, "done")
        await seat.hang_up_audio()
        await over(board)
        customer, speaker = board.carrier.calls
        assert (customer.end, speaker.end) == (CallEnd.CALLER_HUNG_UP, CallEnd.CARRIER_HUNG_UP)
        # The one speaks, the other echoes: both directions.
        assert max(map(abs, heard(customer)), default=0) > LOUD
        assert max(map(abs, heard(speaker)), default=0) > LOUD
        assert udp_sockets(board) == sockets
        assert board.exchange.services.load.calls((await Trunk.objects.aget()).pk) == 0


async def test_the_records_tell_all_of_it_and_the_page_only_its_part(seat: Seat, strict: Board) -> None:
    await complete(seat, SPEAKER)
    left = await bridged(seat)
    view = await asyncio.to_thread(agent_view, seat.agent.pk)
    assert (view.call, view.wrap_up and view.wrap_up.id) == (None, left.pk)
    assert view.recent[0].ended_at == left.bridged_at
    assert strict.exchange.gauges().bridged == 1
    assert strict.exchange.services.load.calls((await Trunk.objects.aget()).pk) == 2
    await over(strict)
    customer, asked = await Call.objects.aget(pk=left.pk), await Call.objects.aget(consults_for=left.pk)
    for call, simulated in zip((customer, asked), strict.carrier.calls, strict=True):
        assert (call.state, call.termination, call.ended_by) == ("ended", "transferred", "agent")
        assert call.bridged_at is not None
        assert call.ended_at is not None
        assert call.bridged_at < call.ended_at
        assert simulated.ended_at is not None
        assert abs((call.ended_at - simulated.ended_at).total_seconds()) < 1
        await strict.exchange.services.ladder.write(everything=True)
        assert await CallMessage.objects.filter(call=call, start_line__startswith="BYE").aexists()
    told = await asyncio.to_thread(events_since, seat.agent.pk, 0)
    assert [event.value["callStatus"] for event in told] == [1, 2, 3, 4]
    assert told[-1].value["transferredTo"] == SPEAKER
    assert [event.name async for event in customer.events.order_by("seq")][-2:] == ["bridged", "released"]
    assert strict.exchange.gauges().bridged == 0


async def test_who_hangs_up_first_takes_the_other_along(seat: Seat, strict: Board) -> None:
    await complete(seat, "12025550100")
    await bridged(seat)
    await carried(strict, lambda call: not call.held)
    strict.carrier.calls[0].hang_up()
    await over(strict)
    assert (await carried(strict, lambda call: not call.live, place=1)).end is CallEnd.CALLER_HUNG_UP


async def test_an_agent_may_call_again_at_once(seat: Seat, strict: Board) -> None:
    await complete(seat, "12025550100")
    await bridged(seat)
    assert (await seat.dial("12025550100"))["ok"]
    await main_call(seat, lambda call: call.state == "talking")
    strict.carrier.calls[1].hang_up()
    await over(strict)
    assert (await main_call(seat, lambda call: call.state == "talking")).called == "12025550100"
    assert strict.carrier.calls[2].live


async def test_a_number_that_is_busy_gives_the_agent_the_call_back(seat: Seat, strict: Board) -> None:
    await transfer(seat, BUSY, "blind")
    call = await main_call(seat, lambda call: call.transfer_state == "failed" and not call.held)
    assert (call.state, call.transfer_code) == ("talking", 486)
    assert (await consultation(seat, lambda call: call.state == "ended")).termination == "busy"
    await carried(strict, lambda call: not call.held)
    await seat.hang_up()
    assert (await main_call(seat, lambda call: call.state == "ended")).termination == "agent_hung_up"


async def test_who_was_on_hold_before_stays_on_hold(seat: Seat) -> None:
    assert (await seat.command(messages.Hold, on=True))["ok"]
    await transfer(seat, BUSY, "blind")
    assert (await main_call(seat, lambda call: call.transfer_state == "failed")).held


async def test_a_transfer_that_rings_is_taken_back(seat: Seat, strict: Board) -> None:
    await transfer(seat, UNANSWERED, "blind")
    await consultation(seat, lambda call: call.state == "ringing")
    view = (await asyncio.to_thread(agent_view, seat.agent.pk)).call
    assert view is not None
    assert (view.transfer_state, view.can_take_back, view.consulted) == ("taken", True, None)
    await carried(strict, lambda call: call.held)
    assert (await seat.command(messages.Hold, on=False))["reason"] == "transfer_pending"
    assert (await seat.command(messages.CancelTransfer))["ok"]
    call = await main_call(seat, lambda call: not call.held)
    assert (call.state, call.transfer_state, call.transfer_code) == ("talking", "failed", 487)
    assert (await carried(strict, lambda call: not call.live, place=1)).end is CallEnd.CANCELLED
    await carried(strict, lambda call: not call.held)


async def test_a_customer_who_does_not_wait_ends_the_ringing(seat: Seat, strict: Board) -> None:
    await transfer(seat, UNANSWERED, "blind")
    await consultation(seat, lambda call: call.state == "ringing")
    strict.carrier.calls[0].hang_up()
    assert (await main_call(seat, lambda call: call.state == "ended")).termination == "customer_hung_up"
    assert (await carried(strict, lambda call: not call.live, place=1)).end is CallEnd.CANCELLED
    assert len(strict.exchange.services.bridges) == 0


async def test_a_trunk_without_room_gives_the_agent_the_call_back(seat: Seat, strict: Board) -> None:
    await Trunk.objects.aupdate(max_calls=1)
    await transfer(seat, SPEAKER, "blind")
    call = await main_call(seat, lambda call: call.transfer_state == "failed")
    assert (call.state, call.held, call.transfer_code) == ("talking", False, 503)
    assert len(strict.carrier.calls) == 1


async def test_the_server_releases_both_when_it_stops(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = SETTINGS
    async with running_board(time_scale=0.1) as board:
        seat = await seated(board)
        await complete(seat, "12025550100")
        await bridged(seat)
        await board.exchange.stop()
        ends = [(await carried(board, lambda call: not call.live, place)).end for place in (0, 1)]
        assert ends == [CallEnd.CALLER_HUNG_UP] * 2
        assert [call.termination async for call in Call.objects.all()] == ["server_stopped"] * 2


async def test_a_database_that_is_away_loses_no_end(seat: Seat, strict: Board) -> None:
    await complete(seat, "12025550100")
    left = await bridged(seat)
    with patch("widget.switchboard.ledger.journal.record_call", side_effect=OperationalError("away")):
        strict.carrier.calls[0].hang_up()
        assert (await carried(strict, lambda call: not call.live, place=1)).end is CallEnd.CALLER_HUNG_UP
    await over(strict)
    await left.arefresh_from_db()
    assert (left.state, left.termination) == ("ended", "transferred")


@pytest.mark.parametrize("refused", ["info_of", "open_call"])
async def test_a_database_that_is_away_gives_the_agent_the_call_back(seat: Seat, strict: Board, refused: str) -> None:
    with patch(f"widget.switchboard.journal.{refused}", side_effect=OperationalError("away")):
        await transfer(seat, SPEAKER, "blind")
        call = await main_call(seat, lambda call: call.transfer_state == "failed")
    assert (call.state, call.held, call.transfer_code) == ("talking", False, 480)
    assert len(strict.carrier.calls) == 1
    assert strict.exchange.services.load.calls((await Trunk.objects.aget()).pk) == 1


async def test_a_carrier_that_took_no_refer_is_not_asked_again(transactional_db: None, settings: Settings) -> None:
    """405 is about the method: the second time the transfer begins at once."""
    settings.CCSDK = SETTINGS
    numbers = {**BY_NUMBER, CUSTOMER: replace(BY_NUMBER[CUSTOMER], refuses_refer_with=405)}
    async with running_board(time_scale=0.1, numbers=numbers) as board:
        seat = await seated(board)
        for _ in range(2):
            await transfer(seat, BUSY, "blind")
            await main_call(seat, lambda call: call.transfer_state == "failed" and not call.held)
        await board.exchange.services.ladder.write(everything=True)
        assert await CallMessage.objects.filter(start_line__startswith="REFER").acount() == 1


@asynccontextmanager
async def handed_on(strict: Board, number: str) -> AsyncIterator[tuple[Caller, OutgoingCall, Call]]:
    """A carrier calls in, and its caller, who takes no REFER and sends no audio, is joined with a number."""
    seat = await strict.seat()
    await seat.sign_in()
    await sync_to_async(bind_number)()
    await strict.exchange.trunks.refresh()
    async with calling_carrier() as caller:
        dialog = caller.dial(strict.exchange.services.sip.address, "12025550199")
        await seat.until_call(lambda call: call.state == "ringing")
        await seat.command(messages.AnswerCall)
        await caller.hears(Answered)
        await transfer(seat, number, "blind")
        await agree(caller, "recvonly")
        call = await bridged(seat)
        await agree(caller, "sendrecv")
        yield caller, dialog, call


async def test_keys_in_the_signalling_reach_the_other_side(strict: Board) -> None:
    async with handed_on(strict, "12025550107") as (caller, dialog, _):
        dialog.send_dtmf("7")
        simulated = strict.carrier.calls[0]
        await carried(strict, lambda call: call.digits == "7")
        simulated.hang_up()
        await caller.hears(HungUp)
        await over(strict)


async def test_no_call_is_longer_without_an_agent_than_with_one(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "MAX_CALL_SECONDS": 3}
    async with running_board(time_scale=0.1) as board:
        seat = await seated(board)
        await complete(seat, "12025550100")
        left = await bridged(seat)
        await over(board)
        await left.arefresh_from_db()
        assert (left.termination, left.duration_seconds) == ("call_too_long", 3)
        assert not any(call.live for call in board.carrier.calls)


async def test_a_relay_that_is_lost_ends_both(seat: Seat, strict: Board) -> None:
    await complete(seat, "12025550100")
    left = await bridged(seat)
    strict.exchange._media_happened(RelayLost((left.pk,)))
    await over(strict)
    assert {call.termination async for call in Call.objects.all()} == {"relay_lost"}
    assert not any(call.live for call in strict.carrier.calls)


async def test_a_crash_leaves_orphans_and_tells_the_page_nothing_twice(seat: Seat, strict: Board) -> None:
    await complete(seat, "12025550100")
    await bridged(seat)
    assert await sync_to_async(journal.close_orphans)() == 2
    assert {call.termination async for call in Call.objects.all()} == {"orphaned"}
    told = await asyncio.to_thread(events_since, seat.agent.pk, 0)
    assert [event.value["callStatus"] for event in told] == [1, 2, 3, 4]


async def test_two_who_say_nothing_any_more_are_let_go(transactional_db: None, settings: Settings) -> None:
    """The customer only echoes, and whom it is joined with sends nothing."""
    settings.CCSDK = SETTINGS
    with patch(
        "widget.switchboard.exchange.media_config", lambda conf: replace(media_config(conf), joined_silence_seconds=1)
    ):
        async with running_board(
            time_scale=0.1, numbers={**BY_NUMBER, CUSTOMER: replace(BY_NUMBER[MUTE], refuses_refer_with=405)}
        ) as board:
            seat = await seated(board)
            await complete(seat, MUTE)
            await bridged(seat)
            await over(board)
            assert [call.termination async for call in Call.objects.all()] == ["fell_silent"] * 2
            assert not any(call.live for call in board.carrier.calls)


def bind_number() -> None:
    group = AgentGroup.objects.get()
    InboundNumber.objects.create(trunk=Trunk.objects.get(), number="12025550199", group=group)


async def agree(caller: Caller, direction: str) -> None:
    """Answer an offer of ours."""
    change = await caller.hears(MediaChanged)
    caller.events.remove(change)
    change.answer(OFFER.replace("a=sendrecv", f"a={direction}"))


async def test_a_caller_may_hold_and_resume_whom_they_are_joined_with(strict: Board) -> None:
    async with handed_on(strict, "12025550100") as (caller, dialog, call):
        for direction, answered in (("sendonly", "recvonly"), ("inactive", "inactive"), ("sendrecv", "sendrecv")):
            caller.events.clear()
            dialog.change_media(OFFER.replace("a=sendrecv", f"a={direction}"))
            assert f"a={answered}" in (await caller.hears(MediaAnswered)).sdp
        assert (await Call.objects.aget(pk=call.pk)).state == "bridged"
        dialog.hang_up()
        await over(strict)
    assert (await carried(strict, lambda call: not call.live)).end is CallEnd.CALLER_HUNG_UP
    await call.arefresh_from_db()
    assert (call.termination, call.direction) == ("transferred", "inbound")


async def test_a_customer_at_sipp_hears_and_is_heard(
    transactional_db: None, settings: Settings, tmp_path: Path
) -> None:
    """Another SIP and RTP altogether: sipp echoes what the party says, and judges the scenario."""
    settings.CCSDK = {**SETTINGS, "TRUNK_CHECK_SECONDS": 0}
    async with (
        running_board(time_scale=0.1, record_directory=tmp_path) as board,
        sipp("refuses_refer", tmp_path, options=("-rtp_echo", "-mp", str(free_port()))) as customer,
    ):
        simulated = (await Trunk.objects.aget()).port
        seat = await board.seat()
        await seat.sign_in()
        await Trunk.objects.aupdate(port=customer.port)
        await seat.dial("12025550199")
        await seat.talking()
        await Trunk.objects.aupdate(port=simulated)
        await complete(seat, SPEAKER)
        await bridged(seat)
        await over(board)
        assert await customer.finished() == 0, customer.output()
        assert max(map(abs, heard(board.carrier.calls[0])), default=0) > LOUD
