"""Calls through Kamailio to baresip, and straight to it: software that was written by others."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sip.callers import LiveCallee, LiveCaller, until
from tests.sip.peers import sipp
from tests.sip.proxies import baresip, kamailio
from widget.sip.events import Answered, Confirmed, Failed, FailureCause, HungUp, MediaChanged, Rejected, Ringing
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import answer_offer, make_offer, read_answer
from widget.sip.registration import RegistrationState

OFFER = make_offer(host="127.0.0.1", port=40_000, codecs=["PCMU", "PCMA"], session_id=1)


@pytest.fixture
async def caller() -> AsyncIterator[LiveCaller]:
    live = LiveCaller()
    await live.start()
    yield live
    await live.close()


def folder(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir()
    return path


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_call_through_an_authenticating_proxy(caller: LiveCaller, tmp_path: Path, algorithm: str) -> None:
    async with (
        sipp("answer_behind_proxy", folder(tmp_path, "sipp")) as callee,
        kamailio(folder(tmp_path, "kamailio"), callee=callee.port, algorithm=algorithm) as proxy,
    ):
        caller.dial(proxy.port)
        await caller.heard(Answered)
        caller.call.hang_up()
        assert await caller.ended() == HungUp(local=True)
        assert await callee.finished() == 0, callee.output()


async def test_wrong_password_is_a_failure_of_authentication(caller: LiveCaller, tmp_path: Path) -> None:
    async with kamailio(folder(tmp_path, "kamailio"), callee=9, password="another") as proxy:
        caller.dial(proxy.port)
        assert await caller.ended() == Failed(FailureCause.AUTHENTICATION)


async def test_cancel_through_the_proxy(caller: LiveCaller, tmp_path: Path) -> None:
    async with (
        baresip(folder(tmp_path, "baresip"), answers=False) as telephone,
        kamailio(folder(tmp_path, "kamailio"), callee=telephone.peer.port) as proxy,
    ):
        caller.dial(proxy.port, sdp=OFFER)
        await caller.heard(Ringing)
        caller.call.hang_up()
        assert await caller.ended() == Rejected(487, "Request Terminated")


async def test_registration_at_the_proxy(caller: LiveCaller, tmp_path: Path) -> None:
    async with kamailio(folder(tmp_path, "kamailio"), callee=9) as proxy:
        trunk = caller.trunk(proxy.port, registers=True)
        caller.agent.add_trunk(trunk)
        await until(lambda: caller.agent.registration_state(trunk.id) is RegistrationState.REGISTERED)
        await caller.close()


async def test_baresip_answers_through_the_proxy_and_hangs_up(caller: LiveCaller, tmp_path: Path) -> None:
    async with (
        baresip(folder(tmp_path, "baresip")) as telephone,
        kamailio(folder(tmp_path, "kamailio"), callee=telephone.peer.port) as proxy,
    ):
        caller.dial(proxy.port, sdp=OFFER)
        answered = await caller.heard(Answered)
        assert isinstance(answered, Answered)
        assert read_answer(answered.sdp, codecs=["PCMU", "PCMA"]).codec == "PCMU"
        await telephone.command("hangup")
        assert isinstance(await caller.ended(), HungUp)


def accept(change: MediaChanged) -> None:
    answer, _ = answer_offer(change.sdp, host="127.0.0.1", port=40_000, codecs=["PCMU"], session_id=1, version=2)
    change.answer(answer)


async def test_baresip_holds_and_resumes(caller: LiveCaller, tmp_path: Path) -> None:
    async with baresip(folder(tmp_path, "baresip")) as telephone:
        caller.decide = accept
        caller.dial(telephone.peer.port, sdp=OFFER)
        await caller.heard(Answered)
        await telephone.command("hold")
        held = await caller.heard(MediaChanged)
        await telephone.command("resume")
        resumed = await caller.heard(MediaChanged)
        caller.call.hang_up()
        assert await caller.ended() == HungUp(local=True)
    assert isinstance(held, MediaChanged)
    assert isinstance(resumed, MediaChanged)
    assert not read_answer(held.sdp, codecs=["PCMU"]).receives
    assert read_answer(resumed.sdp, codecs=["PCMU"]).receives


async def test_baresip_calls_us(tmp_path: Path) -> None:
    def answer(call: IncomingCall) -> None:
        call.ring()
        call.answer(answer_offer(call.sdp, host="127.0.0.1", port=40_000, codecs=["PCMU"], session_id=1, version=1)[0])

    callee = LiveCallee()
    callee.decide = answer
    await callee.start()
    try:
        async with baresip(folder(tmp_path, "baresip")) as telephone:
            await telephone.command("dial", f"sip:100@127.0.0.1:{callee.agent.address[1]}")
            await until(lambda: Confirmed() in callee.events)
            callee.calls[0].hang_up()
            await until(lambda: HungUp(local=True) in callee.events)
            assert callee.calls[0].number == "100"
    finally:
        await callee.close()
