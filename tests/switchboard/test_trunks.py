"""Several trunks of a group: who takes a call, how it is written, what is counted, and who is answered at all."""

import socket
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from tests.switchboard.board import Board, Seat
from tests.switchboard.caller import Caller, calling_carrier
from tests.web.factories import make_trunk
from widget.models import Agent, Call, InboundNumber, NumberRule, RewrittenNumber, Trunk, TrunkCount, TrunkRoute
from widget.sip.events import Rejected, Ringing
from widget.switchboard import journal
from widget.switchboard.route import TrunkLimits
from widget.switchboard.trunk_directory import plain

pytestmark = pytest.mark.django_db(transaction=True)

OPTIONS = """OPTIONS sip:cc@127.0.0.1 SIP/2.0\r
Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{port};rport\r
From: <sip:health@{host}>;tag=1\r
To: <sip:cc@127.0.0.1>\r
Call-ID: options-{port}\r
CSeq: 1 OPTIONS\r
Max-Forwards: 70\r
Content-Length: 0\r
\r
"""


def second_trunk(agent: Agent, **first: object) -> Trunk:
    """Another trunk to the same carrier, of a lower priority; ``first`` changes the one that is there."""
    carrier = Trunk.objects.get()
    Trunk.objects.update(**first)
    second = make_trunk(
        carrier.application, "Second", host=carrier.host, port=carrier.port, username="demo", password="demo"
    )
    for priority, trunk in enumerate((carrier, second), start=1):
        TrunkRoute.objects.create(group=agent.group, trunk=trunk, priority=priority)
    return second


def counts() -> dict[tuple[str, int], int]:
    return {(row.trunk.name, row.sip_code): row.attempts for row in TrunkCount.objects.select_related("trunk")}


async def other_seat(board: Board, first: Seat) -> Seat:
    seat = Seat(board, await sync_to_async(_colleague)(first.agent))
    board.seats.append(seat)
    await seat.sign_in()
    return seat


def _colleague(agent: Agent) -> Agent:
    return Agent.objects.create(application=agent.application, group=agent.group, account="demo_002", name="Bob")


async def test_a_full_trunk_is_passed_over_and_free_again_after_the_call(seat: Seat, board: Board) -> None:
    await sync_to_async(second_trunk)(seat.agent, max_calls=1)
    other = await other_seat(board, seat)
    await seat.dial("12025550100")
    first = await seat.talking()
    await other.dial("12025550100")
    assert (await other.talking()).trunk_id != first.trunk_id
    await seat.hang_up()
    await seat.ended()
    await seat.dial("12025550102")
    assert (
        await seat.until_call(lambda call: call.pk != first.pk and call.state == "ended")
    ).trunk_id == first.trunk_id
    assert board.exchange.services.load.calls(first.trunk_id or 0) == 0


async def test_when_all_are_full_the_agent_is_told_and_nothing_is_recorded(seat: Seat, board: Board) -> None:
    await Trunk.objects.aupdate(calls_per_second=1)
    other = await other_seat(board, seat)
    with patch("widget.switchboard.trunk_load.SECOND", 3600):
        assert (await seat.dial("12025550102"))["ok"]
        await seat.ended()
        assert (await other.dial("12025550100"))["reason"] == "lines_busy"
    assert await Call.objects.acount() == 1


async def test_a_call_that_does_not_begin_leaves_its_place(seat: Seat, board: Board) -> None:
    await Trunk.objects.aupdate(max_calls=1)
    with patch.object(journal, "open_call", side_effect=OperationalError("down")):
        assert (await seat.dial("12025550100"))["reason"] == "internal"
    assert (await seat.dial("12025550102"))["ok"]
    await seat.ended()


async def test_a_full_next_trunk_ends_the_call(seat: Seat, board: Board) -> None:
    second = await sync_to_async(second_trunk)(seat.agent, host="127.0.0.1", port=9)
    await Trunk.objects.filter(pk=second.pk).aupdate(max_calls=1)
    board.exchange.services.load.take_in(second.pk, TrunkLimits())
    await seat.dial("12025550100")
    assert (await seat.ended()).termination == "unavailable"


async def test_every_invite_is_counted_once_at_its_trunk(seat: Seat) -> None:
    await sync_to_async(second_trunk)(seat.agent)
    await Trunk.objects.filter(name="Carrier").aupdate(host="127.0.0.1", port=9)
    await seat.dial("12025550100")
    await seat.talking()
    await seat.hang_up()
    await seat.ended()
    assert await sync_to_async(counts)() == {("Carrier", 0): 1, ("Second", 200): 1}
    answered = await TrunkCount.objects.aget(sip_code=200)
    assert answered.delays == 1
    assert (await TrunkCount.objects.aget(sip_code=0)).delays == 0


@pytest.mark.parametrize(("number", "sip_code"), [("12025550102", 486), ("12025550109", 404), ("12025550108", 503)])
async def test_failures_are_counted_by_status(seat: Seat, number: str, sip_code: int) -> None:
    await seat.dial(number)
    await seat.ended()
    assert await sync_to_async(counts)() == {("Carrier", sip_code): 1}


async def test_a_database_that_was_down_counts_once(seat: Seat) -> None:
    with patch("widget.switchboard.trunk_counts.count", side_effect=OperationalError("down")):
        await seat.dial("12025550102")
    await seat.ended()
    assert await sync_to_async(counts)() == {("Carrier", 486): 1}


async def test_a_trunk_that_is_deleted_meanwhile_does_not_stop_the_record(seat: Seat) -> None:
    await seat.dial("12025550100")
    await seat.talking()
    await Trunk.objects.all().adelete()
    await seat.hang_up()
    call = await seat.ended()
    assert (call.termination, call.trunk_id) == ("agent_hung_up", None)


async def test_an_orphan_counts_as_an_attempt_without_an_end(seat: Seat) -> None:
    await seat.dial("12025550102")
    await seat.ended()
    await TrunkCount.objects.all().adelete()
    await Call.objects.aupdate(state="ringing", ended_at=None, termination="", ended_by="")
    await sync_to_async(journal.close_orphans)()
    assert await sync_to_async(counts)() == {("Carrier", 0): 1}


async def test_numbers_are_written_as_the_trunk_wants_them(seat: Seat, board: Board) -> None:
    trunk = await Trunk.objects.aget()
    await NumberRule.objects.acreate(trunk=trunk, prefix="0", replacement="+49", min_digits=6)
    await NumberRule.objects.acreate(trunk=trunk, applies_to=RewrittenNumber.CALLER_ID, prefix="+", replacement="00")
    await Agent.objects.aupdate(display_number="+4930123")
    await seat.dial("030 123456")
    carried = await board.carrier.wait_for_call("+4930123456")
    assert carried.caller == "004930123"
    call = await seat.until_call(lambda call: call.state != "calling")
    assert (call.called, call.caller) == ("030123456", "004930123")
    await seat.hang_up()
    await seat.ended()


async def test_inbound_callers_are_rewritten_and_withheld_ones_stay_unknown(seat: Seat, board: Board) -> None:
    trunk = await Trunk.objects.aget()
    await NumberRule.objects.acreate(trunk=trunk, applies_to=RewrittenNumber.CALLER, prefix="49", replacement="+49")
    await InboundNumber.objects.acreate(trunk=trunk, group=seat.agent.group)
    await board.exchange.trunks.refresh()
    async with calling_carrier() as caller:
        assert await _caller_shown(seat, board, caller) == "+4930123456"
        await Agent.objects.aupdate(status=2)
        hidden = (("P-Asserted-Identity", "<sip:4930999@127.0.0.1>"), ("Privacy", "id"))
        assert await _caller_shown(seat, board, caller, headers=hidden) == "anonymous"


async def _caller_shown(seat: Seat, board: Board, caller: Caller, headers: tuple[tuple[str, str], ...] = ()) -> str:
    dialog = caller.dial(board.exchange.services.sip.address, "12025550199", headers)
    await caller.hears(Ringing)
    call = await seat.until_call(lambda call: call.state == "ringing")
    dialog.hang_up()
    await caller.hears(Rejected)
    await seat.until_call(lambda late: late.pk == call.pk and late.state == "ended")
    return call.caller


@pytest.fixture
def sockets() -> Iterator[dict[str, socket.socket]]:
    """A stranger's and a carrier's."""
    bound = {host: socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for host in ("127.0.0.2", "127.0.0.1")}
    for host, each in bound.items():
        each.bind((host, 0))
        each.settimeout(20)
    yield bound
    for each in bound.values():
        each.close()


async def test_only_trunks_hear_an_answer_to_options(board: Board, sockets: dict[str, socket.socket]) -> None:
    """The stranger asks first: when the trunk has its answer, the stranger's would have been there too."""
    for host, each in sockets.items():
        request = OPTIONS.format(host=host, port=each.getsockname()[1])
        each.sendto(request.encode(), board.exchange.services.sip.address)
    answer = await sync_to_async(sockets["127.0.0.1"].recv, thread_sensitive=False)(65_536)
    assert answer.startswith(b"SIP/2.0 200")
    sockets["127.0.0.2"].settimeout(0)
    with pytest.raises(BlockingIOError):
        sockets["127.0.0.2"].recv(65_536)


async def test_who_is_admitted_follows_what_an_admin_changes(board: Board) -> None:
    directory = board.exchange.trunks
    assert directory.admits("127.0.0.1")
    assert directory.admits("::ffff:127.0.0.1")
    assert not directory.admits("198.51.100.7")
    await Trunk.objects.aupdate(allowed_sources=["198.51.100.0/24", "2001:db8::/32"])
    await directory.refresh()
    assert directory.admits("198.51.100.7")
    assert directory.admits("2001:db8::7")
    await Trunk.objects.aupdate(enabled=False)
    await directory.refresh()
    assert not directory.admits("127.0.0.1")


def test_addresses_are_compared_in_one_form() -> None:
    assert plain("2001:DB8:0::1") == "2001:db8::1"
    assert plain("fe80::1%eth0") == "fe80::1"
    assert plain("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain("no address") == "no address"


async def test_a_trunk_that_registers_is_registered_when_it_is_added(board: Board) -> None:
    await Trunk.objects.aupdate(registers=True)
    board.exchange.trunks.changed()
    assert await board.carrier.wait_registered("demo")
