"""A running switchboard for each test that asks for one."""

from collections.abc import AsyncIterator

import pytest
from pytest_django import Settings

from tests.switchboard.board import SETTINGS, Board, Seat, running_board


@pytest.fixture
async def board(transactional_db: None, settings: Settings) -> AsyncIterator[Board]:
    """A switchboard and a carrier whose numbers ring ten times as fast as their script says."""
    settings.CCSDK = SETTINGS
    async with running_board(time_scale=0.1) as board:
        yield board


@pytest.fixture
async def seat(board: Board) -> Seat:
    """An agent who is signed in, with audio."""
    seat = await board.seat()
    await seat.sign_in()
    return seat
