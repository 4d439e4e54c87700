"""The demo from its start to its end: prepare, start, announce, wait, stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass

from ccsite.demo import banner, parent, services, values
from ccsite.demo.service import Service, Show
from ccsite.demo.services import Places
from ccsite.demo.supervisor import StopRequestedError, Supervisor

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the command line asked for."""

    reset: bool = False
    agents: int = len(values.NAMED_AGENTS)
    recordings: str = ""
    stop_with_parent: bool = False


async def run(places: Places, wishes: Wishes, show: Show) -> None:
    """Run until a signal asks to stop. Raises ServiceEndedError or ProbeError when the demo cannot go on."""
    async with _wish_to_stop(wishes) as stop_requested:
        supervisor = Supervisor(stop_requested, show)
        try:
            await supervisor.run_to_end(_preparation(places, wishes))
            await supervisor.start(_services(places, wishes))
            show(banner.text(places, values.agents(wishes.agents)))
            await supervisor.wait()
        except StopRequestedError:
            show("Stopping…")
        finally:
            await supervisor.stop()


def _preparation(places: Places, wishes: Wishes) -> Service:
    reset = ["--reset"] if wishes.reset else []
    return services.preparation(places, "--agents", str(wishes.agents), *reset)


def _services(places: Places, wishes: Wishes) -> list[Service]:
    """The order of the start; the stop's is the reverse, so that the server can still hang up at the carrier."""
    record = ["--record", wishes.recordings] if wishes.recordings else []
    return [services.carrier(places, *record), services.customer(places, agents=wishes.agents), services.server(places)]


@contextlib.asynccontextmanager
async def _wish_to_stop(wishes: Wishes) -> AsyncIterator[asyncio.Event]:
    """Give an event that a signal sets, or the parent's wish; a second signal while stopping changes nothing."""
    requested = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in STOP_SIGNALS:
        loop.add_signal_handler(each, requested.set)
    watch = asyncio.create_task(_watch_parent(requested)) if wishes.stop_with_parent else None
    try:
        yield requested
    finally:
        if watch:
            watch.cancel()
        for each in STOP_SIGNALS:
            loop.remove_signal_handler(each)


async def _watch_parent(requested: asyncio.Event) -> None:
    await parent.wants_to_stop()
    requested.set()
