"""What a desk still has to write. A database that is down loses nothing: writing is tried again until it succeeds.

Only the start of a call insists on the database (its row commits before the INVITE); a call that is up goes on
without it.
"""

import logging
from dataclasses import dataclass, field

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget.calls.call import Call
from widget.switchboard import journal
from widget.switchboard.attempts import TrunkAttempt
from widget.switchboard.journal import AgentRecord
from widget.switchboard.quality_journal import record_quality
from widget.switchboard.quality_log import QualityRecord

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """The agent's row, and with it the call's, on the trunk that carries it now, where that changed too; or the call's
    alone, once it goes on without its agent.

    ``attempts``: what was settled since the call's last entry. ``heir``: id of the consultation that goes on as the
    agent's call, now that this one is over.
    """

    agent: AgentRecord | None
    call: Call | None = None
    trunk_id: int = 0
    attempts: tuple[TrunkAttempt, ...] = ()
    heir: str = ""


@dataclass(frozen=True, slots=True)
class QualityEntry:
    """How a call sounded so far."""

    call_id: str
    quality: QualityRecord


@dataclass(slots=True)
class Ledger:
    unwritten: list[Entry | QualityEntry] = field(default_factory=list)

    async def write(self, entry: Entry | QualityEntry | None = None) -> bool:
        """Write ``entry`` after all that waits, in order; False when the database refuses and something still waits."""
        if entry is not None:
            self.unwritten.append(entry)
        while self.unwritten:
            try:
                await database_sync_to_async(_write)(self.unwritten[0])
            except DatabaseError as error:
                logger.error("%d entries wait for the database: %s", len(self.unwritten), error)
                return False
            del self.unwritten[0]
        return True


def _write(entry: Entry | QualityEntry) -> None:
    if isinstance(entry, QualityEntry):
        record_quality(entry.call_id, entry.quality)
    elif entry.call is not None:
        journal.record_call(
            entry.call, agent=entry.agent, trunk_id=entry.trunk_id, attempts=entry.attempts, heir=entry.heir
        )
    elif entry.agent is not None:
        journal.record_agent(entry.agent)
