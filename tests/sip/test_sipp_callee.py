"""Our calls against sipp as the carrier, one scenario each; sipp's own exit status judges what it saw on the wire."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sip.callers import LiveCaller, until
from tests.sip.peers import Peer, free_port, sipp
from widget.sip.config import UserAgentConfig
from widget.sip.events import (
    Answered,
    Failed,
    FailureCause,
    HungUp,
    MediaChanged,
    Progress,
    Rejected,
    Ringing,
    Trying,
)
from widget.sip.offer_answer import answer_offer
from widget.sip.registration import RegistrationState
from widget.sip.timers import Timers
from widget.sip.trunk import Transport


@pytest.fixture
async def caller() -> AsyncIterator[LiveCaller]:
    live = LiveCaller()
    await live.start()
    yield live
    await live.close()


async def judged(peer: Peer) -> None:
    """sipp saw all that its scenario wants."""
    status = await peer.finished()
    assert status == 0, peer.output()


async def test_answer(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("answer", tmp_path) as peer:
        caller.dial(peer.port)
        await caller.heard(Answered)
        caller.call.hang_up()
        await caller.ended()
        await judged(peer)
    assert [type(event) for event in caller.events] == [Trying, Ringing, Answered, HungUp]


async def test_late_start_is_reached_by_retransmission(tmp_path: Path) -> None:
    """The first INVITE meets a socket that says nothing; a closed port would be told to us by ICMP."""
    caller = LiveCaller(UserAgentConfig(timers=Timers(t1=2.0)))
    await caller.start()
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.setblocking(False)  # noqa: FBT003  (the standard library takes it by position only)
        mute.bind(("127.0.0.1", port))
        caller.dial(port)
        await asyncio.get_running_loop().sock_recv(mute, 65_535)
    async with sipp("answer", tmp_path, port=port) as peer:
        await caller.heard(Answered)
        caller.call.hang_up()
        await judged(peer)
    await caller.close()


async def test_closed_port_is_noticed_at_once(caller: LiveCaller) -> None:
    caller.dial(free_port())
    assert await caller.ended() == Failed(FailureCause.TRANSPORT)


async def test_credentials_are_verified_by_sipp(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("verified_credentials", tmp_path) as peer:
        caller.dial(peer.port)
        assert await caller.ended() == Rejected(486, "Verified")
        await judged(peer)


async def test_busy(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("busy", tmp_path) as peer:
        caller.dial(peer.port)
        await judged(peer)
    assert caller.events == [Rejected(486, "Busy Here", 'Q.850;cause=17;text="User busy"')]


async def test_decline_after_ringing(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("decline_after_ringing", tmp_path) as peer:
        caller.dial(peer.port)
        await judged(peer)
    assert caller.events == [Ringing(), Rejected(603, "Decline", retry_after=60)]


async def test_early_media(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("early_media", tmp_path) as peer:
        caller.dial(peer.port)
        answered = await caller.heard(Answered)
        caller.call.hang_up()
        await judged(peer)
    early = caller.events[0]
    assert isinstance(early, Progress)
    assert isinstance(answered, Answered)
    assert early.sdp == answered.sdp


@pytest.mark.parametrize(
    "scenario", ["challenge_407_md5", "challenge_401_sha256", "challenge_stale", "challenged_bye", "record_route"]
)
async def test_answered_and_released(caller: LiveCaller, tmp_path: Path, scenario: str) -> None:
    async with sipp(scenario, tmp_path) as peer:
        caller.dial(peer.port)
        await caller.heard(Answered)
        caller.call.hang_up()
        assert await caller.ended() == HungUp(local=True)
        await judged(peer)


@pytest.mark.parametrize("scenario", ["challenge_refused", "challenge_foreign_realm"])
async def test_credentials_are_not_given_away(caller: LiveCaller, tmp_path: Path, scenario: str) -> None:
    async with sipp(scenario, tmp_path) as peer:
        caller.dial(peer.port)
        assert await caller.ended() == Failed(FailureCause.AUTHENTICATION)
        await judged(peer)


async def test_cancel(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("cancel", tmp_path) as peer:
        caller.dial(peer.port)
        await caller.heard(Ringing)
        caller.call.hang_up()
        assert await caller.ended() == Rejected(487, "Request Terminated")
        await judged(peer)


async def test_answer_crosses_cancel(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("answer_crosses_cancel", tmp_path) as peer:
        caller.dial(peer.port)
        await caller.heard(Ringing)
        caller.call.hang_up()
        assert await caller.ended() == HungUp(local=True)
        await judged(peer)


async def test_hung_up_by_callee(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("hung_up_by_callee", tmp_path) as peer:
        caller.dial(peer.port)
        assert await caller.ended() == HungUp('Q.850;cause=16;text="Normal call clearing"')
        await judged(peer)


@pytest.mark.parametrize("scenario", ["answer", "challenge_407_md5", "record_route", "challenged_bye"])
async def test_over_tcp(caller: LiveCaller, tmp_path: Path, scenario: str) -> None:
    async with sipp(scenario, tmp_path, options=("-t", "t1")) as peer:
        caller.dial(0, trunk=replace(caller.trunk(peer.port), transport=Transport.TCP))
        await caller.heard(Answered)
        caller.call.hang_up()
        assert await caller.ended() == HungUp(local=True)
        await judged(peer)


@pytest.mark.parametrize("scenario", ["cancel", "answer_crosses_cancel"])
async def test_given_up_over_tcp(caller: LiveCaller, tmp_path: Path, scenario: str) -> None:
    async with sipp(scenario, tmp_path, options=("-t", "t1")) as peer:
        caller.dial(0, trunk=replace(caller.trunk(peer.port), transport=Transport.TCP))
        await caller.heard(Ringing)
        caller.call.hang_up()
        await caller.ended()
        await judged(peer)


Decide = Callable[[MediaChanged], None]


def accept(change: MediaChanged) -> None:
    answer, _ = answer_offer(change.sdp, host="127.0.0.1", port=4000, codecs=["PCMU"], session_id=1, version=2)
    change.answer(answer)


def refuse(change: MediaChanged) -> None:
    change.answer(None)


@pytest.mark.parametrize(("scenario", "decide", "changes"), [("hold", accept, 2), ("refused_reinvite", refuse, 1)])
async def test_reinvite(caller: LiveCaller, tmp_path: Path, scenario: str, decide: Decide, changes: int) -> None:
    async with sipp(scenario, tmp_path) as peer:
        caller.decide = decide
        caller.dial(peer.port)
        for _ in range(changes):
            await caller.heard(MediaChanged)
        caller.call.hang_up()
        await judged(peer)


async def test_options_and_message_in_dialog(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("options_and_message_in_dialog", tmp_path) as peer:
        caller.dial(peer.port)
        await caller.heard(Answered)
        await peer.said("405 Method Not Allowed")
        caller.call.hang_up()
        await judged(peer)


async def test_fork(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("fork", tmp_path) as peer:
        caller.dial(peer.port)
        await caller.heard(Answered)
        await peer.saw("CSeq: 2 BYE", 2)
        assert not isinstance(caller.events[-1], HungUp)
        caller.call.hang_up()
        await judged(peer)


async def test_registrar(caller: LiveCaller, tmp_path: Path) -> None:
    async with sipp("registrar", tmp_path) as peer:
        trunk = caller.trunk(peer.port, registers=True)
        caller.agent.add_trunk(trunk)
        await until(lambda: caller.agent.registration_state(trunk.id) is RegistrationState.REGISTERED)
        caller.agent.remove_trunk(trunk.id)
        await judged(peer)
