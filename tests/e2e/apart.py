"""The system as a company runs it: Redis, the switchboard in a process of its own, and a web process that may die."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ccsite import secret_keys
from ccsite.demo import services
from ccsite.demo.service import PROJECT, Service
from ccsite.demo.services import Places, find_places
from tests.e2e.database import Database

AGENTS = 4
READY_SECONDS = 120
STOP_SECONDS = 120


class Process:
    """One service, which a test may kill and start again; what it prints is kept in a file."""

    def __init__(self, service: Service, folder: Path, variables: dict[str, str]) -> None:
        self._service = replace(service, environment={**service.environment, **variables})
        self._log = folder / f"{service.name}.log"
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._running = self._start()
        if self._service.ready is not None:
            async with asyncio.timeout(READY_SECONDS):
                await self._service.ready()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._service.command,
                cwd=PROJECT,
                env=dict(self._service.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[each.fileno() for each in self._service.sockets],
            )

    def kill(self) -> None:
        """As a crash would, without a word."""
        if self._running is not None:
            self._running.kill()
            self._running.wait(STOP_SECONDS)

    def stop(self) -> None:
        """Ask it to end, if it was started."""
        if self._running is not None:
            self._running.send_signal(signal.SIGTERM)
            self.finish()

    def finish(self) -> int:
        """Wait for its end; the exit code."""
        assert self._running is not None
        return self._running.wait(STOP_SECONDS)


class ApartSystem:
    """Every process of it by its name."""

    def __init__(self, folder: Path, places: Places) -> None:
        self.database = Database(folder / "var" / "ccsite.sqlite3")
        self.customer_url = places.customer_url
        variables = {"CCSITE_VAR": str(folder / "var"), "CCSITE_REDIS": f"unix://{folder}/redis.sock"}

        def process(service: Service) -> Process:
            return Process(service, folder, variables)

        self.redis = process(_redis(folder))
        self.data = process(services.preparation(places, "--agents", str(AGENTS)))
        self.carrier = process(services.carrier(places))
        self.switchboard = process(_switchboard())
        self.web = process(services.server(places))
        self.customer = process(services.customer(places, agents=AGENTS))

    @property
    def all(self) -> Sequence[Process]:
        """In the order of their start."""
        return (self.redis, self.carrier, self.switchboard, self.web, self.customer)

    @property
    def output(self) -> str:
        return "\n".join(f"--- {process.output}" for process in self.all)


def _redis(folder: Path) -> Service:
    """On a Unix socket: no port to collide with."""
    place = folder / "redis.sock"
    program = shutil.which("redis-server") or "/usr/bin/redis-server"
    options = ("--port", "0", "--unixsocket", str(place), "--save", "", "--dir", str(folder))

    async def ready() -> None:
        await _opens(place)

    return Service(name="redis", command=(program, *options), environment={}, ready=ready)


def _switchboard() -> Service:
    command = (services.PYTHON, services.MANAGE, "switchboard")
    return Service(name="switchboard", command=command, environment=services.on_demo_settings())


async def _opens(place: Path) -> None:
    while True:
        try:
            _, writer = await asyncio.open_unix_connection(place)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


@asynccontextmanager
async def apart_system(folder: Path) -> AsyncIterator[ApartSystem]:
    """It runs; what still does at the end is stopped, calls first."""
    places = find_places(0)
    (folder / "var").mkdir()
    secret_keys.ensure(folder / "var" / "secret.key")
    system = ApartSystem(folder, places)
    try:
        await system.data.start()
        assert system.data.finish() == 0, system.data.output
        for process in system.all:
            await process.start()
        yield system
    finally:
        for process in reversed(system.all):
            process.stop()
        places.close()
