"""Keeps a relay running: starts it, notices its death, starts the next one."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence

from widget.media.errors import MediaError, MediaFailure
from widget.media.relay.protocol import Message
from widget.media.relay_process import RelayProcess

logger = logging.getLogger(__name__)

#: A relay that died sooner than this is not started again until it is needed, so that a broken one does not spin.
_HEALTHY_SECONDS = 5.0


class RelaySupervisor:
    """At most one live relay on given browser sockets. ``on_lost`` is called when it died, before the next starts."""

    def __init__(
        self,
        browser_sockets: Sequence[socket.socket],
        *,
        silence_seconds: int,
        on_message: Callable[[Message], None],
        on_lost: Callable[[], None],
    ) -> None:
        self._browser_sockets = browser_sockets
        self._silence_seconds = silence_seconds
        self._on_message = on_message
        self._on_lost = on_lost
        self._relay: RelayProcess | None = None
        self._started_at = 0.0
        self._starting = asyncio.Lock()
        self._restart: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The live relay's process id."""
        return self._relay.pid if self._relay is not None and self._relay.alive else None

    def send(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        """Tell the live relay; without one this does nothing, for its successor knows none of these legs."""
        if self._relay is not None:
            self._relay.send(message, fds=fds)

    async def ensure(self) -> None:
        """Have a live relay; raises :class:`MediaError` if it cannot be started."""
        async with self._starting:
            if self._closed:
                raise MediaError(MediaFailure.RELAY_UNAVAILABLE, "the media service is closed")
            if self.pid is not None:
                return
            await self._reap()
            self._relay = RelayProcess(on_message=self._on_message, on_lost=self._lost)
            self._started_at = time.monotonic()
            try:
                await self._relay.start(self._browser_sockets, silence_seconds=self._silence_seconds)
            except OSError as error:
                raise MediaError(MediaFailure.RELAY_UNAVAILABLE, str(error)) from error

    async def close(self) -> None:
        self._closed = True
        if self._restart is not None:
            await asyncio.wait([self._restart])
        async with self._starting:
            await self._reap()

    async def _reap(self) -> None:
        if self._relay is not None:
            await self._relay.close()
            self._relay = None

    def _lost(self) -> None:
        self._on_lost()
        if time.monotonic() - self._started_at > _HEALTHY_SECONDS and not self._closed:
            self._restart = asyncio.create_task(self._start_again())

    async def _start_again(self) -> None:
        try:
            await self.ensure()
        except MediaError:
            logger.exception("No new media relay")
