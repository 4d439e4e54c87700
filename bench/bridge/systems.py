"""The systems under test, each in processes of its own on a core of its own."""

import asyncio
import contextlib
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bench.bridge.process import family, pin

_LINE = 1 << 20
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Cores: of what is measured, and of the generator; ``host`` is the address of what is measured."""

    system: int
    generator: int
    host: str


class Served:
    """A bridge behind ``bench.bridge.served``. With ``--busy`` its control process works on the generator's core, as a
    Django beside the relay would; the relay process itself is always on the system's core."""

    def __init__(self, arguments: Sequence[str], placement: Placement) -> None:
        self._arguments = arguments
        self._placement = placement
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        command = (sys.executable, "-m", "bench.bridge.served", "--host", self._placement.host, *self._arguments)
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=_LINE)
        pin([self._process.pid], self._placement.system)
        assert self._process.stdout is not None
        assert await self._process.stdout.readline() == b"ready\n"
        pin(self.pids, self._placement.system)
        if "--busy" in self._arguments:
            pin([self._process.pid], self._placement.generator)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    @property
    def pids(self) -> list[int]:
        assert self._process is not None
        return family(self._process.pid)

    @property
    def measured(self) -> list[int]:
        """Whose CPU counts: all, but for the control process where it is made busy on purpose."""
        return self.pids[1:] if "--busy" in self._arguments else self.pids

    async def connect(self, number: int, offer: str, carrier: tuple[str, int]) -> tuple[str, tuple[str, int]]:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"number": number, "offer": offer, "carrier": carrier}) + "\n"
        self._process.stdin.write(line.encode())
        told = json.loads(await self._process.stdout.readline())
        host, port = told["carrier"]
        return told["answer"], (host, port)
