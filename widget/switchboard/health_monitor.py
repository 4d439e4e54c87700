"""Asks every enabled trunk now and then whether it is alive, and remembers what became of it."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget.sip.probe import ProbeResult
from widget.sip.registration import RegistrationState
from widget.sip.trunk import Trunk
from widget.sip.user_agent import UserAgent
from widget.switchboard import clock, health_store
from widget.switchboard.health import Health, Reason, State, after_call, judge
from widget.switchboard.health_store import HealthRecord
from widget.switchboard.route import Route

logger = logging.getLogger(__name__)

TICK_SECONDS = 1.0
PATIENCE_SECONDS = 5.0
SCATTER = 0.2
"""Each interval is up to so much shorter or longer, so that trunks are not asked in step."""
HURRY = 4
"""A trunk that is not well is asked so much more often."""
SHORTEST_SECONDS = 2.0
REFRESH_SECONDS = 300.0
"""The row of a trunk without news is written so often, which shows that somebody still asks."""


@dataclass(slots=True)
class Watched:
    """A trunk, what is known of it, and when it is asked next (monotonic seconds)."""

    trunk: Trunk
    health: Health
    due: float
    is_asked: bool = False
    registration: RegistrationState = RegistrationState.UNREGISTERED
    registration_since: datetime | None = None
    is_changed: bool = True
    written: float = 0.0


class HealthMonitor:
    """``seconds`` between two checks, 0 for none; ``failures`` in a row make a trunk count as down."""

    def __init__(self, sip: UserAgent, trunks: Callable[[], Iterable[Trunk]], *, seconds: float, failures: int) -> None:
        self._sip = sip
        self._trunks = trunks
        self._seconds = seconds
        self._failures = max(failures, 1)
        self._watched: dict[int, Watched] = {}
        self._chance = random.SystemRandom()
        self._running: asyncio.Task[None] | None = None
        #: What an earlier switchboard learned of trunks that answer no OPTIONS.
        self._calls_only: set[int] = set()

    def start(self) -> None:
        if self._seconds:
            self._running = asyncio.get_running_loop().create_task(self._run(), name="health of trunks")

    async def stop(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    def is_down(self, trunk_id: int) -> bool:
        """Whether calls had better leave through another trunk."""
        watched = self._watched.get(trunk_id)
        return watched is not None and watched.health.state is State.DOWN

    def down_last(self, routes: Iterable[Route]) -> list[Route]:
        """The same order, but for trunks that are down: they are tried last, not never, as we may be wrong."""
        return sorted(routes, key=lambda route: self.is_down(route.trunk.id))

    def state(self, trunk_id: int) -> State:
        """UNKNOWN also for a trunk that is not watched."""
        watched = self._watched.get(trunk_id)
        return watched.health.state if watched else State.UNKNOWN

    def call_told(self, trunk_id: int, lives: bool) -> None:  # noqa: FBT001  (the shape of Attempts.tell)
        """An INVITE showed whether the trunk lives."""
        if watched := self._watched.get(trunk_id):
            self._found(watched, after_call(watched.health, clock.now().wall, lives=lives))

    async def tick(self) -> None:
        """Take in what trunks there are, ask those whose turn it is, write what is new."""
        self._follow()
        now = asyncio.get_running_loop().time()
        for watched in self._watched.values():
            self._look_at_registration(watched)
            if not watched.is_asked and now >= watched.due:
                self._ask(watched)
        await self._write(now)

    async def _run(self) -> None:
        await self._remember()
        while True:
            await self.tick()
            await asyncio.sleep(TICK_SECONDS)

    async def _remember(self) -> None:
        try:
            self._calls_only = await database_sync_to_async(health_store.calls_only)()
        except DatabaseError as error:
            logger.error("which trunks answer no OPTIONS was not read: %s", error)

    def _follow(self) -> None:
        """A trunk that is new, or was changed, is asked soon and begins anew."""
        trunks = {trunk.id: trunk for trunk in self._trunks()}
        for trunk_id in self._watched.keys() - trunks.keys():
            del self._watched[trunk_id]
        for trunk_id, trunk in trunks.items():
            known = self._watched.get(trunk_id)
            if known is None or known.trunk != trunk:
                soon = asyncio.get_running_loop().time() + self._chance.uniform(0, min(self._seconds, TICK_SECONDS))
                self._watched[trunk_id] = Watched(trunk, self._first(trunk_id, is_new=known is None), due=soon)

    def _first(self, trunk_id: int, *, is_new: bool) -> Health:
        now = clock.now().wall
        if is_new and trunk_id in self._calls_only:
            return Health(state=State.UP, since=now, reason=Reason.CALLS_ONLY)
        return Health(since=now)

    def _ask(self, watched: Watched) -> None:
        watched.is_asked = True
        self._sip.probe(watched.trunk, partial(self._answered, watched), seconds=PATIENCE_SECONDS)

    def _answered(self, watched: Watched, result: ProbeResult) -> None:
        self._found(watched, judge(watched.health, result, clock.now().wall, failures_allowed=self._failures))
        watched.is_asked = False
        watched.due = asyncio.get_running_loop().time() + self._pause(watched.health.state)

    def _found(self, watched: Watched, health: Health) -> None:
        before, watched.health = watched.health, health
        if (before.state, before.reason) != (health.state, health.reason):
            watched.is_changed = True
            log = logger.warning if health.state is State.DOWN else logger.info
            log("trunk=%d is %s %s", watched.trunk.id, health.state, health.reason)

    def _pause(self, state: State) -> float:
        hurried = max(self._seconds / HURRY, min(self._seconds, SHORTEST_SECONDS))
        seconds = self._seconds if state is State.UP else hurried
        return seconds * self._chance.uniform(1 - SCATTER, 1 + SCATTER)

    def _look_at_registration(self, watched: Watched) -> None:
        state = self._sip.registration_state(watched.trunk.id)
        if state is not watched.registration:
            watched.registration = state
            watched.registration_since = clock.now().wall
            watched.is_changed = True

    async def _write(self, now: float) -> None:
        due = [one for one in self._watched.values() if one.is_changed or now >= one.written + REFRESH_SECONDS]
        for watched in due:
            watched.is_changed = False
        try:
            if due:
                await database_sync_to_async(health_store.write)([_record(watched) for watched in due])
        except DatabaseError as error:
            logger.error("the health of %d trunks was not written: %s", len(due), error)
            for watched in due:
                watched.is_changed = True
            return
        for watched in due:
            watched.written = now


def _record(watched: Watched) -> HealthRecord:
    registration = watched.registration.value if watched.trunk.registers else ""
    return HealthRecord(
        trunk_id=watched.trunk.id,
        health=watched.health,
        registration=registration,
        registration_since=watched.registration_since if registration else None,
    )
