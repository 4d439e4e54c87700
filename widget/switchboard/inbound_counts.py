"""What became of the INVITEs that came in through each trunk. Apart from the records: who is refused has none."""

import asyncio
import logging

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget.calls.call import Direction
from widget.switchboard import clock, trunk_counts
from widget.switchboard.attempts import TrunkAttempt

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000


class InboundCounts:
    """One write at a time; what the database does not take is counted with the next call."""

    def __init__(self) -> None:
        self._waiting: list[TrunkAttempt] = []
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False

    def settled(self, trunk_id: int, sip_code: int) -> None:
        """We sent this final response; called by the SIP side, so it does not wait."""
        attempt = TrunkAttempt(
            trunk_id=trunk_id, day=clock.now().wall.date(), sip_code=sip_code, direction=Direction.INBOUND
        )
        self._waiting = [*self._waiting[-MAX_WAITING:], attempt]
        if not self._is_stopped and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._write(), name="counts of inbound calls")

    async def stop(self) -> None:
        """Count what is left. What settles afterwards, as calls are ended, waits for another stop."""
        self._is_stopped = True
        if self._task is not None:
            await self._task
        await self._write()

    async def _write(self) -> None:
        while self._waiting:
            attempts, self._waiting = self._waiting, []
            try:
                await database_sync_to_async(trunk_counts.count)(attempts)
            except DatabaseError as error:
                logger.error("%d inbound calls are not counted yet: %s", len(attempts), error)
                self._waiting = [*attempts, *self._waiting]
                return
