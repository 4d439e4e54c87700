"""Whatever a carrier does, by bytes: the call has exactly one record, and the record says truly how it ended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async

from tests.switchboard.board import Board, Seat
from tests.switchboard.raw_trunk import NO_AUDIO, SDP, RawTrunk, raw_trunk
from widget.admin.explanation import explain
from widget.models import Call, CallMessage, Trunk, TrunkCount

pytestmark = pytest.mark.django_db(transaction=True)

FOREIGN = SDP.replace("RTP/AVP 0", "RTP/AVP 18").replace("rtpmap:0 PCMU", "rtpmap:18 G729")
Played = Callable[[RawTrunk, Seat], Awaitable[None]]


@pytest.fixture
async def carrier(board: Board) -> AsyncIterator[RawTrunk]:
    """The only trunk; it is at another port from the next call on."""
    async with raw_trunk() as trunk:
        await Trunk.objects.aupdate(port=trunk.transport.get_extra_info("sockname")[1], username="", password="")
        yield trunk


async def picked_up(carrier: RawTrunk, seat: Seat, body: str = SDP) -> None:
    await carrier.reply(200, body=body)
    await carrier.asked("ACK")
    await seat.talking()


async def busy_everywhere_while_a_fork_rings(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(180, tag="one")
    await carrier.reply(183, tag="two", body=SDP)
    await carrier.reply(600, tag="one")


async def redirected(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(302, "Diversion: <sip:1@x>")


async def given_up_by_the_carrier(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(180)
    await carrier.reply(487)


async def overloaded(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(503, "Retry-After: 60")


async def not_acceptable(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(606, 'Warning: 305 x "Incompatible media format"')


async def challenged_without_credentials(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(401, 'WWW-Authenticate: Digest realm="r", nonce="n"')


async def answered_without_description(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(200)
    await carrier.reply(200, to="BYE")


async def answered_without_audio(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(200, body=NO_AUDIO)
    await carrier.reply(200, to="BYE")


async def answered_after_strange_early_media(carrier: RawTrunk, seat: Seat) -> None:
    for body in (FOREIGN, NO_AUDIO, "v=0\r\nnonsense"):
        await carrier.reply(183, body=body, tag="other")
    await picked_up(carrier, seat)
    await carrier.ask("BYE", 'Reason: Q.850;cause=16;text="Normal"')


async def both_hang_up_at_once(carrier: RawTrunk, seat: Seat) -> None:
    await picked_up(carrier, seat)
    await seat.hang_up()
    await carrier.asked("BYE")
    await carrier.ask("BYE")
    await carrier.told(200, "BYE")
    await carrier.reply(481, to="BYE")


async def answer_crosses_the_hang_up(carrier: RawTrunk, seat: Seat) -> None:
    await carrier.reply(180)
    await seat.hang_up()
    await carrier.asked("CANCEL")
    await carrier.reply(200, body=SDP)
    await carrier.reply(200, to="CANCEL")
    await carrier.asked("BYE")
    await carrier.reply(200, to="BYE")


async def bye_crosses_a_hold(carrier: RawTrunk, seat: Seat) -> None:
    await picked_up(carrier, seat)
    await carrier.ask("INVITE", body=SDP.replace("sendrecv", "sendonly"))
    await carrier.told(200, "INVITE")
    await carrier.ask("BYE")


async def two_forks_answer(carrier: RawTrunk, seat: Seat) -> None:
    await picked_up(carrier, seat)
    await carrier.reply(200, body=SDP, tag="late")
    assert (await carrier.asked("BYE")).to_tag == "late"
    await carrier.reply(200, to="BYE")
    await carrier.ask("BYE")


async def refused_hold_and_lost_hang_up(carrier: RawTrunk, seat: Seat) -> None:
    await picked_up(carrier, seat)
    await carrier.ask("INVITE", body=FOREIGN)
    await carrier.told(488, "INVITE")
    assert (await seat.talking()).answered_at
    await seat.hang_up()


async def forgotten_by_the_carrier(carrier: RawTrunk, seat: Seat) -> None:
    await picked_up(carrier, seat)
    await carrier.ask("UPDATE", tag="other")
    await carrier.told(481, "UPDATE")
    await carrier.ask("BYE")


ENDS: dict[Played, tuple[str, int | None, str]] = {
    busy_everywhere_while_a_fork_rings: ("busy", 600, "The number was busy: the carrier said “600"),
    redirected: ("rejected", 302, "The carrier refused the call: the carrier said “302"),
    given_up_by_the_carrier: ("no_answer", 487, "Nobody answered in time"),
    overloaded: ("unavailable", 503, "The carrier or the number was not available: the carrier said “503"),
    not_acceptable: ("media_failed", 606, "No audio path could be agreed on: the carrier said “606"),
    challenged_without_credentials: ("authentication_failed", None, "The carrier did not accept our sign-in"),
    answered_without_description: ("media_failed", None, "No audio path could be agreed on"),
    answered_without_audio: ("media_failed", 200, "No audio path could be agreed on"),
    answered_after_strange_early_media: ("customer_hung_up", 200, "The customer hung up"),
    both_hang_up_at_once: ("agent_hung_up", 200, "The agent hung up"),
    answer_crosses_the_hang_up: ("cancelled", None, "The agent hung up before the call was answered"),
    bye_crosses_a_hold: ("customer_hung_up", 200, "The customer hung up"),
    two_forks_answer: ("customer_hung_up", 200, "The customer hung up"),
    refused_hold_and_lost_hang_up: ("agent_hung_up", 200, "The agent hung up"),
    forgotten_by_the_carrier: ("customer_hung_up", 200, "The customer hung up"),
}


@pytest.mark.parametrize("played", ENDS, ids=lambda played: played.__name__)
async def test_one_record_that_is_true(board: Board, seat: Seat, carrier: RawTrunk, played: Played) -> None:
    await seat.dial("12025550100")
    await played(carrier, seat)
    call = await seat.ended()
    termination, sip_code, sentence = ENDS[played]
    assert (call.termination, call.sip_code) == (termination, sip_code)
    assert await Call.objects.acount() == 1
    assert (await seat.statuses())[-1] in {4, 5}
    assert not [each for each in (await seat.statuses())[:-1] if each in {4, 5}]
    assert (await said(call)).startswith(sentence)
    assert [row.attempts async for row in TrunkCount.objects.all()] == [1]


async def said(call: Call) -> str:
    """What the admin says about it."""
    messages = await sync_to_async(lambda: list(CallMessage.objects.filter(call=call)))()
    return await asyncio.to_thread(explain, call, messages)
