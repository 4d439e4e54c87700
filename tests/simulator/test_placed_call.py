"""Calls that the carrier makes: to a second carrier, which answers by its script."""

from pathlib import Path

import pytest

from tests.simulator.test_command_line import parse, running
from tests.sip.certificates import Authority
from widget.simulator.call import CallEnd
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.config import CallIn, CarrierConfig
from widget.simulator.numbers import Behaviour

FAST = CarrierConfig(time_scale=0.05)


async def test_call_with_audio_until_the_caller_hangs_up() -> None:
    async with SimulatedCarrier(FAST) as here, SimulatedCarrier(FAST) as there:
        placed = await here.call(there.address, "12025550100", caller="4711")
        await placed.wait_answered()
        assert placed.rang
        answered = there.calls[0]
        assert (answered.number, answered.caller) == ("12025550100", "4711")
        await placed.wait_until(lambda: placed.counters.received_packets > 2)
        placed.hang_up()
        await placed.wait_ended()
        await answered.wait_ended()
        assert (placed.end, answered.end) == (CallEnd.CARRIER_HUNG_UP, CallEnd.CALLER_HUNG_UP)


async def test_refused_call_says_with_what() -> None:
    async with SimulatedCarrier(FAST) as here, SimulatedCarrier(FAST) as there:
        placed = await here.call(there.address, "12025550102")
        await placed.wait_ended()
        assert (placed.end, placed.response_code, placed.answered_at) == (CallEnd.REFUSED, 486, None)


async def test_other_side_hangs_up() -> None:
    async with SimulatedCarrier(FAST) as here, SimulatedCarrier(FAST) as there:
        placed = await here.call(there.address, "12025550106")
        await placed.talk()
        assert placed.end is CallEnd.CALLER_HUNG_UP


async def test_a_number_that_calls_back() -> None:
    async with SimulatedCarrier(FAST) as here, SimulatedCarrier(FAST) as there:
        placed = await here.call(there.address, "12025550115", caller="12025550100")
        await placed.wait_ended()
        assert placed.response_code == 486
        back = await here.wait_for_call("12025550100")
        assert back.caller == "12025550115"
        await back.wait_answered()


async def test_announcement_ends_the_call() -> None:
    async with SimulatedCarrier(FAST) as here, SimulatedCarrier(FAST) as there:
        placed = await here.call(there.address, "12025550100", behaviour=Behaviour.ANNOUNCE)
        await placed.talk()
        assert placed.end is CallEnd.CARRIER_HUNG_UP


async def test_stopping_ends_what_was_placed() -> None:
    async with SimulatedCarrier(FAST) as there:
        async with SimulatedCarrier(FAST) as here:
            placed = await here.call(there.address, "12025550103")
            await placed.wait_until(lambda: placed.rang)
        assert not placed.live


async def test_program_calls_again_and_again() -> None:
    async with SimulatedCarrier(FAST) as there:
        host, port = there.address
        options = ("--call-in", "12025550102", "--call-to", f"{host}:{port}", "--every", "0")
        async with running("module", *options):
            first = await there.wait_for_call("12025550102")
            assert (await there.wait_for_call("12025550102")) is not first


def test_options() -> None:
    config = parse("--call-in", "+12025550199", "--call-to", "127.0.0.1:5062", "--every", "5")
    assert config.call_in == CallIn(number="+12025550199", host="127.0.0.1", port=5062, every_seconds=5.0)
    assert parse().call_in is None


@pytest.mark.parametrize("number", ["joe", "1;x=y"])
def test_only_numbers_are_called(number: str) -> None:
    with pytest.raises(ValueError, match="--call-in"):
        parse("--call-in", number)


def test_only_this_machine_is_called_unless_allowed() -> None:
    with pytest.raises(ValueError, match="other machines"):
        parse("--call-in", "1", "--call-to", "192.0.2.1:5060")


def test_certificate_is_read_and_checked(tmp_path: Path) -> None:
    identity = Authority().identity("127.0.0.1")
    (tmp_path / "carrier.pem").write_text(identity.certificate + identity.key)
    config = parse("--tls-certificate", str(tmp_path / "carrier.pem"), "--tls-port", "0")
    assert config.tls is not None
    assert config.tls_port == 0
    (tmp_path / "carrier.pem").write_text("nonsense")
    with pytest.raises(ValueError, match="--tls-certificate"):
        parse("--tls-certificate", str(tmp_path / "carrier.pem"))
