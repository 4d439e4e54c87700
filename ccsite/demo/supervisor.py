"""Starts a few services, waits until each answers, and stops all of them when one ends or the user wants.

Nothing here sleeps: every wait ends by what is waited for, by a death, or by the wish to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from ccsite.demo.service import RunningService, Service, Show


class StopRequestedError(Exception):
    """The user wants to stop; no fault."""


class Supervisor:
    """Runs services until ``stop_requested`` is set; the last one started is the first one stopped."""

    def __init__(self, stop_requested: asyncio.Event, show: Show) -> None:
        self._stop_requested = stop_requested
        self._show = show
        self._running: list[RunningService] = []

    async def run_to_end(self, service: Service) -> None:
        """Run a command that ends by itself. Raises ServiceEndedError when it fails, StopRequestedError."""
        running = await RunningService.start(service, self._show)
        try:
            await self._first_of(running.ended)
        finally:
            await running.stop()
        if running.ended.result().code:
            raise running.ended.result()

    async def start(self, services: Sequence[Service]) -> None:
        """Start all and wait until every one answers. Raises ServiceEndedError, StopRequestedError."""
        for service in services:
            self._running.append(await RunningService.start(service, self._show))
        await self._while_all_run(_all_ready(services))

    async def wait(self) -> None:
        """Wait for the wish to stop, which comes as StopRequestedError. Raises ServiceEndedError for a death."""
        await self._while_all_run(asyncio.Event().wait())

    async def stop(self) -> None:
        """Stop everything, one after the other; harmless when all has ended."""
        while self._running:
            await self._running.pop().stop()

    async def _while_all_run(self, goal: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(goal)
        try:
            await self._first_of(task, *(each.ended for each in self._running))
            for each in self._running:
                if each.ended.done():
                    raise each.ended.result()
            await task
        finally:
            task.cancel()

    async def _first_of(self, *tasks: asyncio.Task[Any]) -> None:
        stop = asyncio.create_task(self._stop_requested.wait())
        try:
            await asyncio.wait({stop, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
        if self._stop_requested.is_set():
            raise StopRequestedError


async def _all_ready(services: Sequence[Service]) -> None:
    for service in services:
        if service.ready:
            await service.ready()
