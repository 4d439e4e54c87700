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

#: A death that follows another one sooner than this is not answered by itself, so that what kills relays does not spin.
_CALM_SECONDS = 5.0


class RelaySupervisor:
    """At most one live relay on given browser sockets.

    ``on_died`` is called when it died. Then a fresh one starts and ``on_started`` is called, before anyone else can
    speak with it; or ``on_lost``, if none can be had or it has just been tried.
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
        self._died_at = -_CALM_SECONDS
        self._starting = asyncio.Lock()
        self._restart: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """The live relay's process id."""
        return self._relay.pid if self._relay is not None and self._relay.alive else None

    def send(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        """Tell the live relay; without one this does nothing, for its successor is told everything anew."""
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
            relay = RelayProcess(on_message=self._on_message, on_lost=self._died)
            try:
                await relay.start(self._browser_sockets, silence_seconds=self._silence_seconds)
            except OSError as error:
                raise MediaError(MediaFailure.RELAY_UNAVAILABLE, str(error)) from error
            self._relay = relay
            self._on_started()

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

    def _died(self) -> None:
        self._on_died()
        now = time.monotonic()
        is_calm, self._died_at = now - self._died_at > _CALM_SECONDS, now
        if is_calm and not self._closed:
            self._restart = asyncio.create_task(self._start_again())
        else:
            self._on_lost()

    async def _start_again(self) -> None:
        try:
            await self.ensure()
        except MediaError:
            logger.exception("No new media relay")
            self._on_lost()
