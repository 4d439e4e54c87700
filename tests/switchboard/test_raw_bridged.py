"""A customer whose carrier writes every byte itself is transferred by us, and goes on asking for things afterwards."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.switchboard.board import WAIT_SECONDS, Board, Seat
from tests.switchboard.raw_trunk import SDP, RawTrunk, raw_trunk
from tests.switchboard.transfers import carried, consultation, main_call, transfer
from widget.models import Call, Trunk
from widget.simulator.call import CallEnd
from widget.sip.message import Response
from widget.switchboard import messages

pytestmark = pytest.mark.django_db(transaction=True)

PARTY = "12025550100"
HELD, HOLDS = SDP.replace("sendrecv", "recvonly"), SDP.replace("sendrecv", "sendonly")


@pytest.fixture
async def customer(board: Board, seat: Seat) -> AsyncIterator[RawTrunk]:
    """Who talks to the agent; whoever is dialled next is the simulated carrier's."""
    simulated = (await Trunk.objects.aget()).port
    async with raw_trunk() as customer:
        await Trunk.objects.aupdate(port=customer.transport.get_extra_info("sockname")[1], username="", password="")
        await seat.dial("12025550199")
        await customer.reply(200, body=SDP)
        await customer.asked("ACK")
        await seat.talking()
        await Trunk.objects.aupdate(port=simulated)
        yield customer


async def answered(customer: RawTrunk, after: int, body: str) -> int:
    """Take the next re-INVITE of ours; its number."""
    invite = await customer.asked("INVITE", cseq=after + 1)
    await customer.reply(200, body=body)
    await customer.asked("ACK", cseq=invite.cseq)
    return invite.cseq


async def asked_first(customer: RawTrunk, seat: Seat) -> int:
    """The agent talks to the party, and presses Complete."""
    assert (await transfer(seat, PARTY, "attended"))["ok"]
    number = await answered(customer, 1, HELD)
    await consultation(seat, lambda call: call.state == "talking")
    assert (await seat.command(messages.CompleteTransfer))["ok"]
    return number


async def bridged(seat: Seat) -> Call:
    return await main_call(seat, lambda call: call.state == "bridged")


async def left(customer: RawTrunk, board: Board, call: Call) -> None:
    """The customer hangs up, and takes the party along."""
    await customer.ask("BYE")
    await customer.told(200, "BYE")
    assert (await carried(board, lambda other: not other.live)).end is CallEnd.CALLER_HUNG_UP
    async with asyncio.timeout(WAIT_SECONDS):
        await board.exchange.services.bridges.wait()
    await call.arefresh_from_db()
    assert (call.state, call.termination) == ("ended", "transferred")


async def taken(customer: RawTrunk) -> Response:
    """Our 200 to what the customer asked last."""
    found = await customer.heard(
        lambda each: isinstance(each, Response) and (each.code, each.cseq) == (200, customer.cseq)
    )
    assert isinstance(found, Response)
    return found


@pytest.mark.parametrize("code", [403, 405, 420, 501, 503, 603])
async def test_however_refer_is_refused_complete_completes(
    customer: RawTrunk, seat: Seat, board: Board, code: int
) -> None:
    number = await asked_first(customer, seat)
    await customer.reply(code, to="REFER")
    call = await bridged(seat)
    await answered(customer, number + 1, SDP)
    await left(customer, board, call)


async def test_a_carrier_that_tries_in_vain_is_no_end_of_it(customer: RawTrunk, seat: Seat, board: Board) -> None:
    """It cannot reach the party's other dialog, which we hold in our hands."""
    number = await asked_first(customer, seat)
    await customer.reply(202, to="REFER")
    await customer.ask(
        "NOTIFY",
        "Event: refer",
        "Subscription-State: terminated;reason=noresource",
        "Content-Type: message/sipfrag",
        body="SIP/2.0 481 Call Leg Does Not Exist\r\n",
    )
    await customer.told(200, "NOTIFY")
    call = await bridged(seat)
    await answered(customer, number + 1, SDP)
    await left(customer, board, call)


async def test_who_is_joined_holds_refreshes_and_asks_as_before(customer: RawTrunk, seat: Seat, board: Board) -> None:
    number = await asked_first(customer, seat)
    await customer.reply(501, to="REFER")
    call = await bridged(seat)
    await answered(customer, number + 1, SDP)
    for offer, direction in ((HOLDS, "recvonly"), (SDP, "sendrecv")):
        await customer.ask("UPDATE", body=offer)
        assert f"a={direction}" in (await taken(customer)).sdp
    await customer.ask("UPDATE", "Supported: timer", "Session-Expires: 120;refresher=uac")
    assert (await taken(customer)).header("Session-Expires") == "120;refresher=uac"
    await customer.ask("OPTIONS")
    await taken(customer)
    await customer.ask("NOTIFY", "Event: refer", "Subscription-State: terminated")
    await customer.told(481, "NOTIFY")
    assert (await Call.objects.aget(pk=call.pk)).state == "bridged"
    await left(customer, board, call)


async def test_a_customer_who_does_not_want_to_be_taken_back_may_stay_on_hold(
    customer: RawTrunk, seat: Seat, board: Board
) -> None:
    number = await asked_first(customer, seat)
    await customer.reply(603, to="REFER")
    call = await bridged(seat)
    await customer.asked("INVITE", cseq=number + 2)
    await customer.reply(488)
    await customer.ask("OPTIONS")
    await taken(customer)
    await left(customer, board, call)


async def test_a_customer_who_leaves_while_refer_is_on_its_way_has_hung_up(
    customer: RawTrunk, seat: Seat, board: Board
) -> None:
    await asked_first(customer, seat)
    await customer.asked("REFER")
    await customer.ask("BYE")
    assert (await main_call(seat, lambda call: call.state == "ended")).termination == "customer_hung_up"
    assert (await carried(board, lambda other: not other.live)).end is CallEnd.CALLER_HUNG_UP
