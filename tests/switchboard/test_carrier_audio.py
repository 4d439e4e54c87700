"""A call's audio between a real SIP telephone and a browser peer, encrypted and in wide band, heard on both sides."""

import asyncio
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.media.browser_peer import BrowserPeer
from tests.media.media_bench import MediaBench
from tests.sip.callers import LiveCallee, LiveCaller, until
from tests.sip.proxies import Telephone, baresip
from tests.switchboard.voice import LOUD, Decoder, encoded
from widget.media.config import MediaConfig
from widget.media.errors import MediaError, MediaFailure
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, Confirmed, HungUp
from widget.sip.offer_answer import OfferAnswerError, make_offer
from widget.sip.trunk import Trunk
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.route import Route, TrunkAudio

LEG = "0123456789abcdef"
HEARD_PACKETS = 40
CASES = [
    ("PCMU", "PCMU/8000/1", "off"),
    ("PCMU", "PCMU/8000/1", "required"),
    ("G722", "G722/16000/1", "optional"),
    ("opus", "opus/48000/2", "required"),
]
#: What the browser alone speaks, and the telephone.
TRANSCODED = [
    ("PCMU", "G722", "G722/16000/1"),
    ("PCMU", "opus", "opus/48000/2"),
    ("opus", "G722", "G722/16000/1"),
]


@pytest.fixture
async def bench() -> AsyncIterator[MediaBench]:
    bench = MediaBench()
    await bench.service.start()
    try:
        async with bench.peers:
            yield bench
    finally:
        await bench.service.close()


def audio_of(bench: MediaBench, codec: str, srtp: str) -> CarrierAudio:
    """The telephone names the address of its host's network, and sends from loopback: as behind NAT."""
    wishes = TrunkAudio(srtp=srtp, latches=True)
    route = Route(trunk=Trunk(id=1, host="127.0.0.1"), codecs=(codec,), caller="200", audio=wishes)
    return CarrierAudio.on(route, leg=LEG, media=bench.service, browser_leg="browser")


async def talk(browser: BrowserPeer, codec: str, payload_type: int) -> None:
    """Speak a tone in real time until cancelled."""
    for number, (payload, timestamp) in enumerate(encoded(codec)):
        await browser.send(payload, sequence=number & 0xFFFF, timestamp=timestamp, payload_type=payload_type)
        await asyncio.sleep(0.02)


async def heard(browser: BrowserPeer, codec: str) -> int:
    """How loud the telephone's tone is in what the browser gets."""
    decoder, loudest = Decoder(codec), 0
    for _ in range(HEARD_PACKETS):
        _, payload = await browser.receive()
        loudest = max(loudest, decoder.loudness(payload))
    return loudest


def recorded(telephone: Telephone) -> int:
    """How many samples of what the telephone decoded are loud."""
    (recording,) = telephone.peer.folder.glob("dump-*-dec.wav")
    with wave.open(str(recording)) as sound:
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
    return sum(abs(sample) > LOUD for sample in samples)


async def conversation(bench: MediaBench, audio: CarrierAudio, browser: BrowserPeer, codec: str) -> None:
    await audio.bridge("browser")
    number = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 96}[codec]
    talking = asyncio.create_task(talk(browser, codec, number))
    try:
        assert await heard(browser, codec) > LOUD
    finally:
        talking.cancel()


@pytest.mark.parametrize(("codec", "theirs", "srtp"), CASES)
async def test_we_call_a_telephone(bench: MediaBench, tmp_path: Path, codec: str, theirs: str, srtp: str) -> None:
    browser = await bench.browser(codecs=[codec], is_wide=True)
    audio = audio_of(bench, codec, srtp)
    await audio.open("127.0.0.1")
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"))
    await caller.start()
    mode = {"off": "", "optional": ";mediaenc=srtp", "required": ";mediaenc=srtp-mand"}[srtp]
    try:
        async with baresip(tmp_path, account=mode, codecs=theirs) as telephone:
            caller.dial(telephone.peer.port, sdp=audio.offer())
            answered = await caller.heard(Answered)
            assert isinstance(answered, Answered)
            await audio.accept(answered.sdp)
            assert audio.remote is not None
            assert (audio.remote.security is not None) == (srtp != "off")
            await conversation(bench, audio, browser, codec)
            caller.call.hang_up()
            await caller.ended()
            await telephone.peer.said("session closed")
        assert recorded(telephone) > 800
    finally:
        await caller.close()


@pytest.mark.parametrize(("codec", "theirs", "srtp"), CASES)
async def test_a_telephone_calls_us(bench: MediaBench, tmp_path: Path, codec: str, theirs: str, srtp: str) -> None:
    browser = await bench.browser(codecs=[codec], is_wide=True)
    audio = audio_of(bench, codec, srtp)
    await audio.open("127.0.0.1")
    callee = LiveCallee(UserAgentConfig(host="127.0.0.1"))
    callee.decide = lambda call: call.ring()
    await callee.start()
    mode = {"off": "", "optional": ";mediaenc=srtp", "required": ";mediaenc=srtp-mand"}[srtp]
    port = callee.agent.address[1]
    try:
        async with baresip(tmp_path, account=mode, codecs=theirs) as telephone:
            await telephone.command("dial", f"sip:100@127.0.0.1:{port}")
            await until(lambda: bool(callee.calls))
            callee.calls[0].answer(await audio.answer(callee.calls[0].sdp))
            await until(lambda: Confirmed() in callee.events)
            await conversation(bench, audio, browser, codec)
            callee.calls[0].hang_up()
            await until(lambda: HungUp(local=True) in callee.events)
            await telephone.peer.said("session closed")
        assert recorded(telephone) > 800
    finally:
        await callee.close()


@pytest.mark.parametrize(("spoken", "codec", "theirs"), TRANSCODED)
async def test_a_telephone_with_another_codec_is_called_and_calls(
    bench: MediaBench, tmp_path: Path, spoken: str, codec: str, theirs: str
) -> None:
    """Both hear the other, through the transcoder."""
    browser = await bench.browser(codecs=[spoken], is_wide=True)
    audio = audio_of(bench, codec, "off")
    await audio.open("127.0.0.1")
    caller = LiveCaller(UserAgentConfig(host="127.0.0.1"))
    await caller.start()
    try:
        async with baresip(tmp_path, codecs=theirs) as telephone:
            caller.dial(telephone.peer.port, sdp=audio.offer())
            answered = await caller.heard(Answered)
            assert isinstance(answered, Answered)
            await audio.accept(answered.sdp)
            await conversation(bench, audio, browser, spoken)
            assert bench.service.transcoding.statistics().calls == 1
            caller.call.hang_up()
            await caller.ended()
            await telephone.peer.said("session closed")
        assert recorded(telephone) > 800
    finally:
        await caller.close()


async def test_what_passes_is_offered_before_what_must_be_transcoded(bench: MediaBench) -> None:
    await bench.browser(codecs=["PCMA"])
    route = Route(trunk=Trunk(id=1, host="127.0.0.1"), codecs=("opus", "PCMU", "G722", "PCMA"), caller="200")
    audio = CarrierAudio.on(route, leg=LEG, media=bench.service, browser_leg="browser")
    assert audio.codecs == ("PCMU", "PCMA", "opus", "G722")
    await audio.open("127.0.0.1")
    for leg in range(MediaConfig().max_transcoded_calls):
        bench.service.transcoding.admit(str(leg))
    crowded = CarrierAudio.on(route, leg="fedcba9876543210", media=bench.service, browser_leg="browser")
    await crowded.open("127.0.0.1")
    assert crowded.codecs == ("PCMU", "PCMA")


async def test_a_call_past_the_limit_of_transcoded_ones_is_refused_before_anything_leaves(bench: MediaBench) -> None:
    await bench.browser(codecs=["PCMA"])
    for leg in range(MediaConfig().max_transcoded_calls):
        bench.service.transcoding.admit(str(leg))
    with pytest.raises(MediaError) as caught:
        await audio_of(bench, "opus", "off").open("127.0.0.1")
    assert caught.value.failure is MediaFailure.TOO_MANY_TRANSCODED


async def test_codecs_that_nobody_knows_are_refused_before_anything_leaves(bench: MediaBench) -> None:
    await bench.browser(codecs=["PCMA"])
    with pytest.raises(MediaError) as caught:
        await audio_of(bench, "G729", "off").open("127.0.0.1")
    assert caught.value.failure is MediaFailure.NO_COMMON_CODEC


async def test_a_refused_offer_changes_nothing(bench: MediaBench) -> None:
    await bench.browser()
    audio = audio_of(bench, "PCMU", "off")
    await audio.open("127.0.0.1")
    plain = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP {}\r\n"
    await audio.answer(plain.format("0"))
    before = audio.remote, audio.version
    with pytest.raises(OfferAnswerError):
        await audio.answer(plain.format("18"))
    with pytest.raises(MediaError):
        await audio.answer(plain.format("0").replace("127.0.0.1", "::1").replace("IP4", "IP6"))
    assert (audio.remote, audio.version) == before


class Dialog:
    """What was offered in it."""

    def __init__(self) -> None:
        self.offered: list[str] = []

    def change_media(self, sdp: str) -> None:
        self.offered.append(sdp)


def sharing(bench: MediaBench, leg: str) -> CarrierAudio:
    route = Route(
        trunk=Trunk(id=1, host="127.0.0.1"), codecs=("PCMU",), caller="200", audio=TrunkAudio(shares_port=True)
    )
    return CarrierAudio.on(route, leg=leg, media=bench.service)


def from_far_end(port: int) -> str:
    return make_offer(host="127.0.0.1", port=port, codecs=("PCMU",), session_id=1)


async def test_calls_of_a_symmetric_carrier_share_a_port(bench: MediaBench) -> None:
    first, second = sharing(bench, LEG), sharing(bench, LEG[::-1])
    for audio, port in ((first, 40000), (second, 40002)):
        await audio.open("127.0.0.1")
        audio.offer()
        await audio.accept(from_far_end(port))
    assert first.port == second.port
    assert not second.has_moved


async def test_a_second_call_at_one_address_tells_the_far_end_of_a_port_of_its_own(bench: MediaBench) -> None:
    first, second, dialog = sharing(bench, LEG), sharing(bench, LEG[::-1]), Dialog()
    for audio in (first, second):
        await audio.open("127.0.0.1")
        audio.offer()
        await audio.accept(from_far_end(40000))
        audio.tell_move(dialog)
    assert first.port != second.port
    (offered,) = dialog.offered
    assert f"m=audio {second.port} " in offered
    assert not second.has_moved


async def test_a_second_caller_at_one_address_is_answered_with_a_port_of_its_own(bench: MediaBench) -> None:
    first, second = sharing(bench, LEG), sharing(bench, LEG[::-1])
    for audio in (first, second):
        await audio.open("127.0.0.1")
        answer = await audio.answer(from_far_end(40000))
        assert f"m=audio {audio.port} " in answer
    assert first.port != second.port
