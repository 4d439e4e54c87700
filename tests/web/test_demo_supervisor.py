"""The supervisor with real processes: nothing is left behind, and a death is told by name."""

from __future__ import annotations

import asyncio
import os
import re
import select
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from ccsite.demo import service as service_module
from ccsite.demo.service import Service, ServiceEndedError
from ccsite.demo.supervisor import StopRequestedError, Supervisor

WAITS = "import signal, os; print('up', os.getpid(), flush=True); signal.pause()"
STUBBORN = "import signal, os; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITS
LEAVES_ONE_BEHIND = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', \"" + WAITS + '"]); ' + WAITS


class Screen:
    """Collects what the services print, and waits for lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = asyncio.Event()

    def show(self, text: str) -> None:
        self.lines.append(text)
        self._changed.set()

    async def wait_for(self, pattern: str, times: int = 1) -> list[str]:
        while len(found := [line for line in self.lines if re.search(pattern, line)]) < times:
            self._changed.clear()
            await self._changed.wait()
        return found

    def process_ids(self) -> list[int]:
        return [int(found[1]) for line in self.lines if (found := re.search(r"up (\d+)", line))]


def program(name: str, code: str, ready: Callable[[], Awaitable[None]] | None = None) -> Service:
    return Service(name=name, command=(sys.executable, "-c", code), environment=dict(os.environ), ready=ready)


def ends(process_id: int, seconds: float = 5) -> bool:
    """Whether it has ended, or ends within a moment: its pipe closes a little before the process itself is gone.

    A dead process that nobody has collected yet has ended (pidfd_open(2)).
    """
    try:
        process = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], seconds)[0])
    finally:
        os.close(process)


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def stop_requested() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def supervisor(screen: Screen, stop_requested: asyncio.Event) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(stop_requested, screen.show)
    yield supervisor
    await supervisor.stop()


async def test_starts_waits_until_all_answer_and_stops_all(supervisor: Supervisor, screen: Screen) -> None:
    async def ready() -> None:
        await screen.wait_for("up")

    await supervisor.start([program("first", WAITS, ready), program("second", WAITS)])
    await screen.wait_for("up", times=2)
    await supervisor.stop()
    assert len(screen.process_ids()) == 2
    assert all(ends(each) for each in screen.process_ids())


async def test_a_death_names_the_service_and_what_it_said(supervisor: Supervisor, screen: Screen) -> None:
    dies = program("carrier", "print('no such port'); raise SystemExit(3)")
    with pytest.raises(ServiceEndedError, match=r"(?s)The carrier ended with exit code 3.*no such port") as fault:
        await supervisor.start([program("server", WAITS, asyncio.Event().wait), dies])  # type: ignore[arg-type]  # reason: never returns
    assert fault.value.name == "carrier"


async def test_a_killed_service_is_told_by_its_signal(supervisor: Supervisor) -> None:
    await supervisor.start([program("server", "import os; os.kill(os.getpid(), 9)")])
    with pytest.raises(ServiceEndedError, match="The server was killed by SIGKILL"):
        await supervisor.wait()


async def test_the_wish_to_stop_ends_the_wait_for_an_answer(
    supervisor: Supervisor, screen: Screen, stop_requested: asyncio.Event
) -> None:
    async def never() -> None:
        await screen.wait_for("up")
        stop_requested.set()
        await asyncio.Event().wait()

    with pytest.raises(StopRequestedError):
        await supervisor.start([program("server", WAITS, never)])


async def test_who_ignores_the_wish_is_killed(
    supervisor: Supervisor, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "STOP_SECONDS", 0.1)
    await supervisor.start([program("server", STUBBORN)])
    await screen.wait_for("up")
    await supervisor.stop()
    assert "did not stop" in screen.lines[-1]
    assert all(ends(each) for each in screen.process_ids())


async def test_what_a_service_started_itself_goes_with_it(supervisor: Supervisor, screen: Screen) -> None:
    await supervisor.start([program("server", LEAVES_ONE_BEHIND)])
    await screen.wait_for("up", times=2)
    await supervisor.stop()
    assert all(ends(each) for each in screen.process_ids())


async def test_a_preparation_that_fails_is_told(supervisor: Supervisor) -> None:
    await supervisor.run_to_end(program("data", "print('done')"))
    with pytest.raises(ServiceEndedError, match="The data ended with exit code 1"):
        await supervisor.run_to_end(program("data", "raise SystemExit(1)"))


async def test_a_service_ends_when_its_supervisor_is_killed_outright(screen: Screen) -> None:
    """The launcher asks the kernel for it: a process in between plays the killed supervisor."""
    between = (
        "import os, subprocess, sys, signal; launch = [sys.executable, '-m', 'ccsite.demo.launch', str(os.getpid())]; "
        f"subprocess.Popen([*launch, sys.executable, '-c', {WAITS!r}]); signal.pause()"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", between, stdout=asyncio.subprocess.PIPE, cwd=service_module.PROJECT
    )
    assert process.stdout
    screen.show((await process.stdout.readline()).decode())
    process.kill()
    assert await process.stdout.read() == b""  # the end of the pipe: nobody holds it any more
    await process.wait()
    assert all(ends(each) for each in screen.process_ids())
