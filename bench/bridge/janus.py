"""Debian's Janus with its SIP plugin, started with a configuration of ours, and a SIP peer of ours that it calls.

Janus is driven over its Unix socket; every call is a session with a handle of the SIP plugin that calls as a guest.
"""

import asyncio
import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import tempfile
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path
from typing import Any, Final, Self

from bench.bridge.process import family, pin
from bench.bridge.systems import Placement
from widget.sip.config import UserAgentConfig
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import make_offer
from widget.sip.user_agent import UserAgent

_TRIES: Final = 20
MISSING: Final = "Janus is not installed (Debian: apt-get install janus); its rows are left out."
_START_SECONDS: Final = 10.0
_ANSWER_SECONDS: Final = 20.0
_CONFIGURATION: Final = {
    "janus.jcfg": """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{plugins}"
    transports_folder = "{transports}"
    events_folder = "{folder}/none"
    loggers_folder = "{folder}/none"
    debug_level = 0
    session_timeout = 0
    server_name = "bench"
}}
media: {{ rtp_port_range = "40000-59999" no_media_timer = 0 }}
plugins: {{ disable = "{others}" }}
""",
    "janus.plugin.sip.jcfg": """
general: {{
    local_ip = "{host}"
    sdp_ip = "{host}"
    rtp_port_range = "20000-39999"
    behind_nat = false
    keepalive_interval = 0
}}
""",
    "janus.transport.pfunix.jcfg": """
general: {{ enabled = true json = "compact" path = "{folder}/control" type = "SOCK_SEQPACKET" }}
""",
}


def is_installed() -> bool:
    return shutil.which("janus") is not None


def _library() -> Path:
    """Where Debian puts Janus' modules."""
    return next(Path("/usr/lib").glob("*/janus"))


class Janus:
    """Janus on a core of its own."""

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        self._folder = Path(tempfile.mkdtemp(prefix="janus-bench-"))
        self._process: Process | None = None
        self._client = _Client()
        self._callee = _Callee(placement.host)

    async def __aenter__(self) -> Self:
        self._configure()
        await self._callee.start()
        for _ in range(_TRIES):
            if await self._started():
                pin(self.pids, self._placement.system)
                return self
        raise RuntimeError("Janus does not start")

    async def _started(self) -> bool:
        """Start it and reach it. Now and then it ends at once: the thread of its Unix socket may run before what it
        looks at is set. That is why it is pinned only afterwards."""
        path = self._folder / "janus.jcfg"
        command = ("janus", "--config", str(path), "--configs-folder", str(self._folder))
        self._process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
        opening = asyncio.create_task(self._client.open(self._folder / "control"))
        ended = asyncio.create_task(self._process.wait())
        await asyncio.wait([opening, ended], return_when=asyncio.FIRST_COMPLETED, timeout=_START_SECONDS)
        for task in (opening, ended):
            task.cancel()
        return opening.done() and not opening.cancelled()

    def _configure(self) -> None:
        library = _library()
        sip = "libjanus_sip.so"
        others = [item.name for item in (library / "plugins").glob("*.so") if item.name != sip]
        others += [item.name for item in (library / "transports").glob("*.so") if item.name != "libjanus_pfunix.so"]
        (self._folder / "none").mkdir()
        transports = self._folder / "transports"
        transports.mkdir()
        os.symlink(library / "transports" / "libjanus_pfunix.so", transports / "libjanus_pfunix.so")
        places = {
            "host": self._placement.host,
            "folder": self._folder,
            "plugins": library / "plugins",
            "transports": transports,
        }
        for name, text in _CONFIGURATION.items():
            (self._folder / name).write_text(text.format(**places, others=",".join(others)))

    async def __aexit__(self, *_: object) -> None:
        self._client.close()
        if self._process is not None and self._process.returncode is None:
            # It has hundreds of threads to end, and nothing of it is wanted any more.
            self._process.kill()
            await self._process.wait()
        await self._callee.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def pids(self) -> list[int]:
        assert self._process is not None
        return family(self._process.pid)

    @property
    def measured(self) -> list[int]:
        return self.pids

    async def connect(self, number: int, offer: str, carrier: tuple[str, int]) -> tuple[str, tuple[str, int]]:
        session = (await self._client.ask({"janus": "create"}))["data"]["id"]
        attach = {"janus": "attach", "plugin": "janus.plugin.sip", "session_id": session}
        handle = (await self._client.ask(attach))["data"]["id"]
        guest = {"request": "register", "type": "guest", "username": f"sip:agent{number}@{self._placement.host}"}
        await self._client.tell(session, handle, guest, "registered")
        remote = self._callee.expect(number, carrier)
        dial = {"request": "call", "uri": f"sip:call{number}@{self._placement.host}:{self._callee.port}"}
        told = await self._client.tell(session, handle, dial, "accepted", jsep={"type": "offer", "sdp": offer})
        return told["jsep"]["sdp"], await remote


class _Callee:
    """Our user agent, which answers every call with the carrier's address that was expected for it."""

    def __init__(self, host: str) -> None:
        self._carriers: dict[str, tuple[str, int]] = {}
        self._remotes: dict[str, asyncio.Future[tuple[str, int]]] = {}
        unlimited = 1e9
        config = UserAgentConfig(host=host, messages_per_second=unlimited, message_burst=unlimited)
        self._agent = UserAgent(config, on_invite=self._answer)

    async def start(self) -> None:
        await self._agent.start()

    async def close(self) -> None:
        await self._agent.close()

    @property
    def port(self) -> int:
        return self._agent.address[1]

    def expect(self, number: int, carrier: tuple[str, int]) -> asyncio.Future[tuple[str, int]]:
        """Where Janus takes this call's RTP."""
        name = f"call{number}"
        self._carriers[name] = carrier
        self._remotes[name] = asyncio.get_running_loop().create_future()
        return self._remotes[name]

    def _answer(self, call: IncomingCall) -> None:
        host, port = self._carriers[call.number]
        self._remotes[call.number].set_result(_audio_address(call.sdp))
        call.answer(make_offer(host=host, port=port, codecs=["PCMU"], session_id=1))


def _audio_address(sdp: str) -> tuple[str, int]:
    """Where an offer's one audio stream is to be sent to."""
    host, port = re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE), re.search(r"^m=audio (\d+)", sdp, re.MULTILINE)
    assert host is not None
    assert port is not None
    return host[1], int(port[1])


class _Client:
    """Janus' API over its Unix socket: one JSON message per packet."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)  # noqa: FBT003 - the standard library's signature
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._events: dict[tuple[int, str], asyncio.Future[dict[str, Any]]] = {}

    async def open(self, path: Path) -> None:
        loop, is_open = asyncio.get_running_loop(), False
        while not is_open:
            await asyncio.sleep(0.05)
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                await loop.sock_connect(self._socket, str(path))
                is_open = True
        loop.add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    async def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """A request and its answer."""
        transaction = secrets.token_hex(6)
        future = self._replies[transaction] = asyncio.get_running_loop().create_future()
        self._socket.send(json.dumps(message | {"transaction": transaction}).encode())
        return await asyncio.wait_for(future, _ANSWER_SECONDS)

    async def tell(self, session: int, handle: int, body: dict[str, Any], event: str, **more: Any) -> dict[str, Any]:
        """A request of the plugin, and the event that says that it was done."""
        future = self._events[handle, event] = asyncio.get_running_loop().create_future()
        await self.ask({"janus": "message", "session_id": session, "handle_id": handle, "body": body} | more)
        return await asyncio.wait_for(future, _ANSWER_SECONDS)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while packet := self._socket.recv(1 << 17):
                self._take(json.loads(packet))

    def _take(self, message: dict[str, Any]) -> None:
        if message["janus"] == "event":
            result = message["plugindata"]["data"].get("result", {})
            future = self._events.pop((message["sender"], result.get("event", "")), None)
        else:
            future = self._replies.pop(message.get("transaction", ""), None)
        if future is not None and not future.done():
            future.set_result(message)
