"""The audio of one call without SIP: offers and answers in, packets out."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.simulator.peer import RtpPeer
from widget.media import dtmf
from widget.media.rtp import RtpHeader
from widget.simulator import audio
from widget.simulator import conversation as conversation_module
from widget.simulator.changes import Changes
from widget.simulator.conversation import PROGRAMS, Conversation, ringback
from widget.simulator.numbers import Behaviour
from widget.sip.offer_answer import OfferAnswerError, make_offer, read_answer

BOTH = ("PCMU", "PCMA")


@pytest.fixture
async def peer() -> AsyncIterator[RtpPeer]:
    async with RtpPeer() as peer:
        yield peer


@pytest.fixture
async def conversation() -> AsyncIterator[Conversation]:
    conversation = Conversation(codecs=BOTH, changes=Changes(), label="test")
    await conversation.open("127.0.0.1")
    yield conversation
    conversation.close()
    await asyncio.sleep(0)


def offer(peer: RtpPeer, *codecs: str) -> str:
    return make_offer(host="127.0.0.1", port=peer.port, codecs=codecs, session_id=1)


async def test_another_codec_goes_on_in_the_same_stream(conversation: Conversation, peer: RtpPeer) -> None:
    conversation.play(PROGRAMS[Behaviour.ECHO])
    conversation.answer(offer(peer, "PCMU"))
    (before, payload), *_ = await peer.wait_for(1)
    assert payload == b"\xff" * 160
    conversation.answer(offer(peer, "PCMA"))
    after, payload = (await peer.wait_for(len(peer.packets) + 1))[-1]
    assert payload == b"\xd5" * 160
    assert after.payload_type == 8
    assert after.ssrc == before.ssrc
    assert (after.sequence - before.sequence) % 2**16 == len(peer.packets) - 1


async def test_the_same_codec_does_not_start_over(conversation: Conversation, peer: RtpPeer) -> None:
    conversation.play(PROGRAMS[Behaviour.ANNOUNCE])
    conversation.answer(offer(peer, "PCMU"))
    await peer.wait_for(2)
    conversation.answer(offer(peer, "PCMU"))
    packets = await peer.wait_for(5)
    expected = audio.encode("PCMU", audio.announcement())
    assert b"".join(payload for _, payload in packets) == expected[: 5 * 160]


async def test_each_description_has_a_new_version(conversation: Conversation, peer: RtpPeer) -> None:
    answers = [conversation.answer(offer(peer, "PCMU")), conversation.offer(), conversation.answer(offer(peer, "PCMU"))]
    origins = [next(line for line in answer.splitlines() if line.startswith("o=")).split() for answer in answers]
    assert [origin[2] for origin in origins] == ["1", "2", "3"]
    assert len({origin[1] for origin in origins}) == 1


async def test_a_refused_offer_changes_nothing(conversation: Conversation, peer: RtpPeer) -> None:
    conversation.play(ringback)
    conversation.answer(offer(peer, "PCMU"))
    with pytest.raises(OfferAnswerError):
        conversation.answer("v=0\r\nm=audio 0 RTP/AVP 0\r\n")
    sent = len(peer.packets)
    assert len(await peer.wait_for(sent + 2)) == sent + 2


async def test_our_offer_can_be_answered(conversation: Conversation, peer: RtpPeer) -> None:
    ours = read_answer(conversation.offer(), codecs=BOTH)
    assert (ours.host, ours.sends, ours.receives) == ("127.0.0.1", True, True)
    conversation.play(ringback)
    conversation.accept(offer(peer, "PCMA"))
    (header, _), *_ = await peer.wait_for(1)
    assert header.payload_type == 8


async def test_digits_are_noted_whatever_is_played(conversation: Conversation, peer: RtpPeer) -> None:
    conversation.play(PROGRAMS[Behaviour.ECHO])
    conversation.answer(offer(peer, "PCMU"))
    press(conversation, "4", timestamp=1)
    press(conversation, "2", timestamp=2)
    assert conversation.digits == "42"


async def test_digits_are_limited(conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation_module, "MAX_DIGITS", 3)
    for timestamp in range(5):
        press(conversation, "1", timestamp=timestamp)
    assert conversation.digits == "111"


def press(conversation: Conversation, digit: str, *, timestamp: int) -> None:
    header = RtpHeader(payload_type=101, sequence=timestamp, timestamp=timestamp, ssrc=1)
    for event in dtmf.press(digit, duration=480, step=160):
        conversation.event_heard(header, dtmf.pack(event))
