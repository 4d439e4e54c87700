"""Every scripted number, called by our own user agent over loopback UDP, with real RTP."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.simulator.caller import calling, calling_at
from tests.simulator.goertzel import pressed_key, strength
from tests.simulator.peer import RtpPeer
from widget.media import dtmf
from widget.simulator import audio
from widget.simulator.call import CallEnd
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.config import ALGORITHMS, CarrierConfig
from widget.sip.events import Answered, Failed, FailureCause, HungUp, Progress, Rejected, Ringing

QUIET = b"\xff" * 160


@pytest.fixture
async def carrier() -> AsyncIterator[SimulatedCarrier]:
    async with SimulatedCarrier(CarrierConfig(time_scale=0.05)) as carrier:
        yield carrier


def speech(count: int) -> list[bytes]:
    """Packets that cannot be confused with each other, nor with silence."""
    return [bytes([number]) * 160 for number in range(count)]


async def talk(peer: RtpPeer, address: tuple[str, int], payloads: list[bytes]) -> None:
    """One packet for each received, so that the far end's clock paces ours."""
    for payload in payloads:
        await peer.wait_for(len(peer.packets) + 1)
        peer.send(address, payload)


async def echo_of(peer: RtpPeer, payloads: list[bytes]) -> list[bytes]:
    """What came back that was not silence, once there is as much of it as was said."""
    while True:
        heard = [payload for _, payload in peer.packets if payload != QUIET]
        if len(heard) >= len(payloads):
            return heard
        await peer.wait_for(len(peer.packets) + 1)


async def test_0100_rings_answers_and_echoes(carrier: SimulatedCarrier) -> None:
    async with calling(carrier, "12025550100") as caller:
        await caller.wait_for(Ringing)
        remote = caller.remote((await caller.wait_for(Answered)).sdp)
        (_, first), *_ = await caller.peer.wait_for(1)
        assert first == QUIET
        await talk(caller.peer, (remote.host, remote.port), speech(10))
        assert await echo_of(caller.peer, speech(10)) == speech(10)
        call = await carrier.wait_for_call("12025550100")
        assert call.live
        caller.call.hang_up()
        await call.wait_ended()
        assert call.end is CallEnd.CALLER_HUNG_UP
        assert (call.number, call.caller, call.call_id) == ("12025550100", "1001", caller.call_id)
        assert call.answered_at is not None
        assert call.ended_at is not None
        assert call.started_at < call.answered_at < call.ended_at
        assert call.counters.received_packets == 10
        assert call.counters.lost_packets == call.counters.strays == 0


async def test_0101_plays_the_announcement_and_hangs_up(carrier: SimulatedCarrier) -> None:
    async with calling(carrier, "12025550101") as caller:
        await caller.wait_for(Answered)
        assert not (await caller.wait_for(HungUp)).local
        played = b"".join(payload for _, payload in caller.peer.packets)
        assert played == audio.encode("PCMU", audio.announcement())
        assert (await carrier.wait_for_call("12025550101")).end is CallEnd.CARRIER_HUNG_UP


@pytest.mark.parametrize(
    ("number", "code", "phrase", "rings"),
    [
        ("12025550102", 486, "Busy Here", False),
        ("12025550104", 603, "Decline", True),
        ("12025550108", 503, "Service Unavailable", False),
        ("12025550109", 404, "Not Found", False),
    ],
)
async def test_refusals(carrier: SimulatedCarrier, number: str, code: int, phrase: str, *, rings: bool) -> None:
    async with calling(carrier, number) as caller:
        rejected = await caller.wait_for(Rejected)
        assert (rejected.code, rejected.phrase) == (code, phrase)
        assert ("Ringing" in caller.kinds()) is rings
        call = await carrier.wait_for_call(number)
        assert (call.end, call.response_code) == (CallEnd.REFUSED, code)


async def test_0103_rings_until_the_caller_gives_up(carrier: SimulatedCarrier) -> None:
    async with calling(carrier, "12025550103") as caller:
        await caller.wait_for(Ringing)
        call = await carrier.wait_for_call("12025550103")
        caller.call.hang_up()
        assert (await caller.wait_for(Rejected)).code == 487
        await call.wait_ended()
        assert call.end is CallEnd.CANCELLED
        assert call.answered_at is None


async def test_0105_plays_ringback_before_it_answers() -> None:
    async with (
        SimulatedCarrier(CarrierConfig(time_scale=0.15)) as carrier,
        calling(carrier, "12025550105") as caller,
    ):
        progress = await caller.wait_for(Progress)
        assert progress.code == 183
        assert progress.sdp is not None
        packets = await caller.peer.wait_for(10)
        samples = audio.decode("PCMU", b"".join(payload for _, payload in packets))
        assert strength(samples, 440) > 1000
        assert strength(samples, 480) > 1000
        answered = await caller.wait_for(Answered)
        assert answered.sdp == progress.sdp
        assert caller.kinds().index("Progress") < caller.kinds().index("Answered")
        remote = caller.remote(answered.sdp)
        while caller.peer.packets[-1][1] != QUIET:
            await caller.peer.wait_for(len(caller.peer.packets) + 1)
        before = len(caller.peer.packets)
        await talk(caller.peer, (remote.host, remote.port), speech(5))
        while speech(5)[-1] not in [payload for _, payload in caller.peer.packets[before:]]:
            await caller.peer.wait_for(len(caller.peer.packets) + 1)
        assert {header.ssrc for header, _ in caller.peer.packets} == {packets[0][0].ssrc}


async def test_0105_cancelled_during_early_media_stops_playing() -> None:
    async with SimulatedCarrier() as carrier, calling(carrier, "12025550105") as caller:
        await caller.peer.wait_for(3)
        call = await carrier.wait_for_call("12025550105")
        caller.call.hang_up()
        assert (await caller.wait_for(Rejected)).code == 487
        await call.wait_ended()
        assert call.end is CallEnd.CANCELLED
        assert call.counters.sent_packets >= 3


async def test_0106_hangs_up_by_itself(carrier: SimulatedCarrier) -> None:
    async with calling(carrier, "12025550106") as caller:
        await caller.wait_for(Answered)
        assert not (await caller.wait_for(HungUp)).local
        call = await carrier.wait_for_call("12025550106")
        assert call.end is CallEnd.CARRIER_HUNG_UP


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_0107_plays_back_each_digit(carrier: SimulatedCarrier, codec: str) -> None:
    async with calling(carrier, "12025550107", codecs=[codec]) as caller:
        remote = caller.remote((await caller.wait_for(Answered)).sdp)
        assert remote.dtmf_payload_type is not None
        for press, digit in enumerate("5#"):
            for event in dtmf.press(digit, duration=800, step=160):
                caller.peer.send(
                    (remote.host, remote.port),
                    dtmf.pack(event),
                    payload_type=remote.dtmf_payload_type,
                    timestamp=5000 * (press + 1),
                )
        call = await carrier.wait_for_call("12025550107")
        await call.wait_until(lambda: len(call.digits) == 2)
        assert call.digits == "5#"
        tones = await loud_samples(caller.peer, codec, 2 * 1600)
        assert pressed_key(tones[:1600], audio.DIGIT_FREQUENCIES) == "5"
        assert pressed_key(tones[1600:3200], audio.DIGIT_FREQUENCIES) == "#"


async def loud_samples(peer: RtpPeer, codec: str, count: int) -> audio.Samples:
    """So many samples from packets that are not silence."""
    while True:
        packets = [payload for _, payload in peer.packets if payload != audio.SILENCE[codec] * 160]
        if 160 * len(packets) >= count:
            return audio.decode(codec, b"".join(packets))
        await peer.wait_for(len(peer.packets) + 1)


async def test_0110_gives_no_response_at_all(carrier: SimulatedCarrier) -> None:
    async with calling(carrier, "12025550110", first_response_seconds=0.8) as caller:
        assert (await caller.wait_for(Failed)).cause is FailureCause.NO_RESPONSE
        assert caller.kinds() == ["Failed"]
        assert (await carrier.wait_for_call("12025550110")).end is CallEnd.IGNORED
        assert len(carrier.calls) == 1


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_0111_answers_who_authenticates(algorithm: str) -> None:
    config = CarrierConfig(time_scale=0.05, algorithm=algorithm, username="alice", password="secret")
    async with SimulatedCarrier(config) as carrier, calling(carrier, "12025550111") as caller:
        remote = caller.remote((await caller.wait_for(Answered)).sdp)
        await talk(caller.peer, (remote.host, remote.port), speech(3))
        assert await echo_of(caller.peer, speech(3)) == speech(3)
        assert len(carrier.calls) == 1


async def test_0111_refuses_wrong_credentials(carrier: SimulatedCarrier) -> None:
    trunk = replace(carrier.trunk(), password="wrong")
    async with calling_at(trunk, "12025550111") as caller:
        assert (await caller.wait_for(Failed)).cause is FailureCause.AUTHENTICATION
        assert "Ringing" not in caller.kinds()


async def test_any_other_number_rings_and_echoes(carrier: SimulatedCarrier) -> None:
    async with calling(carrier, "+4930123456") as caller:
        await caller.wait_for(Ringing)
        remote = caller.remote((await caller.wait_for(Answered)).sdp)
        await talk(caller.peer, (remote.host, remote.port), speech(3))
        assert await echo_of(caller.peer, speech(3)) == speech(3)


async def test_a_plus_sign_reaches_the_same_script(carrier: SimulatedCarrier) -> None:
    async with calling(carrier, "+12025550102") as caller:
        assert (await caller.wait_for(Rejected)).code == 486
        assert (await asyncio.wait_for(carrier.wait_for_call("12025550102"), 5)).number == "+12025550102"
