"""Connections that the far end closes at the worst moment: what has to arrive goes over a new one."""

from collections.abc import AsyncIterator

import pytest

from tests.sip.callers import LiveCallee, LiveCaller, until
from tests.sip.raw_stream import RawStream, raw_stream
from tests.sip.virtual import SDP
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, Confirmed, HungUp, Rejected, Ringing
from widget.sip.trunk import Transport, Trunk

LOOPBACK = UserAgentConfig(host="127.0.0.1")


@pytest.fixture
async def far() -> AsyncIterator[RawStream]:
    async with raw_stream() as stream:
        yield stream


@pytest.fixture
async def caller(far: RawStream) -> AsyncIterator[LiveCaller]:
    caller = LiveCaller(LOOPBACK)
    await caller.start()
    caller.dial(0, trunk=Trunk(id=1, host="127.0.0.1", port=far.port, transport=Transport.TCP))
    yield caller
    caller.call.give_up()
    await caller.close()


async def test_the_bye_after_a_reset_opens_a_connection(caller: LiveCaller, far: RawStream) -> None:
    far.reply(await far.request("INVITE"), 200, SDP)
    await caller.heard(Answered)
    await far.request("ACK")
    far.reset()
    caller.call.hang_up()
    far.reply(await far.request("BYE"), 200)
    assert await caller.ended() == HungUp(local=True)
    assert far.connections == 2


async def test_a_bye_whose_connection_is_reset_is_sent_once_more(caller: LiveCaller, far: RawStream) -> None:
    far.reply(await far.request("INVITE"), 200, SDP)
    await caller.heard(Answered)
    await far.request("ACK")
    caller.call.hang_up()
    first = await far.request("BYE")
    far.reset()
    second = await far.request("BYE")
    assert (first.cseq, first.via.branch) != (second.cseq, second.via.branch)
    assert first.cseq == second.cseq
    far.reply(second, 481)
    assert await caller.ended() == HungUp(local=True)


async def test_a_phone_that_rings_is_taken_back_over_a_new_connection(caller: LiveCaller, far: RawStream) -> None:
    invite = await far.request("INVITE")
    far.reply(invite, 180)
    await caller.heard(Ringing)
    far.reset()
    caller.call.hang_up()
    cancel = await far.request("CANCEL")
    assert (cancel.via.branch, cancel.cseq) == (invite.via.branch, invite.cseq)
    far.reply(cancel, 200)
    far.reply(invite, 487)
    assert await caller.ended() == Rejected(487, "X")


async def test_an_answer_may_come_over_a_new_connection(caller: LiveCaller, far: RawStream) -> None:
    invite = await far.request("INVITE")
    far.reply(invite, 180)
    await caller.heard(Ringing)
    far.reset()
    await far.call(caller.agent.address[1])
    await until(lambda: far.connections == 2)
    far.reply(invite, 200, SDP)
    await caller.heard(Answered)
    await far.request("ACK")
    caller.call.hang_up()
    far.reply(await far.request("BYE"), 200)
    assert await caller.ended() == HungUp(local=True)


async def test_our_answer_goes_to_the_callers_own_port_when_its_connection_is_gone(far: RawStream) -> None:
    callee = LiveCallee(LOOPBACK)
    callee.decide = lambda call: call.ring()
    await callee.start()
    await far.call(callee.agent.address[1])
    await until(lambda: far.connections == 1)
    far.write(
        "INVITE sip:100@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/TCP 127.0.0.1:{far.port};branch=z9hG4bKin",
        "From: <sip:200@127.0.0.1>;tag=far",
        "To: <sip:100@127.0.0.1>",
        "Call-ID: inbound",
        "CSeq: 1 INVITE",
        f"Contact: <sip:200@127.0.0.1:{far.port};transport=tcp>",
        "Content-Type: application/sdp",
        body=SDP,
    )
    await far.next("180")
    far.reset()
    callee.calls[0].answer(SDP)
    answered = await far.next("200")
    assert far.connections == 2
    far.write(
        "ACK sip:100@127.0.0.1 SIP/2.0",
        f"Via: SIP/2.0/TCP 127.0.0.1:{far.port};branch=z9hG4bKack",
        "From: <sip:200@127.0.0.1>;tag=far",
        f"To: {answered.header('To')}",
        "Call-ID: inbound",
        "CSeq: 1 ACK",
    )
    await until(lambda: Confirmed() in callee.events)
    callee.calls[0].hang_up()
    far.reply(await far.request("BYE"), 200)
    await until(lambda: HungUp(local=True) in callee.events)
    await callee.close()
