"""Calls through two record-routing Kamailios, the first of which asks for credentials, to baresip and back."""

import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sip.callers import LiveCallee, LiveCaller, until
from tests.sip.matrix.case import EVERYWHERE, IDENTITY, TRUST
from tests.sip.proxies import Telephone, baresip
from tests.sip.two_hops import Way, two_hops
from tests.sip.voice import Voice, voice
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, Confirmed, HungUp
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import answer_offer, make_offer, read_answer
from widget.sip.trunk import Transport, Trunk

LOUD = 4_000
SPOKEN = 50
HEARD = 10


@pytest.fixture
async def ours() -> AsyncIterator[Voice]:
    async with voice() as one:
        yield one


def trunk(port: int, transport: Transport) -> Trunk:
    return Trunk(
        id=1,
        host="127.0.0.1",
        port=port,
        transport=transport,
        username="joe",
        password="s3cret",
        realm="carrier.example",
        tls=TRUST,
    )


def has_heard(telephone: Telephone) -> bool:
    """Whether what the telephone decoded was loud for a tenth of a second."""
    (recording,) = telephone.peer.folder.glob("dump-*-dec.wav")
    with wave.open(str(recording)) as sound:
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
    return sum(abs(sample) > LOUD for sample in samples) > 800


def folder(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir()
    return path


@pytest.mark.parametrize("transport", EVERYWHERE, ids=lambda each: each.value)
async def test_we_call_through_two_proxies(ours: Voice, tmp_path: Path, transport: Transport) -> None:
    way = Way(transport, IDENTITY)
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1", tls=IDENTITY, tls_port=0))
    await caller.start()
    try:
        async with (
            baresip(folder(tmp_path, "baresip"), identity=IDENTITY) as telephone,
            two_hops(tmp_path, way, target=way.port(telephone.peer.port)) as first,
        ):
            offer = make_offer(host="127.0.0.1", port=ours.port, codecs=["PCMU"], session_id=1)
            caller.dial(0, sdp=offer, trunk=trunk(first, transport))
            answered = await caller.heard(Answered)
            assert isinstance(answered, Answered)
            theirs = read_answer(answered.sdp, codecs=["PCMU"])
            await ours.speak(theirs.host, theirs.port, SPOKEN)
            await until(lambda: ours.heard > HEARD)
            caller.call.hang_up()
            assert await caller.ended() == HungUp(local=True)
            await telephone.peer.said("session closed")
        assert has_heard(telephone)
    finally:
        await caller.close()


@pytest.mark.parametrize("transport", EVERYWHERE, ids=lambda each: each.value)
async def test_we_are_called_through_two_proxies(ours: Voice, tmp_path: Path, transport: Transport) -> None:
    way = Way(transport, IDENTITY)
    callee = LiveCallee(UserAgentConfig(host="127.0.0.1", tls=IDENTITY, tls_port=0))

    def answer(call: IncomingCall) -> None:
        call.ring()
        call.answer(
            answer_offer(call.sdp, host="127.0.0.1", port=ours.port, codecs=["PCMU"], session_id=1, version=1)[0]
        )

    callee.decide = answer
    await callee.start()
    port = callee.agent.tls_port if transport is Transport.TLS else callee.agent.address[1]
    account = ";auth_user=joe;auth_pass=s3cret"
    try:
        async with (
            two_hops(tmp_path, way, target=port) as first,
            baresip(folder(tmp_path, "baresip"), account=account, identity=IDENTITY) as telephone,
        ):
            callee.agent.add_trunk(trunk(first, transport))
            await telephone.command("dial", f"sip:100@127.0.0.1:{first};transport={transport.value.lower()}")
            await until(lambda: Confirmed() in callee.events)
            theirs = read_answer(callee.calls[0].sdp, codecs=["PCMU"])
            await ours.speak(theirs.host, theirs.port, SPOKEN)
            await until(lambda: ours.heard > HEARD)
            callee.calls[0].hang_up()
            await until(lambda: HungUp(local=True) in callee.events)
            await telephone.peer.said("session closed")
        assert has_heard(telephone)
    finally:
        await callee.close()
