"""Loss and delay on purpose: of the audio by number, of SIP by option; and calls over TCP and TLS."""

import argparse
import random
from pathlib import Path

import pytest

from tests.simulator.test_command_line import parse
from tests.sip.certificates import Authority
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.config import CarrierConfig
from widget.simulator.impairment import GOOD_LINE, Impairment
from widget.simulator.numbers import Behaviour
from widget.sip.timers import Timers
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport

AUTHORITY = Authority()
FAST = CarrierConfig(time_scale=0.05)


def test_a_line_loses_its_share_and_delays_the_rest() -> None:
    line = Impairment(loss=0.25, delay_seconds=0.3, jitter_seconds=0.1)
    chance = random.Random(1)
    fates = [line.lateness(chance) for _ in range(4000)]
    arrived = [fate for fate in fates if fate is not None]
    assert 0.22 < 1 - len(arrived) / len(fates) < 0.28
    assert 0.3 <= min(arrived) < 0.31
    assert 0.39 < max(arrived) <= 0.4
    assert GOOD_LINE.lateness(chance) == 0
    assert GOOD_LINE.is_none
    assert not line.is_none


async def test_a_number_that_loses_audio() -> None:
    async with SimulatedCarrier(FAST) as here, SimulatedCarrier(FAST) as there:
        placed = await here.call(there.address, "12025550113", behaviour=Behaviour.ANNOUNCE)
        await placed.wait_until(lambda: placed.counters.lost_packets > 0)
        assert placed.counters.received_packets > placed.counters.lost_packets


async def test_a_number_that_is_late() -> None:
    async with SimulatedCarrier(FAST) as here, SimulatedCarrier(FAST) as there:
        placed = await here.call(there.address, "12025550114", behaviour=Behaviour.ANNOUNCE)
        await placed.wait_until(lambda: placed.counters.received_packets > 2)


async def test_calls_survive_lost_and_late_signalling() -> None:
    bad = CarrierConfig(
        time_scale=0.05,
        sip_line=Impairment(loss=0.25, delay_seconds=0.01, jitter_seconds=0.01),
        timers=Timers(t1=0.05, t2=0.4, t4=0.5),
    )
    async with SimulatedCarrier(bad) as here, SimulatedCarrier(bad) as there:
        for _ in range(3):
            placed = await here.call(there.address, "12025550100")
            await placed.wait_answered()
            placed.hang_up()
            await placed.wait_ended()
            assert placed.answered_at


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.TLS])
async def test_calls_in_over_connections(transport: Transport) -> None:
    identity = AUTHORITY.identity("127.0.0.1")
    async with (
        SimulatedCarrier(FAST) as here,
        SimulatedCarrier(CarrierConfig(time_scale=0.05, tls=identity)) as there,
    ):
        trunk = there.trunk(transport=transport)
        placed = await here.call(
            (trunk.host, trunk.port), "12025550106", transport=transport, tls=TlsOptions(ca=AUTHORITY.certificate)
        )
        await placed.wait_ended()
        assert placed.answered_at


def test_options(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    text = AUTHORITY.certificate
    authorities.write_text(text)
    config = parse(
        *("--sip-loss", "10", "--sip-delay", "50", "--call-in", "100"),
        *("--call-transport", "tls", "--call-ca", str(authorities)),
    )
    assert config.sip_line == Impairment(loss=0.1, delay_seconds=0.05, jitter_seconds=0.05)
    assert config.call_in
    assert config.call_in.transport is Transport.TLS
    assert config.call_in.tls.ca == text


@pytest.mark.parametrize(
    "wrong",
    [("--sip-loss", "100"), ("--sip-delay", "-1"), ("--call-transport", "pigeon")],
)
def test_options_out_of_range(wrong: tuple[str, ...]) -> None:
    with pytest.raises(argparse.ArgumentError):
        parse(*wrong)


def test_authorities_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--call-ca"):
        parse("--call-in", "1", "--call-ca", str(tmp_path / "none.pem"))
