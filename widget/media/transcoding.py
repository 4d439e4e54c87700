"""Calls whose two sides share no codec: a transcoder for them, how many there may be, and what it did."""

import asyncio
import logging
import socket
import time
from dataclasses import dataclass, replace

from widget.media.errors import MediaError, MediaFailure
from widget.media.transcoder.signs import Sign
from widget.media.transcoder_process import TranscoderProcess

logger = logging.getLogger(__name__)

#: A death that follows another one sooner than this is answered after a pause, so that what kills transcoders does not
#: spin.
_CALM_SECONDS = 5.0
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscodingStatistics:
    """``calls`` that are transcoded now. In all since the start: calls that were, and that were refused for there being
    too many; transcoders that died; CPU seconds, and packets that were taken and that came to nothing."""

    calls: int = 0
    calls_total: int = 0
    refused_calls: int = 0
    restarts: int = 0
    cpu_seconds: float = 0.0
    packets: int = 0
    refused_packets: int = 0


class Transcoding:
    """One transcoder for all relays, started when a call may need it and kept from then on. It is told nothing of
    calls, so its successor goes on with them. ``max_calls`` 0 = none are transcoded."""

    def __init__(self, *, max_calls: int) -> None:
        self._max_calls = max_calls
        self._calls: set[str] = set()
        self._process: TranscoderProcess | None = None
        self._starting = asyncio.Lock()
        self._restart: asyncio.Task[None] | None = None
        #: By relay: our end of the socket, which it gets a copy of, and the transcoder's. They outlive both.
        self._sockets: dict[int, tuple[socket.socket, socket.socket]] = {}
        self._died_at = -_CALM_SECONDS
        self._is_closed = False
        self._before, self._latest = Sign(), Sign()
        self._statistics = TranscodingStatistics()

    @property
    def pid(self) -> int | None:
        """The live transcoder's process id."""
        return self._process.pid if self._process is not None else None

    @property
    def has_room(self) -> bool:
        """Whether one more call could be transcoded."""
        return len(self._calls) < self._max_calls

    def admit(self, leg_id: str) -> None:
        """Count a call that is to be transcoded; one that is already counts once. Raises :class:`MediaError` where
        there are as many as may be."""
        if leg_id in self._calls:
            return
        if not self.has_room:
            self._statistics = replace(self._statistics, refused_calls=self._statistics.refused_calls + 1)
            logger.warning("call=%s is refused: %d calls are transcoded", leg_id, len(self._calls))
            raise MediaError(MediaFailure.TOO_MANY_TRANSCODED, f"{len(self._calls)} calls are transcoded")
        self._calls.add(leg_id)
        self._statistics = replace(self._statistics, calls_total=self._statistics.calls_total + 1)

    def release(self, leg_id: str) -> None:
        """The call has ended, or needs no transcoding any more."""
        self._calls.discard(leg_id)

    def statistics(self) -> TranscodingStatistics:
        return replace(
            self._statistics,
            calls=len(self._calls),
            cpu_seconds=self._before.cpu_seconds + self._latest.cpu_seconds,
            packets=self._before.packets + self._latest.packets,
            refused_packets=self._before.refused + self._latest.refused,
        )

    async def ready(self) -> None:
        """Have a live transcoder. Raises :class:`MediaError` if it cannot be started."""
        async with self._starting:
            if self._is_closed:
                raise MediaError(MediaFailure.TRANSCODER_UNAVAILABLE, "the media service is closed")
            if self.pid is not None:
                return
            await self._reap()
            process = TranscoderProcess(on_sign=self._hear, on_lost=self._died)
            try:
                await process.start()
            except OSError as error:
                raise MediaError(MediaFailure.TRANSCODER_UNAVAILABLE, str(error)) from error
            self._process = process
            for _, theirs in self._sockets.values():
                process.serve(theirs)

    async def socket_for(self, relay: int) -> int:
        """A descriptor for this relay, to be copied, with a live transcoder behind it. Raises :class:`MediaError`."""
        await self.ready()
        if relay not in self._sockets:
            self._sockets[relay] = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
            if self._process is not None:
                self._process.serve(self._sockets[relay][1])
        return self._sockets[relay][0].fileno()

    async def close(self) -> None:
        self._is_closed = True
        if self._restart is not None:
            self._restart.cancel()
            await asyncio.wait([self._restart])
        async with self._starting:
            await self._reap()
        for pair in self._sockets.values():
            for each in pair:
                each.close()
        self._sockets.clear()
        self._calls.clear()

    async def _reap(self) -> None:
        if self._process is not None:
            await self._process.close()
            self._process = None

    def _hear(self, sign: Sign) -> None:
        self._latest = sign

    def _died(self) -> None:
        """Live calls wait for the next one."""
        self._statistics = replace(self._statistics, restarts=self._statistics.restarts + 1)
        self._before = Sign(
            cpu_seconds=self._before.cpu_seconds + self._latest.cpu_seconds,
            packets=self._before.packets + self._latest.packets,
            refused=self._before.refused + self._latest.refused,
        )
        self._latest = Sign()
        now = time.monotonic()
        is_calm, self._died_at = now - self._died_at > _CALM_SECONDS, now
        if not self._is_closed:
            self._restart = asyncio.create_task(self._start_again(0.0 if is_calm else _PAUSE_SECONDS))

    async def _start_again(self, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            await self.ready()
        except MediaError:
            logger.exception("No new transcoder")
