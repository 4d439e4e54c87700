"""Calls through the whole server side: what the agent asks, what the carrier does, and what the record says."""

import asyncio
import logging
import os
import signal
from datetime import timedelta
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from pytest_django import Settings

from tests.switchboard.board import SETTINGS, Board, Seat, running_board
from tests.web.factories import make_trunk
from widget.calls.agent import AgentStatus
from widget.media import deaths
from widget.media.service import MediaService
from widget.models import Agent, AgentGroup, Call, CallEvent, Trunk, TrunkRoute
from widget.switchboard import journal, messages

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("number", "statuses", "termination", "ended_by", "sip_code"),
    [
        ("12025550101", [1, 3, 4], "customer_hung_up", "customer", 200),
        ("12025550102", [1, 5], "busy", "customer", 486),
        ("12025550104", [1, 5], "declined", "customer", 603),
        ("12025550106", [1, 3, 4], "customer_hung_up", "customer", 200),
        ("12025550108", [1, 5], "unavailable", "system", 503),
        ("12025550109", [1, 5], "not_found", "system", 404),
    ],
)
async def test_what_the_carrier_does_is_what_the_record_says(
    seat: Seat, number: str, statuses: list[int], termination: str, ended_by: str, sip_code: int
) -> None:
    assert (await seat.dial(number))["ok"]
    call = await seat.ended()
    assert [status for status in await seat.statuses() if status != 2] == statuses
    assert (call.termination, call.ended_by, call.sip_code) == (termination, ended_by, sip_code)
    assert (call.answered_at is None) == (call.duration_seconds is None)


@pytest.mark.parametrize("number", ["12025550100", "12025550105", "12025550111", "+4930123456"])
async def test_an_answered_call_is_hung_up_by_the_agent(seat: Seat, number: str) -> None:
    await seat.dial(number)
    await seat.talking()
    assert (await seat.hang_up())["ok"]
    call = await seat.ended()
    assert (call.termination, call.ended_by, call.called) == ("agent_hung_up", "agent", number)
    assert await seat.statuses() == [1, 2, 3, 4]
    assert call.early_media == (number == "12025550105")


async def test_an_unanswered_call_is_cancelled_by_the_agent(seat: Seat, board: Board) -> None:
    await seat.dial("12025550103")
    await seat.until_call(lambda call: call.state == "ringing")
    await seat.hang_up()
    call = await seat.ended()
    assert (call.termination, await seat.statuses()) == ("cancelled", [1, 2, 5])
    async with asyncio.timeout(5):
        await (await board.carrier.wait_for_call("12025550103")).wait_ended()


async def test_a_call_that_nobody_answers_is_given_up(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "RING_SECONDS": 0.5}
    async with running_board() as board:
        seat = await board.seat()
        await seat.sign_in()
        await seat.dial("12025550103")
        assert (await seat.ended()).termination == "no_answer"


async def test_a_silent_carrier_is_given_up(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "FIRST_RESPONSE_SECONDS": 0.5}
    async with running_board() as board:
        seat = await board.seat()
        await seat.sign_in()
        await seat.dial("12025550110")
        assert (await seat.ended()).termination == "carrier_silent"
        assert await seat.statuses() == [1, 5]


async def test_a_carrier_that_is_not_there_is_named(seat: Seat) -> None:
    await Trunk.objects.aupdate(host="carrier.invalid")
    reply = await seat.dial("12025550100")
    assert not reply["ok"] or (await seat.ended()).termination == "transport_failed"


async def test_a_call_over_tcp(seat: Seat) -> None:
    await Trunk.objects.aupdate(transport="tcp")
    await seat.dial("12025550100")
    await seat.talking()
    await seat.hang_up()
    assert (await seat.ended()).termination == "agent_hung_up"


async def test_a_call_through_a_port_that_all_calls_of_its_trunk_share(seat: Seat) -> None:
    await Trunk.objects.aupdate(shared_port=True)
    await seat.dial("12025550100")
    await seat.talking()
    await seat.hang_up()
    assert (await seat.ended()).termination == "agent_hung_up"


async def test_a_trunk_that_fails_is_followed_by_the_next(seat: Seat, board: Board) -> None:
    """The first trunk answers nothing at all; the second is the simulated carrier."""
    await sync_to_async(_put_dead_trunk_first)(seat.agent)
    await seat.dial("12025550100")
    call = await seat.talking()
    trunk = await Trunk.objects.aget(calls=call)
    assert trunk.name == "Carrier"
    await seat.hang_up()
    await seat.ended()
    assert await seat.statuses() == [1, 2, 3, 4]
    assert await Call.objects.acount() == 1


def _put_dead_trunk_first(agent: Agent) -> None:
    carrier = Trunk.objects.get()
    dead = make_trunk(carrier.application, "Dead", host="127.0.0.1", port=9)
    for priority, trunk in enumerate((dead, carrier), start=1):
        TrunkRoute.objects.create(group=agent.group, trunk=trunk, priority=priority)


async def test_two_dials_at_once_are_one_call(seat: Seat) -> None:
    first = messages.Dial(agent=seat.agent.pk, channel=seat.channel, command="1", phone="12025550100", info="")
    second = messages.Dial(agent=seat.agent.pk, channel=seat.channel, command="2", phone="12025550100", info="")
    seat.say(first)
    seat.say(second)
    assert (await seat.answer("1"))["ok"]
    assert (await seat.answer("2"))["reason"] == "call_in_progress"
    await seat.hang_up()
    await seat.ended()
    assert await Call.objects.acount() == 1


async def test_a_command_that_arrives_twice_is_done_once(seat: Seat) -> None:
    dial = messages.Dial(agent=seat.agent.pk, channel=seat.channel, command="1", phone="12025550102", info="")
    seat.say(dial)
    first = await seat.answer("1")
    await seat.ended()
    seat.say(dial)
    assert await seat.answer("1") == first
    assert await Call.objects.acount() == 1


@pytest.mark.parametrize(
    ("phone", "reason"), [("", "invalid_number"), ("12;x=y", "invalid_number"), ("1" * 21, "invalid_number")]
)
async def test_a_bad_number_is_refused_and_leaves_no_record(seat: Seat, phone: str, reason: str) -> None:
    assert (await seat.dial(phone))["reason"] == reason
    assert not await Call.objects.aexists()


async def test_without_audio_there_is_no_call(board: Board) -> None:
    seat = await board.seat()
    await seat.join()
    assert (await seat.dial("12025550100"))["reason"] == "not_connected"


async def test_without_a_trunk_there_is_no_call(seat: Seat) -> None:
    await Trunk.objects.aupdate(enabled=False)
    assert (await seat.dial("12025550100"))["reason"] == "no_trunk"
    assert (await Agent.objects.aget(pk=seat.agent.pk)).status == AgentStatus.IDLE


async def test_hanging_up_nothing_says_so(seat: Seat) -> None:
    assert (await seat.hang_up())["reason"] == "no_call"


async def test_an_offer_that_is_no_sdp_is_refused(board: Board) -> None:
    seat = await board.seat()
    await seat.join()
    assert (await seat.command(messages.OfferAudio, sdp="nonsense"))["reason"] == "media_failed"


async def test_the_agent_is_busy_then_wraps_up_then_idle(seat: Seat) -> None:
    await seat.dial("12025550100")
    call = await seat.talking()
    assert (await Agent.objects.aget(pk=seat.agent.pk)).status == AgentStatus.BUSY
    await seat.hang_up()
    agent = await seat.until(lambda agent: agent.status == AgentStatus.POST_CALL)
    assert agent.wrap_up_call_id == call.id
    await seat.command(messages.WriteRemark, call_id=call.id, text="calls back")
    later = await Agent.objects.aget(pk=seat.agent.pk)
    assert later.wrap_up_ends_at is not None
    assert agent.wrap_up_ends_at is not None
    assert later.wrap_up_ends_at > agent.wrap_up_ends_at
    await seat.command(messages.FinishWrapUp)
    await seat.until(lambda agent: agent.status == AgentStatus.IDLE)
    assert (await Call.objects.aget()).remark == "calls back"


async def test_wrap_up_ends_by_itself(board: Board) -> None:
    seat = await board.seat()
    await AgentGroup.objects.aupdate(wrap_up_seconds=1)
    await seat.sign_in()
    await seat.dial("12025550100")
    await seat.talking()
    await seat.hang_up()
    await seat.until(lambda agent: agent.status == AgentStatus.POST_CALL)
    await seat.until(lambda agent: agent.status == AgentStatus.IDLE)


async def test_wrap_up_goes_on_after_a_reload_of_the_page(seat: Seat) -> None:
    await seat.dial("12025550100")
    await seat.talking()
    await seat.hang_up()
    await seat.until(lambda agent: agent.status == AgentStatus.POST_CALL)
    seat.leave()
    await seat.hang_up_audio()
    await seat.until(lambda agent: agent.status == AgentStatus.OFFLINE)
    await seat.sign_in()
    agent = await seat.until(lambda agent: agent.status == AgentStatus.POST_CALL)
    assert agent.wrap_up_call_id is not None


async def test_an_unanswered_call_needs_no_wrap_up(seat: Seat) -> None:
    await seat.dial("12025550102")
    await seat.ended()
    await seat.until(lambda agent: agent.status == AgentStatus.IDLE)


async def test_a_remark_about_somebody_elses_call_is_refused(seat: Seat, board: Board) -> None:
    await seat.dial("12025550102")
    call = await seat.ended()
    other = await board.seat("demo_002")
    await other.sign_in()
    reply = await other.command(messages.WriteRemark, call_id=call.id, text="x")
    assert reply["reason"] == "invalid_options"


async def test_a_call_outlives_its_page_and_gets_its_agent_back(
    seat: Seat, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    await seat.dial("12025550100")
    call = await seat.talking()
    caplog.set_level(logging.INFO, "widget.switchboard")
    seat.leave()
    await seat.hang_up_audio()
    await seat.join()
    await seat.connect_audio()
    assert (await Call.objects.aget(pk=call.id)).state == "talking"
    story = " ".join(record.message for record in caplog.records if f"call={call.id}" in record.message)
    for happening in ("page left", "page joined", "audio connected"):
        assert happening in story
    await seat.hang_up()
    assert (await seat.ended()).termination == "agent_hung_up"
    assert await Call.objects.acount() == 1


async def test_a_call_whose_agent_stays_away_is_ended(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "REATTACH_SECONDS": 0.2}
    async with running_board() as board:
        seat = await board.seat()
        await seat.sign_in()
        await seat.dial("12025550100")
        await seat.talking()
        seat.leave()
        await seat.hang_up_audio()
        assert (await seat.ended()).termination == "agent_lost"
        await seat.until(lambda agent: agent.status == AgentStatus.OFFLINE)


async def test_the_latest_page_wins(seat: Seat, board: Board) -> None:
    first = seat.channel
    await seat.join()
    async with asyncio.timeout(5):
        while (await board.layer.receive(first))["type"] != "page.displaced":
            pass
    await seat.connect_audio()


async def test_signing_out_takes_the_agent_offline(seat: Seat) -> None:
    seat.leave(signed_out=True)
    agent = await seat.until(lambda agent: agent.status == AgentStatus.OFFLINE)
    assert not agent.leg_connected


async def _kill_relay(media: MediaService) -> None:
    """Returns when its death was noticed and another one serves."""
    (dead,) = media.relay_pids
    os.kill(dead, signal.SIGKILL)
    async with asyncio.timeout(20):
        while media.relay_pids in ([], [dead]):
            await media.open_carrier_leg("probe", remote_host="127.0.0.1")
            await media.close_carrier_leg("probe")


async def test_a_call_goes_on_when_the_relay_dies(seat: Seat, board: Board) -> None:
    await seat.dial("12025550100")
    call = await seat.talking()
    await _kill_relay(board.exchange.services.media)
    assert (await seat.talking()).pk == call.pk
    assert (await seat.hang_up())["ok"]
    assert (await seat.ended()).termination == "agent_hung_up"
    await seat.dial("12025550100")
    await seat.talking()


async def test_relays_that_die_one_after_the_other_end_the_call_and_the_next_one_works(
    seat: Seat, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deaths, "PAUSES", (0.0, 0.0))
    await seat.dial("12025550100")
    await seat.talking()
    media = board.exchange.services.media
    await _kill_relay(media)
    await _kill_relay(media)
    os.kill(media.relay_pids[0], signal.SIGKILL)
    assert (await seat.ended()).termination == "relay_lost"
    await seat.until(lambda agent: not agent.leg_connected)
    await seat.connect_audio()
    await seat.dial("12025550100")
    await seat.talking()


async def test_stopping_the_server_ends_calls_properly(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = SETTINGS
    async with running_board(time_scale=0.1) as board:
        seats = [await board.seat("demo_001"), await board.seat("demo_002")]
        for seat in seats:
            await seat.sign_in()
        await seats[0].dial("12025550100")
        await seats[0].talking()
        await seats[1].dial("12025550103")
        await seats[1].until_call(lambda call: call.state == "ringing")
        stopping = asyncio.ensure_future(board.exchange.stop())
        for seat in seats:
            await seat.told_to_close()
            seat.leave()
        await stopping
        assert not board.carrier.live_calls
        async for call in Call.objects.all():
            assert (call.state, call.termination) == ("ended", "server_stopped")
        assert not await Agent.objects.exclude(status=AgentStatus.OFFLINE).aexists()


async def test_a_draining_server_takes_no_new_calls(seat: Seat, board: Board) -> None:
    board.exchange.services.is_draining = True
    assert (await seat.dial("12025550100"))["reason"] == "draining"


async def test_what_a_crash_left_open_is_closed_at_the_next_start(seat: Seat) -> None:
    await seat.dial("12025550102")
    call = await seat.ended()
    await CallEvent.objects.filter(call=call, seq__gt=1).adelete()
    await Call.objects.aupdate(state="talking", ended_at=None, termination="", ended_by="", answered_at=call.started_at)
    assert await sync_to_async(journal.close_orphans)() == 1
    orphan = await Call.objects.aget()
    assert (orphan.state, orphan.termination, orphan.ended_at) == ("ended", "orphaned", call.started_at)
    assert await sync_to_async(journal.close_orphans)() == 0


async def test_a_database_that_is_down_refuses_new_calls_and_keeps_live_ones(seat: Seat, board: Board) -> None:
    with patch.object(journal, "open_call", side_effect=OperationalError("down")):
        assert (await seat.dial("12025550100"))["reason"] == "internal"
    assert not board.carrier.calls
    await seat.dial("12025550100")
    await seat.talking()
    with patch.object(journal, "record_call", side_effect=OperationalError("down")):
        assert (await seat.hang_up())["ok"]
    call = await seat.ended()
    assert call.termination == "agent_hung_up"
    assert await seat.statuses() == [1, 2, 3, 4]


async def test_durations_agree_with_the_carriers_own(seat: Seat, board: Board) -> None:
    await seat.dial("12025550106")
    call = await seat.ended()
    simulated = board.carrier.calls[-1]
    assert call.answered_at is not None
    assert call.ended_at is not None
    assert simulated.answered_at is not None
    assert simulated.ended_at is not None
    theirs = simulated.ended_at - simulated.answered_at
    assert abs((call.ended_at - call.answered_at) - theirs) < timedelta(milliseconds=100)
