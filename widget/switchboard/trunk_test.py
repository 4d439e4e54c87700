"""Tests of trunks that an admin asked for: run here, where calls run, and told step by step over the channel layer."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget import models
from widget.calls import numbers
from widget.calls.rewriting import rewrite
from widget.encryption import SecretUnreadableError
from widget.models import RewrittenNumber
from widget.sip.probe import ProbeResult
from widget.switchboard import trunk_answers, trunk_other_way, trunk_way, trunks
from widget.switchboard.findings import Finding, Outcome, Step, fail
from widget.switchboard.route import Route
from widget.switchboard.services import Services
from widget.switchboard.trunk_variants import try_call
from widget.switchboard.trunk_way import Way

logger = logging.getLogger(__name__)

MAX_RUNNING = 4
TEST_SECONDS = 75.0
STALE_SECONDS = 20.0
"""A request that waited for a switchboard to start is of no use to anybody."""
TESTING, FOUND, TESTED, REFUSED = "trunk.testing", "trunk.found", "trunk.tested", "trunk.refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The trunk as calls would use it, whether or not it is enabled. ``is_used``: some group's calls may leave here."""

    route: Route
    enabled: bool
    is_used: bool


class TrunkTests:
    """``start`` is called for each message; the answers go to the channel that it names."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._running: set[asyncio.Task[None]] = set()

    def start(self, message: dict[str, Any]) -> None:
        """``trunk`` is the primary key, ``number`` may be "" for no test call."""
        task = asyncio.get_running_loop().create_task(self._run(message), name="test of a trunk")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _run(self, message: dict[str, Any]) -> None:
        channel = message["channel"]
        if time.time() - message["asked_at"] > STALE_SECONDS:
            return
        if self._services.is_draining or len(self._running) > MAX_RUNNING:
            await self._services.send(channel, {"type": REFUSED})
            return
        await self._services.send(channel, {"type": TESTING})
        try:
            async with asyncio.timeout(TEST_SECONDS):
                async for finding in examine(self._services, message["trunk"], message["number"]):
                    await self._services.send(channel, {"type": FOUND, "finding": finding.packed()})
        except (TimeoutError, DatabaseError) as error:
            logger.warning("the test of trunk=%s was given up: %r", message["trunk"], error)
        await self._services.send(channel, {"type": TESTED})


async def examine(services: Services, trunk_id: int, number: str) -> AsyncIterator[Finding]:
    """The steps; what a failed one makes useless is left out."""
    try:
        subject = await database_sync_to_async(load)(trunk_id)
    except models.Trunk.DoesNotExist:
        return
    except SecretUnreadableError:
        yield fail(Step.SETTINGS, "secret")
        return
    trunk = subject.route.trunk
    for finding in (
        found := trunk_way.settings(trunk, subject.route.codecs, enabled=subject.enabled, used=subject.is_used)
    ):
        yield finding
    if any(finding.outcome is Outcome.FAIL for finding in found):
        return
    way = Way(trunk)
    async for finding in way.explore():
        yield finding
        if finding.outcome is Outcome.FAIL:
            return
    async for finding in _talk(services, subject.route, way, number):
        yield finding


async def _talk(services: Services, route: Route, way: Way, number: str) -> AsyncIterator[Finding]:
    """What a call shows counts more than what was said outside of calls, so it is made before anything is told."""
    trunk = route.trunk
    options = await trunk_answers.ask(services.sip, trunk, "OPTIONS")
    alive = trunk_answers.judge_options(options, trunk, trunk_way.told([way.address] if way.address else []))
    alive = await trunk_other_way.explain(alive, options, trunk, way.address)
    found = [alive]
    if trunk.registers or alive.outcome is Outcome.OK:
        found.append(await _credentials(services, route, options))
    if number:
        found.append(await _call(services, route, number, is_alive=alive.outcome is Outcome.OK))
    for finding in trunk_answers.softened(found):
        yield finding


async def _credentials(services: Services, route: Route, options: ProbeResult) -> Finding:
    if not route.trunk.username:
        return trunk_answers.judge_without_account(options)
    register = options if options.challenges else await trunk_answers.ask(services.sip, route.trunk, "REGISTER")
    return trunk_answers.judge_credentials(options, register, route.trunk)


async def _call(services: Services, route: Route, number: str, *, is_alive: bool) -> Finding:
    try:
        dialled = numbers.parse_dial_string(number)
    except numbers.InvalidNumberError:
        return fail(Step.CALL, "number", number=number)
    found = await try_call(services, route, dialled)
    return fail(Step.CALL, "call_ignored") if found.reason == "call_silent" and is_alive else found


def load(trunk_id: int) -> Subject:
    """Raises Trunk.DoesNotExist, SecretUnreadableError."""
    row = models.Trunk.objects.prefetch_related("number_rules").get(pk=trunk_id)
    known = trunks.known_trunk(row)
    caller = rewrite(row.caller_id, trunks.rules_for(row, RewrittenNumber.CALLER_ID))
    called = trunks.rules_for(row, RewrittenNumber.CALLED)
    route = Route(trunk=known.trunk, codecs=known.codecs, caller=caller, audio=known.audio, called_rules=called)
    return Subject(route=route, enabled=row.enabled, is_used=is_used(row))


def is_used(row: models.Trunk) -> bool:
    """Whether calls of any group leave through this trunk: one that lists it, or one that lists none (`routes_of`)."""
    groups = models.AgentGroup.objects.filter(application=row.application_id)
    if not groups.exists() or row.routes.exists():
        return True
    return groups.exclude(routes__trunk__enabled=True).exists()
