"""Real SIP peers, started by the tests on loopback: sipp, baresip, Kamailio.

A peer counts as ready when its UDP port is bound, which the kernel tells; nothing sleeps for a guessed time.
A missing program fails the test and names the Debian package.
"""

import asyncio
import os
import secrets
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

SCENARIOS = Path(__file__).parent / "scenarios"
READY_SECONDS = 20.0
FINISH_SECONDS = 25.0
POLL_SECONDS = 0.01
LISTENS = "0A"
PORTS = (20_000, 32_000)
random = secrets.SystemRandom()
PACKAGES = {"sipp": "sip-tester", "baresip": "baresip-core", "kamailio": "kamailio"}


@dataclass
class Peer:
    """A running program with its UDP port on 127.0.0.1 and the files that it writes."""

    process: asyncio.subprocess.Process
    port: int
    folder: Path

    async def finished(self) -> int:
        """Its exit status; sipp gives 0 when the scenario went as written."""
        async with asyncio.timeout(FINISH_SECONDS):
            return await self.process.wait()

    def output(self) -> str:
        """What it said, for a failing assertion."""
        texts = [path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log"))]
        return "\n".join(texts)[-8000:]

    async def said(self, text: str) -> None:
        """Wait until its output holds this text."""
        async with asyncio.timeout(READY_SECONDS):
            while text not in self.output():
                if self.process.returncode is not None:
                    raise AssertionError(f"the peer ended before it said {text!r}:\n{self.output()}")
                await asyncio.sleep(POLL_SECONDS)

    async def saw(self, text: str, times: int = 1) -> None:
        """Wait until the messages that sipp sent and received hold this text so often."""
        log = self.folder / "messages.log"
        async with asyncio.timeout(READY_SECONDS):
            while not log.exists() or log.read_text(errors="replace").count(text) < times:  # noqa: ASYNC110  (a file offers no event)
                await asyncio.sleep(POLL_SECONDS)


def program(name: str) -> str:
    """The path of a program that has to be there."""
    path = shutil.which(name)
    if path is None:
        raise AssertionError(f"{name} is missing: install the package {PACKAGES[name]}")
    return path


def free_port() -> int:
    """A port that is free for UDP and TCP, below the range from which the kernel hands out ports to others."""
    while True:
        port = random.randrange(*PORTS, 2)
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
        ):
            try:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def is_bound(port: int) -> bool:
    """Whether some process has bound this port, for UDP or for TCP connections, by the kernel's own tables."""
    udp = Path("/proc/net/udp").read_text().splitlines()
    tcp = [line for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == LISTENS]
    return any(f":{port:04X} " in line for line in udp + tcp)


@asynccontextmanager
async def running(name: str, arguments: list[str], *, port: int, folder: Path) -> AsyncIterator[Peer]:
    """Start a program, wait until its port is bound, and stop it by its own process id."""
    with (folder / "output.log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            program(name),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env={**os.environ, "TERM": "dumb", "HOME": str(folder)},
        )
    peer = Peer(process, port, folder)
    try:
        await bound(peer)
        yield peer
    finally:
        if process.returncode is None:
            process.terminate()
        await stopped(process)


async def bound(peer: Peer) -> None:
    """Wait for the port; a call that is over in no time may have ended well before we looked."""
    async with asyncio.timeout(READY_SECONDS):
        while not is_bound(peer.port):
            if peer.process.returncode == 0:
                return
            if peer.process.returncode is not None:
                raise AssertionError(f"the peer ended at once:\n{peer.output()}")
            await asyncio.sleep(POLL_SECONDS)


async def stopped(process: asyncio.subprocess.Process) -> None:
    """Wait for the end; whoever does not listen to SIGTERM is killed."""
    try:
        async with asyncio.timeout(3):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def sipp(
    scenario: str, folder: Path, *, port: int = 0, target: str = "", options: tuple[str, ...] = ()
) -> AsyncIterator[Peer]:
    """sipp with one scenario for one call; `target` makes it the caller. Its exit status judges the scenario."""
    path = SCENARIOS / f"{scenario}.xml"
    async with sipp_script(path, folder, port=port, target=target, options=options) as peer:
        yield peer


@asynccontextmanager
async def sipp_script(
    path: Path, folder: Path, *, port: int = 0, target: str = "", options: tuple[str, ...] = ()
) -> AsyncIterator[Peer]:
    """The same with a scenario of any path."""
    port = port or free_port()
    arguments = ["-sf", str(path), "-i", "127.0.0.1", "-p", str(port), "-m", "1", "-nostdin"]
    arguments += ["-trace_err", "-error_file", str(folder / "errors.log"), "-trace_msg"]
    arguments += ["-message_file", str(folder / "messages.log"), "-timeout", "20", "-timeout_error", *options]
    if target:
        arguments.append(target)
    async with running("sipp", arguments, port=port, folder=folder) as peer:
        yield peer
