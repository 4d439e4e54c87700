"""``make demo`` ends as a whole, however it is ended, and says who died when one of its services did."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.e2e.server import RunningSystem, running_system

pytestmark = pytest.mark.e2e

# As from a terminal, also when the tests run in the background or under nohup: make would ignore signals then.
MAKE_DEMO = ("env", "--default-signal=HUP,INT,TERM", "make", "demo", "PORT=0")
GONE_SECONDS = 30.0


def assert_gone(process_ids: Iterable[int]) -> None:
    """Wait for the end of each process; a process that has ended already has no descriptor to give."""
    for process_id in process_ids:
        try:
            descriptor = os.pidfd_open(process_id)
        except ProcessLookupError:
            continue
        try:
            ended, _, _ = select.select([descriptor], [], [], GONE_SECONDS)
            assert ended, f"process {process_id} still runs"
        finally:
            os.close(descriptor)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_make_alone_stops_everything(number: signal.Signals, tmp_path: Path) -> None:
    with running_system(tmp_path, MAKE_DEMO) as system:
        processes = system.descendants()
        assert len(processes) >= 4  # supervisor, carrier, server with its relay, customer
        system.process.send_signal(number)
        system.finish()
        assert_gone(processes)
        assert "The demo has stopped." in system.lines


def test_ctrl_c_in_a_terminal_stops_everything(tmp_path: Path) -> None:
    with running_system(tmp_path, MAKE_DEMO) as system:
        processes = system.descendants()
        os.killpg(system.process.pid, signal.SIGINT)
        system.finish()
        assert_gone(processes)
        assert "Traceback" not in system.output


def test_nothing_stays_when_the_supervisor_is_killed_outright(tmp_path: Path) -> None:
    with running_system(tmp_path) as system:
        processes = system.descendants()
        system.process.kill()
        system.finish()
        assert_gone(processes)


@pytest.mark.parametrize("victim", ["server", "carrier", "customer"])
def test_a_service_that_dies_is_named_and_the_others_stop(victim: str, tmp_path: Path) -> None:
    with running_system(tmp_path) as system:
        processes = system.descendants()
        os.kill(system.service_process(victim), signal.SIGKILL)
        assert system.finish() != 0
        assert_gone(processes)
        assert f"The {victim} was killed by SIGKILL" in system.output


def test_a_second_start_keeps_the_key_and_the_data(tmp_path: Path) -> None:
    with running_system(tmp_path) as system:
        system.wait_for_line("Try this")
        first = system.query("SELECT public_id, api_secret FROM ccsdk_application")
    key = (tmp_path / "var" / "secret.key").read_bytes()
    with running_system(tmp_path) as system:
        assert system.query("SELECT public_id, api_secret FROM ccsdk_application") == first
    assert (tmp_path / "var" / "secret.key").read_bytes() == key


def test_a_second_demo_in_the_same_folder_is_refused(system: RunningSystem) -> None:
    second = RunningSystem(system.folder)
    assert second.finish() != 0
    assert "already" in second.output
