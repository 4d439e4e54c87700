"""What tests of transfers ask and wait for."""

import asyncio
from collections.abc import Callable

from tests.switchboard.board import WAIT_SECONDS, Board, Seat
from widget.models import Call
from widget.simulator.call import SimulatedCall
from widget.switchboard import messages


async def transfer(seat: Seat, to: str, kind: str) -> dict[str, object]:
    return await seat.command(messages.Transfer, to=to, kind=kind)


async def main_call(seat: Seat, holds: Callable[[Call], bool]) -> Call:
    """Wait for a state of the call that is no consultation."""
    return await _call(seat, holds, consults_for=None)


async def consultation(seat: Seat, holds: Callable[[Call], bool]) -> Call:
    return await _call(seat, holds, consults_for__isnull=False)


async def _call(seat: Seat, holds: Callable[[Call], bool], **which: object) -> Call:
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            call = await Call.objects.filter(agent=seat.agent, **which).order_by("-started_at").afirst()
            if call is not None and holds(call):
                return call
            await seat.board.layer.receive(seat.channel)


def is_talking(call: Call) -> bool:
    return call.state == "talking"


def is_ended(call: Call) -> bool:
    return call.state == "ended"


async def carried(board: Board, holds: Callable[[SimulatedCall], bool], place: int = 0) -> SimulatedCall:
    """Wait for what the carrier saw of its ``place``-th call."""
    simulated = board.carrier.calls[place]
    async with asyncio.timeout(WAIT_SECONDS):
        await simulated.wait_until(lambda: holds(simulated))
    return simulated
