"""The product as it is installed: Daphne with switchboard, database and relays, in a folder of its own."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import STDOUT, Process
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Self

import httpx

from bench.bridge.process import family
from ccsite import secret_keys
from ccsite.demo.customer.call_centre import CallCentre
from ccsite.demo.probes import http
from ccsite.demo.services import MANAGE, find_places
from ccsite.demo.values import API_KEY, API_SECRET, LOOPBACK, agents

_STOP_SECONDS: Final = 60
_ORDINARY: Final = ("Starting server", "HTTP/2 support", "Configuring endpoint", "Listening on")


class Server:
    """Started with ``count`` agents, so many relays and a trunk to ``carrier_port``."""

    def __init__(self, folder: Path, *, count: int, relays: int, carrier_port: int) -> None:
        self._folder = folder
        self._relays = relays
        self._count = count
        self._carrier_port = carrier_port
        self._process: Process | None = None
        self._output = (folder / "server.log").open("w")
        self._places = find_places(0)
        self.url = self._places.server_url
        self.customer = CallCentre(url=self.url, api_key=API_KEY, api_secret=API_SECRET, agents=agents(count))

    async def __aenter__(self) -> Self:
        await self._load_data()
        listening = self._places.server
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "daphne", "-v", "0", "--fd", str(listening.fileno()), "ccsite.asgi:application"),
            pass_fds=[listening.fileno()],
            env=self._environment("bench.soak.settings"),
            stdout=self._output,
            stderr=STDOUT,
            start_new_session=True,
        )
        async with asyncio.timeout(_STOP_SECONDS):
            await http(LOOPBACK, self._places.server_port, "/sip-sdk.js")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._places.close()
        self._output.close()
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _load_data(self) -> None:
        where = ("--origins", self.url, "--carrier-port", str(self._carrier_port), "--agents", str(self._count))
        environment = self._environment("ccsite.demo.settings")
        (self._folder / "var").mkdir()
        secret_keys.ensure(self._folder / "var" / "secret.key")
        preparing = await asyncio.create_subprocess_exec(sys.executable, MANAGE, "load_demo", *where, env=environment)
        if await preparing.wait():
            raise RuntimeError("the database could not be made")

    def _environment(self, settings: str) -> dict[str, str]:
        ours = {"CCSITE_VAR": str(self._folder / "var"), "SOAK_RELAYS": str(self._relays)}
        return os.environ | {"DJANGO_SETTINGS_MODULE": settings, **ours}

    @property
    def log(self) -> list[str]:
        """What it wrote beside that it started."""
        lines = (self._folder / "server.log").read_text().splitlines()
        return [line for line in lines if not any(word in line for word in _ORDINARY)]

    @property
    def pids(self) -> list[int]:
        """Daphne and its relays."""
        assert self._process is not None
        return family(self._process.pid)

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read the database behind the server's back."""
        database = self._folder / "var" / "ccsite.sqlite3"
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=20)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(sql, values)]

    async def metrics(self) -> dict[str, float]:
        """What ``/cc/metrics`` says, by name without the prefix; of what there are several, the sum."""
        async with httpx.AsyncClient(base_url=self.url) as client:
            text = (await client.get("/cc/metrics")).raise_for_status().text
        found: dict[str, float] = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                name = name.removeprefix("ccsdk_").partition("{")[0]
                found[name] = found.get(name, 0.0) + float(value)
        return found
