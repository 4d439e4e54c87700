"""The whole system as a user starts it: ``manage.py demo`` on free ports, with a database and a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from tests.e2e.database import Database

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 40
AGENTS = 300


class RunningSystem:
    """Carrier, server and customer's site in processes of their own, on ephemeral loopback ports."""

    def __init__(self, folder: Path, command: Sequence[str] = ()) -> None:
        self.folder = folder
        self.database = Database(folder / "var" / "ccsite.sqlite3")
        self.recordings = folder / "recordings"
        self.recordings.mkdir(parents=True, exist_ok=True)
        self.lines: list[str] = []
        self._new_lines: Queue[str | None] = Queue()
        ours = (
            sys.executable,
            "manage.py",
            "demo",
            "--port",
            "0",
            "--agents",
            str(AGENTS),
            "--record",
            str(self.recordings),
        )
        self.process = subprocess.Popen(
            command or ours,
            cwd=PROJECT,
            env=_environment(folder),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_until_ready(self) -> None:
        """Read the banner for the addresses."""
        self.customer_url = self.wait_for_line(r"The customer's page\s+(http://[\d.:]+)/")[1]
        self.server_url = self.wait_for_line(r"Our server\s+(http://[\w.:]+)/")[1]
        self.wait_for_line(r"Try this")

    def wait_for_line(self, pattern: str, timeout_seconds: float = START_SECONDS) -> re.Match[str]:
        """Return the first line of all that matches, waiting for those to come."""
        for line in self.lines:
            if found := re.search(pattern, line):
                return found
        while (new := self._next_line(timeout_seconds)) is not None:
            if found := re.search(pattern, new):
                return found
        raise AssertionError(f"no line matches {pattern!r} in:\n{self.output}")

    def _next_line(self, timeout_seconds: float) -> str | None:
        """None when the command has ended, or took longer."""
        try:
            return self._new_lines.get(timeout=timeout_seconds)
        except Empty:
            return None

    def query(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Read the database behind the server's back."""
        return self.database.query(sql, *values)

    def call_record(self, call_id: str) -> dict[str, Any]:
        """The row of a call."""
        return self.database.call_record(call_id)

    def descendants(self) -> list[int]:
        """Every process below the command, by walking /proc."""
        return list(_descendants(self.process.pid))

    def service_process(self, name: str) -> int:
        """The process of one service, found by its command line."""
        marks = {
            "server": "ccsite.asgi",
            "carrier": "simulate_carrier",
            "customer": "ccsite.demo.customer",
            "relay": "widget.media.relay",
        }
        for process_id in self.descendants():
            if marks[name] in Path(f"/proc/{process_id}/cmdline").read_text():
                return process_id
        raise AssertionError(f"no process of the {name}")

    def stop(self) -> int:
        """Ask to stop as Ctrl-C would; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.finish()

    def finish(self) -> int:
        """Wait for the end and collect what was printed."""
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"the demo did not stop; it said:\n{self.output}") from None
        finally:
            self._reader.join(STOP_SECONDS)
            if self.process.stdout:
                self.process.stdout.close()
        return code

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            self._new_lines.put(line.rstrip())
        self._new_lines.put(None)


def _environment(folder: Path) -> dict[str, str]:
    """Ours, less pytest's choice of settings: the demo brings its own."""
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return inherited | {"CCSITE_VAR": str(folder / "var")}


def _descendants(process_id: int) -> Iterator[int]:
    for path in Path(f"/proc/{process_id}/task").glob("*/children"):
        for child in path.read_text().split():
            yield int(child)
            yield from _descendants(int(child))


@contextmanager
def running_system(folder: Path, command: Sequence[str] = ()) -> Iterator[RunningSystem]:
    """A system that answers; it is stopped at the end, also when it never came up."""
    system = RunningSystem(folder, command)
    try:
        system.wait_until_ready()
        yield system
    finally:
        system.stop()
