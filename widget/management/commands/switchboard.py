"""``manage.py switchboard``: the switchboard as a process of its own, for several web processes."""

import asyncio
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from widget import conf
from widget.switchboard.layer_faults import LAYER_FAULTS
from widget.switchboard.lifecycle import START_FAULTS, run_apart

FAULTS = (*START_FAULTS, *LAYER_FAULTS)


class Command(BaseCommand):
    """Runs until SIGINT or SIGTERM; then calls end properly and their records become final."""

    help = 'Run the switchboard apart from the web processes, which have CCSDK["SWITCHBOARD"] = "apart".'

    def handle(self, *args: Any, **options: Any) -> None:
        if conf.current().switchboard != conf.APART:
            raise CommandError(
                'The web process owns the calls. Set CCSDK["SWITCHBOARD"] = "apart" for all processes, and a Redis '
                "channel layer, to run the switchboard apart."
            )
        try:
            asyncio.run(_run_until_signal())
        except FAULTS as error:
            raise CommandError(f"The switchboard cannot start: {error}") from error


async def _run_until_signal() -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    await run_apart(stopping)
