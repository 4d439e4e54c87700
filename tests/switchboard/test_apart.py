"""The switchboard and the web processes that it is apart from: who notices that the other is gone, and what follows."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.core.management import CommandError, call_command

from tests.switchboard.board import Board
from widget.consumers import RESTARTING
from widget.routing import CcApplication
from widget.switchboard import gauges, lifecycle, messages, remote
from widget.switchboard.gauges import Gauges
from widget.switchboard.remote import RemoteSwitchboard
from widget.switchboard.web_processes import SILENT_SECONDS, WebProcesses, process_of

WAIT_SECONDS = 20


class TestWebProcesses:
    @pytest.fixture
    def gone(self) -> list[str]:
        return []

    @pytest.fixture
    def web(self, gone: list[str]) -> WebProcesses:
        return WebProcesses(gone.append)

    def test_a_channel_names_its_process(self) -> None:
        assert process_of("specific.a1b2!c3") == process_of("specific.a1b2!d4") != process_of("specific.ffff!c3")

    def test_one_that_is_heard_is_there(self, web: WebProcesses, gone: list[str]) -> None:
        web.heard("specific.a!1")
        web.review(time.monotonic() + SILENT_SECONDS - 1)
        assert gone == []

    def test_one_that_falls_silent_is_gone_once(self, web: WebProcesses, gone: list[str]) -> None:
        web.heard("specific.a!1")
        for _ in range(2):
            web.review(time.monotonic() + SILENT_SECONDS + 1)
        assert gone == ["specific.a"]


@pytest.fixture
async def listening(board: Board) -> AsyncIterator[Board]:
    """The switchboard hears what comes over the channel layer."""
    task = asyncio.create_task(lifecycle._listen(board.layer, board.exchange))
    yield board
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


class Changes:
    """Counts how often a web process sent its pages back."""

    def __init__(self) -> None:
        self.count = 0
        self._changed = asyncio.Event()

    async def __call__(self) -> None:
        self.count += 1
        self._changed.set()

    async def happened(self) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            await self._changed.wait()


@pytest.fixture
def changes() -> Changes:
    return Changes()


@pytest.fixture
async def away(changes: Changes) -> AsyncIterator[RemoteSwitchboard]:
    """The switchboard of another process, as a web process sees it."""
    switchboard = RemoteSwitchboard(changes)
    yield switchboard
    await switchboard.stop()


@pytest.fixture(autouse=True)
def pulses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty a second, and patience with a busy machine."""
    monkeypatch.setattr(remote, "PULSE_SECONDS", 0.02)
    monkeypatch.setattr(remote, "READY_SECONDS", WAIT_SECONDS)


async def test_a_web_process_has_the_gauges_of_the_switchboard(listening: Board, away: RemoteSwitchboard) -> None:
    assert await away.is_ready()
    assert gauges.current() == listening.exchange.gauges()


async def test_gauges_are_the_same_after_the_journey(board: Board) -> None:
    now = board.exchange.gauges()
    assert Gauges.unpack(now.pack()) == now


async def test_pages_are_sent_back_when_another_switchboard_answers(
    listening: Board, away: RemoteSwitchboard, changes: Changes
) -> None:
    assert await away.is_ready()
    listening.exchange.born = "another"
    await changes.happened()
    assert changes.count == 1
    assert await away.is_ready()


async def test_pages_are_sent_back_when_no_switchboard_answers(
    board: Board, away: RemoteSwitchboard, changes: Changes, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = asyncio.create_task(lifecycle._listen(board.layer, board.exchange))
    assert await away.is_ready()
    task.cancel()
    monkeypatch.setattr(remote, "ANSWER_SECONDS", 0.2)
    await changes.happened()
    monkeypatch.setattr(remote, "READY_SECONDS", 0.1)
    assert not await away.is_ready()
    assert gauges.current() is None


async def test_a_socket_is_turned_away_while_there_is_no_switchboard(
    away: RemoteSwitchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "READY_SECONDS", 0.1)
    page = WebsocketCommunicator(CcApplication(_no_http, away), "/cc/ws")
    connected, _ = await page.connect(timeout=WAIT_SECONDS)
    assert connected
    assert (await page.receive_output(WAIT_SECONDS))["code"] == RESTARTING
    await get_channel_layer().flush()


async def _no_http(*_: object) -> None:
    raise AssertionError("no HTTP is asked for here")


async def test_the_pages_of_a_web_process_that_died_have_left(board: Board) -> None:
    seat = await board.seat()
    await seat.join()
    board.exchange.web.review(time.monotonic() + SILENT_SECONDS + 1)
    refused = await seat.command(messages.OfferAudio, sdp="v=0")
    assert not refused["ok"]
    assert refused["reason"] == "invalid_options"


async def test_what_was_meant_for_an_earlier_switchboard_is_forgotten(board: Board) -> None:
    await board.layer.send("ccsdk.switchboard", {"type": "desk.message", "kind": "Dial", "fields": {}})
    await lifecycle._forget_stale(board.layer, "a new one")
    await board.layer.send("ccsdk.switchboard", {"type": "trunks.changed"})
    assert await board.layer.receive("ccsdk.switchboard") == {"type": "trunks.changed"}


def test_the_command_says_what_to_set_where_the_web_process_owns_the_calls() -> None:
    with pytest.raises(CommandError, match="SWITCHBOARD"):
        call_command("switchboard")
