"""The SIP ladder of calls, from the wire to the database: a busy database delays no call and loses no message soon."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from dataclasses import dataclass, field

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget.switchboard import ladder_store
from widget.switchboard.ladder_recorder import Batch, LadderRecorder

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 1.0
CALLS_AT_ONCE = 10
"""Per transaction: the journal of live calls uses the same thread."""
MAX_WAITING = 5000
"""Batches that wait for a database that is down; beyond it the oldest are given up."""
PURGE_SECONDS = 86_400.0
FIRST_PURGE_SECONDS = 120.0


@dataclass(slots=True)
class Ladder:
    """``days`` is how long messages are kept; 0 = nothing is noted at all, and nothing of before is deleted."""

    days: float = 0
    recorder: LadderRecorder = field(default_factory=LadderRecorder)
    _waiting: deque[Batch] = field(default_factory=lambda: deque(maxlen=MAX_WAITING))
    _running: "asyncio.Task[None] | None" = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _next_purge: float = 0.0

    @property
    def observer(self) -> LadderRecorder | None:
        """For the user agent."""
        return self.recorder if self.days else None

    def start(self) -> None:
        if self.days:
            self._stopping.clear()
            self._next_purge = time.monotonic() + FIRST_PURGE_SECONDS
            self._running = asyncio.get_running_loop().create_task(self._run(), name="SIP ladder")

    async def stop(self) -> None:
        """Write what there is; called when every call has ended."""
        if self._running is None:
            return
        self._stopping.set()
        await self._running
        self._running = None
        await self.write(everything=True)

    async def write(self, *, everything: bool = False) -> None:
        """Write what is due; what the database refuses waits for the next time.

        One at a time: two would write the same batches, and one that is cancelled in the middle may have written them.
        """
        async with self._writing:
            self._waiting.extend(self.recorder.take(everything=everything))
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        while self._waiting:
            some = [self._waiting[index] for index in range(min(CALLS_AT_ONCE, len(self._waiting)))]
            try:
                await database_sync_to_async(ladder_store.write)(some)
            except DatabaseError as error:
                logger.error("SIP messages of %d calls wait for the database: %s", len(self._waiting), error)
                return
            for _ in some:
                self._waiting.popleft()

    async def _run(self) -> None:
        while not await self._is_stopping_within(SWEEP_SECONDS):
            await self.write()
            if time.monotonic() >= self._next_purge:
                await self._purge()

    async def _is_stopping_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return self._stopping.is_set()

    async def _purge(self) -> None:
        """Delete a portion of what is too old; the next one with the next sweep, or tomorrow."""
        try:
            if await database_sync_to_async(ladder_store.purge)(self.days) >= ladder_store.DELETED_AT_ONCE:
                return
        except DatabaseError as error:
            logger.error("old SIP messages were not deleted: %s", error)
        self._next_purge = time.monotonic() + PURGE_SECONDS
