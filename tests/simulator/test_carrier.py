"""The carrier around its scripts: codecs, recordings, limits, stopping, and the hooks for tests."""

import wave
from array import array
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.simulator.caller import calling, calling_at
from tests.sip.callers import until
from tests.sip.certificates import Authority
from widget.simulator import audio
from widget.simulator.call import CallEnd, name_of
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.config import CarrierConfig
from widget.simulator.conversation import PROGRAMS
from widget.simulator.numbers import Behaviour, Scenario
from widget.simulator.rtp_endpoint import RtpEndpoint
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, HungUp, Rejected, Ringing, SipEvent, TransferDone, TransferFailed
from widget.sip.registration import RegistrationState
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport
from widget.sip.user_agent import UserAgent

FAST = 0.05


async def test_the_callers_order_of_codecs_wins() -> None:
    async with (
        SimulatedCarrier(CarrierConfig(time_scale=FAST)) as carrier,
        calling(carrier, "12025550100", codecs=("PCMA", "PCMU")) as caller,
    ):
        assert caller.remote((await caller.wait_for(Answered)).sdp).codec == "PCMA"
        (header, payload), *_ = await caller.peer.wait_for(1)
        assert (header.payload_type, payload) == (8, b"\xd5" * 160)


async def test_codecs_can_be_restricted() -> None:
    async with (
        SimulatedCarrier(CarrierConfig(time_scale=FAST, codecs=("PCMA",))) as carrier,
        calling(carrier, "12025550100") as caller,
    ):
        assert caller.remote((await caller.wait_for(Answered)).sdp).codec == "PCMA"


async def test_no_codec_in_common_is_488() -> None:
    async with (
        SimulatedCarrier(CarrierConfig(time_scale=FAST, codecs=("PCMA",))) as carrier,
        calling(carrier, "12025550100", codecs=("PCMU",)) as caller,
    ):
        assert (await caller.wait_for(Rejected)).code == 488
        assert carrier.calls[0].end is CallEnd.REFUSED


async def test_what_was_heard_and_sent_is_recorded(tmp_path: Path) -> None:
    said = audio.tone((300, 1100), 0.2)
    packets = audio.encode("PCMU", said)
    config = CarrierConfig(time_scale=FAST, record_directory=tmp_path)
    async with SimulatedCarrier(config) as carrier, calling(carrier, "12025550100") as caller:
        remote = caller.remote((await caller.wait_for(Answered)).sdp)
        for start in range(0, len(packets), 160):
            await caller.peer.wait_for(len(caller.peer.packets) + 1)
            caller.peer.send((remote.host, remote.port), packets[start : start + 160])
        call = await carrier.wait_for_call("12025550100")
        await call.wait_until(lambda: call.counters.received_packets == 10)
        caller.call.hang_up()
        await call.wait_ended()
    assert call.recording == tmp_path / f"{caller.call_id}.wav"
    assert call.sent_recording == tmp_path / f"{caller.call_id}-sent.wav"
    assert read(call.recording) == audio.decode("PCMU", packets)
    assert len(read(call.sent_recording)) == 160 * call.counters.sent_packets


def read(path: Path) -> audio.Samples:
    with wave.open(str(path)) as file:
        return array("h", file.readframes(file.getnframes()))


async def test_stopping_hangs_up_what_is_up() -> None:
    async with SimulatedCarrier(CarrierConfig(time_scale=FAST)) as carrier, calling(carrier, "12025550100") as caller:
        await caller.wait_for(Answered)
        await carrier.stop()
        assert not (await caller.wait_for(HungUp)).local
        assert carrier.live_calls == ()
        assert carrier.calls[0].end is CallEnd.CARRIER_HUNG_UP


async def test_stopping_refuses_what_rings() -> None:
    async with SimulatedCarrier(CarrierConfig(time_scale=FAST)) as carrier, calling(carrier, "12025550103") as caller:
        await caller.wait_for(Ringing)
        await carrier.stop()
        assert (await caller.wait_for(Rejected)).code == 480


async def test_too_many_calls_get_503() -> None:
    async with (
        SimulatedCarrier(CarrierConfig(time_scale=FAST, call_limit=1)) as carrier,
        calling(carrier, "12025550103") as first,
    ):
        await first.wait_for(Ringing)
        async with calling(carrier, "12025550100") as second:
            assert (await second.wait_for(Rejected)).code == 503
        assert len(carrier.live_calls) == 1


async def test_a_test_hangs_up_from_the_far_end() -> None:
    async with SimulatedCarrier(CarrierConfig(time_scale=FAST)) as carrier, calling(carrier, "12025550100") as caller:
        call = await carrier.wait_for_call("+12025550100")
        await call.wait_answered()
        await caller.wait_for(Answered)
        call.hang_up()
        call.hang_up()
        await caller.wait_for(HungUp)
        assert call.end is CallEnd.CARRIER_HUNG_UP


async def test_numbers_can_be_replaced() -> None:
    numbers = MappingProxyType({"7": Scenario(number="7", summary="answers at once", ring_seconds=0)})
    async with SimulatedCarrier(CarrierConfig(numbers=numbers)) as carrier, calling(carrier, "7") as caller:
        await caller.wait_for(Answered)
        assert "Ringing" not in caller.kinds()


async def test_the_history_is_bounded() -> None:
    config = CarrierConfig(time_scale=FAST, history_limit=2)
    async with SimulatedCarrier(config) as carrier:
        for _ in range(3):
            async with calling(carrier, "12025550102") as caller:
                await caller.wait_for(Rejected)
        assert len(carrier.calls) == 2


@pytest.mark.parametrize(
    ("call_id", "name"),
    [("4f2a-77@host.example", "4f2a-77@host.example"), ("a" * 100, "a" * 100)],
)
def test_an_ordinary_call_id_is_its_own_name(call_id: str, name: str) -> None:
    assert name_of(call_id) == name


@pytest.mark.parametrize("call_id", ["", "../../etc/passwd", "a/b", "a\nb", "..", ".hidden", "é", "a" * 101, "a\\b\0"])
def test_a_hostile_call_id_becomes_a_harmless_name(call_id: str) -> None:
    name = name_of(call_id)
    assert Path(name).name == name
    assert not name.startswith(".")
    assert name.isascii()
    assert name.isprintable()
    assert len(name) <= 113


def test_different_call_ids_keep_different_names() -> None:
    assert len({name_of(call_id) for call_id in ("a/b", "a:b", "a_b", "a" * 101, "a" * 102)}) == 5


async def test_no_socket_for_the_audio_is_503(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(_endpoint: RtpEndpoint, _host: str) -> None:
        raise OSError("Too many open files")

    monkeypatch.setattr(RtpEndpoint, "open", refuse)
    async with SimulatedCarrier(CarrierConfig(time_scale=FAST)) as carrier, calling(carrier, "12025550100") as caller:
        assert (await caller.wait_for(Rejected)).code == 503


async def test_a_fault_in_a_script_is_logged_and_ends_the_call(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delitem(PROGRAMS, Behaviour.ECHO)
    async with SimulatedCarrier(CarrierConfig(time_scale=FAST)) as carrier, calling(carrier, "12025550100") as caller:
        assert (await caller.wait_for(Rejected)).code == 480
        assert f"call={caller.call_id} script failed" in caplog.text


async def test_a_call_can_be_described_in_one_line() -> None:
    async with SimulatedCarrier() as carrier, calling(carrier, "12025550102") as caller:
        await caller.wait_for(Rejected)
        assert repr(carrier.calls[0]) == f"<SimulatedCall {caller.call_id} to 12025550102: refused>"


async def test_a_trunk_registers_and_withdraws() -> None:
    agent = UserAgent(UserAgentConfig(host="127.0.0.1"))
    await agent.start()
    async with SimulatedCarrier() as carrier:
        agent.add_trunk(replace(carrier.trunk(), registers=True))
        assert await carrier.wait_registered("demo") == f"sip:cc@127.0.0.1:{agent.address[1]}"
        await agent.close()
        assert not carrier.registrations


@pytest.mark.parametrize(("username", "password"), [("demo", "guess"), ("other", "demo")])
async def test_a_registration_with_wrong_credentials_is_refused(username: str, password: str) -> None:
    agent = UserAgent(UserAgentConfig(host="127.0.0.1"))
    await agent.start()
    async with SimulatedCarrier() as carrier:
        agent.add_trunk(replace(carrier.trunk(), registers=True, username=username, password=password))
        await until(lambda: agent.registration_state(1) is RegistrationState.REFUSED)
        assert not carrier.registrations
        await agent.close()


@pytest.mark.parametrize(
    ("number", "outcome", "reached"),
    [("12025550100", TransferDone(), "12025550100"), ("12025550102", TransferFailed(486, "Busy Here"), "")],
)
async def test_a_transfer_follows_the_script_of_its_number(number: str, outcome: SipEvent, reached: str) -> None:
    async with (
        SimulatedCarrier(CarrierConfig(time_scale=FAST)) as carrier,
        calling(carrier, "12025550100") as caller,
    ):
        await caller.wait_for(Answered)
        caller.call.transfer(number)
        assert await caller.wait_for(type(outcome)) == outcome
        assert carrier.calls[0].transferred_to == reached
        caller.call.hang_up()
        await caller.wait_for(HungUp)


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS])
async def test_calls_over_connections(transport: Transport) -> None:
    authority = Authority()
    config = CarrierConfig(time_scale=FAST, tls=authority.identity("127.0.0.1"))
    async with SimulatedCarrier(config) as carrier:
        trunk = carrier.trunk(transport=transport, tls=TlsOptions(ca=authority.certificate))
        async with calling_at(trunk, "12025550111") as caller:
            await caller.wait_for(Answered)
        await carrier.calls[0].wait_ended()
        assert carrier.calls[0].end is CallEnd.CALLER_HUNG_UP
