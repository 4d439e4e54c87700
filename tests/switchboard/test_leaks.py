"""Calls that come to nothing leave no socket and no port behind, whatever ended them."""

import os
from contextlib import suppress
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.switchboard.board import SETTINGS, Board, Seat, running_board
from widget.models import Call

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = ("12025550102", "12025550104", "12025550108", "12025550109")
NEVER_ANSWERED, SILENT, ANSWERED = "12025550103", "12025550110", "12025550100"


def udp_sockets(board: Board) -> list[int]:
    """Those bound by us and by each relay."""
    bound = {
        f"socket:[{row.split()[9]}]"
        for table in ("udp", "udp6")
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    }
    return [
        sum(link in bound for link in links(pid)) for pid in (os.getpid(), *board.exchange.services.media.relay_pids)
    ]


def links(pid: int) -> list[str]:
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(os.readlink(descriptor))
    return found


async def ended(seat: Seat, calls: int) -> None:
    """Until the latest of so many calls is over."""
    await seat.until_call(lambda call: call.state == "ended")
    assert await Call.objects.filter(agent=seat.agent, state="ended").acount() == calls


async def test_whatever_ends_a_call_its_ports_are_free_again(transactional_db: None, settings: Settings) -> None:
    settings.CCSDK = {**SETTINGS, "RING_SECONDS": 1, "FIRST_RESPONSE_SECONDS": 0.5}
    async with running_board(time_scale=0.1) as board:
        seat = await board.seat()
        await seat.sign_in()
        before = udp_sockets(board)
        for number in (*REFUSED, NEVER_ANSWERED, SILENT):
            await seat.dial(number)
            await seat.ended()
        await seat.dial(NEVER_ANSWERED)
        await seat.hang_up()
        await seat.ended()
        await ended(seat, len(REFUSED) + 3)
        assert udp_sockets(board) == before
        assert board.exchange.services.media.statistics()[0].carrier_legs == 0
        assert (await seat.dial(ANSWERED))["ok"]
        assert udp_sockets(board)[-1] == before[-1] + 2
