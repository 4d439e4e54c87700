"""A service is a command, the sockets that it inherits, and a coroutine that returns when it answers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15.0  # the server ends its calls within 5 s; whoever takes longer than this is killed
REMEMBERED_LINES = 10

Show = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A process to run; ``command[0]`` is an absolute path, ``ready`` returns once the service answers."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], Awaitable[None]] | None = None
    sockets: Sequence[socket.socket] = field(default=())


class ServiceEndedError(Exception):
    """A service ended although nobody had asked it to."""

    def __init__(self, name: str, code: int, last_lines: Sequence[str]) -> None:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        said = "\n".join(f"  {line}" for line in last_lines) or "  (nothing)"
        super().__init__(f"The {name} {how}. It said last:\n{said}")
        self.name = name
        self.code = code


class RunningService:
    """One child process, in a session of its own, so that a Ctrl-C reaches only the supervisor.

    ``ended`` is the task that waits for its end; its result is that end, told as an error.
    """

    def __init__(self, service: Service, process: asyncio.subprocess.Process, show: Show) -> None:
        self.service = service
        self._process = process
        self._show = show
        self._last_lines: deque[str] = deque(maxlen=REMEMBERED_LINES)
        self.ended = asyncio.create_task(self._watch(), name=f"end of the {service.name}")

    @classmethod
    async def start(cls, service: Service, show: Show) -> RunningService:
        """Start the command; what it prints is shown line by line under its name."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ccsite.demo.launch", str(os.getpid()), *service.command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(service.environment),
            cwd=PROJECT,
            pass_fds=[each.fileno() for each in service.sockets],
            start_new_session=True,
        )
        return cls(service, process, show)

    async def stop(self) -> None:
        """Ask to end; insist when that takes longer than STOP_SECONDS. Harmless when it has ended."""
        if self._process.returncode is None:
            self._process.terminate()
        done, _pending = await asyncio.wait({self.ended}, timeout=STOP_SECONDS)
        if not done:
            self._show(f"The {self.service.name} did not stop within {STOP_SECONDS:.0f} s and is killed.")
            self._kill_group()
            await self.ended

    async def _watch(self) -> ServiceEndedError:
        output = asyncio.create_task(self._show_output(), name=f"output of the {self.service.name}")
        code = await self._process.wait()
        self._kill_group()  # whatever the service had started and left behind would hold its output open
        await output
        return ServiceEndedError(self.service.name, code, tuple(self._last_lines))

    async def _show_output(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (PIPE was asked for in start)
        async for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip()
            self._last_lines.append(text)
            self._show(f"{self.service.name:>8} | {text}")

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
