"""The options, and the program itself as a process of its own."""

import argparse
import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.simulator.caller import calling_at
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.command_line import add_arguments, banner, config_from
from widget.simulator.config import CarrierConfig
from widget.sip.events import Answered, HungUp
from widget.sip.trunk import Trunk

PROGRAMS = {
    "module": ("-m", "widget.simulator"),
    "command": ("manage.py", "simulate_carrier"),
}
ROOT = Path(__file__).resolve().parents[2]


def parse(*arguments: str) -> CarrierConfig:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    return config_from(parser.parse_args(arguments))


def test_defaults() -> None:
    config = parse()
    assert (config.host, config.port, config.codecs) == ("127.0.0.1", 5070, ("PCMU", "PCMA"))
    assert (config.username, config.password, config.algorithm) == ("demo", "demo", "MD5")
    assert config.record_directory is None
    assert config.time_scale == 1


def test_every_option_reaches_the_configuration() -> None:
    config = parse(
        *("--host", "127.0.0.2", "--port", "0", "--record", "heard", "--codecs", "pcma, PCMU", "--time-scale", "0.5"),
        *("--auth-user", "alice", "--auth-password", "secret", "--auth-algorithm", "SHA-256"),
    )
    assert (config.host, config.port, config.codecs) == ("127.0.0.2", 0, ("PCMA", "PCMU"))
    assert (config.username, config.password, config.algorithm) == ("alice", "secret", "SHA-256")
    assert (config.record_directory, config.time_scale) == (Path("heard"), 0.5)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(parse("--auth-password", "secret"))


@pytest.mark.parametrize(("host", "address"), [("localhost", "127.0.0.1"), ("127.9.9.9", "127.9.9.9"), ("::1", "::1")])
def test_loopback_is_allowed(host: str, address: str) -> None:
    assert parse("--host", host).host == address


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--host", "192.0.2.1"), "--allow-remote"),
        (("--host", "2001:db8::1"), "--allow-remote"),
        (("--host", "0.0.0.0"), "address that callers reach"),
        (("--host", "::", "--allow-remote"), "address that callers reach"),
        (("--host", "carrier.example"), "IP address"),
    ],
)
def test_addresses_that_are_refused(arguments: Sequence[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(*arguments)


def test_other_addresses_need_a_word() -> None:
    assert parse("--host", "192.0.2.1", "--allow-remote").host == "192.0.2.1"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "65536"),
        ("--port", "x"),
        ("--codecs", "G729"),
        ("--codecs", ""),
        ("--time-scale", "0"),
        ("--time-scale", "nan"),
        ("--auth-algorithm", "SHA-1"),
    ],
)
def test_values_that_make_no_sense(arguments: Sequence[str]) -> None:
    with pytest.raises(argparse.ArgumentError):
        parse(*arguments)


async def test_the_banner_names_the_address_and_the_numbers() -> None:
    async with SimulatedCarrier() as carrier:
        text = banner(carrier)
        assert f"sip:127.0.0.1:{carrier.address[1]}" in text
        assert "12025550111" in text


@asynccontextmanager
async def running(program: str, *options: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, Trunk]]:
    """The program on any port; yields its process and where it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *PROGRAMS[program],
        *("--port", "0", "--time-scale", "0.05", *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        first = (await process.stdout.readline()).decode()
        match = re.search(r"sip:127\.0\.0\.1:(\d+)", first)
        assert match, first + (await process.communicate())[1].decode()
        yield process, Trunk(id=1, host="127.0.0.1", port=int(match[1]))
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
async def test_a_signal_hangs_up_and_ends_it_cleanly(program: str, number: signal.Signals, tmp_path: Path) -> None:
    async with running(program, "--record", str(tmp_path)) as (process, trunk), calling_at(trunk, "7") as caller:
        await caller.wait_for(Answered)
        process.send_signal(number)
        assert not (await caller.wait_for(HungUp)).local
        output, log = await process.communicate()
        assert process.returncode == 0, log.decode()
        assert "12025550111" in output.decode()
        assert f"call={caller.call_id} answered" in log.decode()
        assert f"call={caller.call_id} ended: carrier_hung_up" in log.decode()
        assert "Traceback" not in log.decode()
    assert (tmp_path / f"{caller.call_id}.wav").exists()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("options", "code", "complaint"),
    [(("--host", "192.0.2.1"), 2, "--allow-remote"), (("--host", "192.0.2.1", "--allow-remote"), 1, "cannot start")],
    ids=["remote address", "address that is not ours"],
)
async def test_what_cannot_be_served_is_said_in_words(
    program: str, options: Sequence[str], code: int, complaint: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *PROGRAMS[program], "--port", "0", *options, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    _, log = await process.communicate()
    assert process.returncode == code
    assert complaint in log.decode()
    assert "Traceback" not in log.decode()
