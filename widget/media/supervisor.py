"""Keeps a relay running: starts it, notices its death, starts the next one."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Sequence

from widget.media.deaths import Deaths
from widget.media.errors import MediaError, MediaFailure
from widget.media.relay.protocol import Message
from widget.media.relay_process import RelayProcess

logger = logging.getLogger(__name__)


class RelaySupervisor:
    """At most one live relay on given browser sockets.

    ``on_died`` is called when it died. Then a fresh one starts, after a pause if there were deaths just before, and
    ``on_started`` is called, before anyone else can speak with it; or ``on_lost``, if it is no use (``deaths.py``).
    """

    def __init__(
        self,
        browser_sockets: Sequence[socket.socket],
        *,
        silence_seconds: int,
        on_message: Callable[[Message], None],
        on_started: Callable[[], None],
        on_died: Callable[[], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._browser_sockets = browser_sockets
        self._silence_seconds = silence_seconds
        self._on_message = on_message
        self._on_started = on_started
        self._on_died = on_died
        self._on_lost = on_lost
        self._relay: RelayProcess | None = None
        self._deaths = Deaths()
        self._starting = asyncio.Lock()
        self._restart: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The live relay's process id."""
        return self._relay.pid if self._relay is not None and self._relay.alive else None

    def send(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        """Tell the live relay; without one this does nothing, for its successor is told everything anew."""
        if self._relay is not None:
            self._relay.send(message, fds=fds)

    async def ensure(self) -> None:
        """Have a live relay, after the pause if there is one; raises :class:`MediaError` if it cannot be started."""
        if self._restart is not None:
            await asyncio.wait([self._restart])
        await self._start()

    async def _start(self) -> None:
        async with self._starting:
            if self._closing.is_set():
                raise MediaError(MediaFailure.RELAY_UNAVAILABLE, "the media service is closed")
            if self.pid is not None:
                return
            await self._reap()
            relay = RelayProcess(on_message=self._on_message, on_lost=self._died)
            try:
                await relay.start(self._browser_sockets, silence_seconds=self._silence_seconds)
            except OSError as error:
                raise MediaError(MediaFailure.RELAY_UNAVAILABLE, str(error)) from error
            self._relay = relay
            self._on_started()

    async def close(self) -> None:
        self._closing.set()
        if self._restart is not None:
            await asyncio.wait([self._restart])
        async with self._starting:
            await self._reap()

    async def _reap(self) -> None:
        if self._relay is not None:
            await self._relay.close()
            self._relay = None

    def _died(self) -> None:
        self._on_died()
        if self._restart is None and not self._closing.is_set():
            self._restart = asyncio.create_task(self._replace())

    async def _replace(self) -> None:
        """Try until one is up, or it is no use."""
        try:
            while (pause := self._deaths.died(time.monotonic())) is not None:
                if await self._starts_after(pause):
                    return
            logger.error("Media relays die one after the other; the legs of this one are given up")
            self._on_lost()
        finally:
            self._restart = None

    async def _starts_after(self, pause: float) -> bool:
        """Whether nothing more is to be done."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), pause)
        if self._closing.is_set():
            return True
        try:
            await self._start()
        except MediaError:
            logger.exception("No new media relay")
        # What it was told may have shown that it died already.
        return self.pid is not None
