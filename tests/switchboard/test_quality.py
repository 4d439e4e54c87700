"""How a call sounds, from the media side to the page and the record."""

import asyncio
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from tests.switchboard.board import WAIT_SECONDS, Seat
from widget.media.events import CallQuality as Told
from widget.media.quality import LegMeasure
from widget.models import Call, CallQuality
from widget.switchboard import ledger, messages
from widget.switchboard.quality_journal import record_quality
from widget.switchboard.quality_log import QualityLog

pytestmark = pytest.mark.django_db(transaction=True)


async def hear(seat: Seat) -> dict[str, Any]:
    """The next word on the call's sound that reaches the page."""
    return dict((await hear_all(seat))["value"])


async def hear_all(seat: Seat) -> dict[str, Any]:
    """As ``hear``, with what the page is told beside it."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (message := await seat.board.layer.receive(seat.channel))["type"] != "call.quality":
            pass
    return dict(message)


async def kept(seat: Seat, call: Call) -> CallQuality:
    """The row beside the record, which the desk writes after it and before it obeys the next command."""
    async with asyncio.timeout(WAIT_SECONDS):
        while (row := await CallQuality.objects.filter(call=call).afirst()) is None:
            await seat.command(messages.FinishWrapUp)
    return row


def told(call: Call, verdict: str = "good", mos: float = 4.3) -> Told:
    return Told(leg_id=call.id, mos=mos, verdict=verdict, browser=LegMeasure(), carrier=LegMeasure(loss=0.02))


async def test_one_way_audio_is_named_to_the_page_and_kept_with_the_record(seat: Seat) -> None:
    await seat.dial("12025550112")
    call = await seat.talking()
    while (value := await hear(seat))["verdict"] == "good":
        pass
    # The agent's peer sends too, so this is one way only.
    assert (value["verdict"], value["mos"], value["loss"]) == ("carrier_silent", 1.0, 1.0)
    await seat.hang_up()
    row = await kept(seat, call)
    assert (row.verdict, row.mos_lowest, row.is_poor) == ("carrier_silent", 1.0, True)
    assert row.silences[0][0] == "carrier_silent"
    assert next(row.series())["carrier_loss"] == 1.0


async def test_a_good_call_is_told_within_seconds_and_kept_as_good(seat: Seat) -> None:
    await seat.dial("12025550100")
    call = await seat.talking()
    value = await hear(seat)
    assert set(value) == {"mos", "loss", "jitter_ms", "round_trip_ms", "verdict"}
    await seat.hang_up()
    assert (await kept(seat, call)).samples


async def test_what_is_held_is_no_silence(seat: Seat) -> None:
    await seat.dial("12025550112")
    await seat.talking()
    while (await hear(seat))["verdict"] != "carrier_silent":
        pass
    await seat.command(messages.Hold, on=True)
    assert (await hear(seat))["verdict"] != "carrier_silent"


async def test_what_the_page_shows_already_is_not_repeated(seat: Seat) -> None:
    await seat.dial("12025550103")
    call = await seat.until_call(lambda call: call.state == "ringing")
    desk = seat.board.exchange.desk(seat.agent.pk)
    await seat.command(messages.Mute, on=False)
    # Before the answer nothing is judged.
    desk.post(told(call))
    await seat.hang_up()
    await seat.ended()
    assert not await CallQuality.objects.aexists()
    await seat.dial("12025550100")
    call = await seat.talking()
    for item in (told(call), told(call), replace(told(call), leg_id="another"), told(call, "carrier", 3.0)):
        desk.post(item)
    values = [await hear(seat), await hear(seat)]
    assert [value["mos"] for value in values] == [4.3, 3.0]


async def test_a_consultation_is_judged_beside_the_call(seat: Seat) -> None:
    await seat.dial("12025550100")
    call = await seat.talking()
    desk = seat.board.exchange.desk(seat.agent.pk)
    await seat.command(messages.Transfer, to="12025550107", kind="attended")
    asked = await seat.until_call(lambda one: one.consults_for_id is not None and one.state == "talking")
    desk.post(told(call, mos=3.9))
    desk.post(told(asked, mos=3.7))
    # The same words of another call are news.
    desk.post(told(call, mos=3.7))
    shown = [await hear_all(seat) for _ in range(3)]
    assert [(each["value"]["mos"], each["beside"]) for each in shown] == [(3.9, False), (3.7, True), (3.7, False)]
    await seat.command(messages.CancelTransfer)
    assert (await kept(seat, asked)).mos_lowest == 3.7
    await seat.hang_up()
    assert (await kept(seat, call)).samples


async def test_a_page_that_comes_back_is_told_anew(seat: Seat) -> None:
    await seat.dial("12025550100")
    call = await seat.talking()
    desk = seat.board.exchange.desk(seat.agent.pk)
    desk.post(told(call))
    await hear(seat)
    await seat.join(resumes=True)
    desk.post(told(call))
    assert (await hear(seat))["mos"] == 4.3


async def test_a_database_that_is_down_loses_nothing_of_it(seat: Seat) -> None:
    await seat.dial("12025550100")
    call = await seat.talking()
    desk = seat.board.exchange.desk(seat.agent.pk)
    desk.post(told(call, "carrier", 2.5))
    await hear(seat)
    with patch.object(ledger, "record_quality", side_effect=OperationalError):
        await seat.hang_up()
    await seat.ended()
    assert (await kept(seat, call)).mos_lowest == 2.5


async def test_a_record_that_was_deleted_stays_deleted() -> None:
    log = QualityLog()
    log.add(Told(leg_id="c", mos=4.3, verdict="good", browser=LegMeasure(), carrier=LegMeasure()), 5.0)
    record = log.record()
    assert record is not None
    await sync_to_async(record_quality)("0" * 32, record)
    assert not await CallQuality.objects.aexists()
