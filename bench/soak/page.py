"""An agent's page as the server knows it: its WebSocket and the words of ``widget.wire``."""

import asyncio
import itertools
import json
from typing import Any, Final, Self
from urllib.parse import urlsplit

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol

_WAIT_SECONDS: Final = 30


class _Socket(WebSocketClientProtocol):
    """Puts what the server says where the page waits for it."""

    factory: Any

    def onOpen(self) -> None:  # noqa: N802  (autobahn's name)
        self.factory.page.opened(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803, FBT001  (autobahn's names)
        if payload[:1] == b"{":
            self.factory.page.heard(json.loads(payload))


class Page:
    """Signed in with a credential. Every request waits for its answer and raises :class:`RuntimeError` if refused."""

    def __init__(self) -> None:
        self._socket: Any = None
        self._is_open = asyncio.Event()
        self._numbers = itertools.count(1)
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Event()
        self.state: dict[str, Any] = {}

    @classmethod
    async def open(cls, url: str, token: str) -> Self:
        page, parts = cls(), urlsplit(url)
        factory: Any = WebSocketClientFactory(  # type: ignore[no-untyped-call]  # autobahn has few types
            f"ws://{parts.netloc}/cc/ws", origin=url
        )
        factory.protocol, factory.page = _Socket, page
        await asyncio.get_running_loop().create_connection(factory, "127.0.0.1", int(parts.port or 80))
        await asyncio.wait_for(page._is_open.wait(), _WAIT_SECONDS)
        await page.ask("auth", token=token, options={}, since=None)
        return page

    def opened(self, socket: _Socket) -> None:
        self._socket = socket
        self._is_open.set()

    def heard(self, frame: dict[str, Any]) -> None:
        waiting = self._answers.pop(str(frame.get("id")), None) if frame["t"] in _ANSWERS else None
        if waiting is not None and not waiting.done():
            waiting.set_result(frame)
        self.state[frame["t"]] = frame
        self._changed.set()

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        command = f"soak-{next(self._numbers)}"
        answered = self._answers[command] = asyncio.get_running_loop().create_future()
        assert self._socket is not None
        self._socket.sendMessage(json.dumps({"t": kind, "id": command, **fields}).encode())
        frame: dict[str, Any] = await asyncio.wait_for(answered, _WAIT_SECONDS)
        if not frame.get("ok", True):
            raise RuntimeError(f"{kind} was refused: {frame}")
        return frame

    async def until(self, kind: str, **fields: Any) -> None:
        """Wait until the latest frame of a kind says so."""
        async with asyncio.timeout(_WAIT_SECONDS):
            while not fields.items() <= self.state.get(kind, {}).items():
                self._changed.clear()
                await self._changed.wait()

    async def sign_out(self) -> None:
        await self.ask("sign_out")


_ANSWERS: Final = frozenset({"ready", "answer", "result"})
