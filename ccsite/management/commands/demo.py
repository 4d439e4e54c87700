"""``manage.py demo``: the whole system on this machine, in one command."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ccsite import secret_keys
from ccsite.demo import running, values
from ccsite.demo.probes import ProbeError
from ccsite.demo.service import ServiceEndedError
from ccsite.demo.services import Places, PortInUseError, find_places
from ccsite.demo.values import LOOPBACK


class Command(BaseCommand):
    """Starts the simulated carrier, the server and the customer's site, and stops them together."""

    help = "Run the demo: simulated carrier, server and a customer's site, until Ctrl-C."
    requires_system_checks = ()  # the services run them, on the demo's own settings

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=LOOPBACK, help=f"address to listen on; only {LOOPBACK} is accepted")
        parser.add_argument("--port", type=int, default=8000, help="the server's port; the customer's is the next one")
        parser.add_argument("--reset", action="store_true", help="make the demo data anew")
        parser.add_argument("--agents", type=int, default=len(values.NAMED_AGENTS), help="how many agents there are")
        parser.add_argument("--record", default="", metavar="FOLDER", help="record what the carrier hears, as WAV")
        parser.add_argument("--stop-with-parent", action="store_true", help="stop when the starting process does")

    def handle(self, *args: object, host: str, port: int, **options: object) -> None:
        _refuse_other_hosts(host)
        wishes = running.Wishes(
            reset=bool(options["reset"]),
            agents=int(str(options["agents"])),
            recordings=str(options["record"]),
            stop_with_parent=bool(options["stop_with_parent"]),
        )
        with _only_one(settings.VAR_DIR), _listening(port) as places:
            secret_keys.ensure(settings.VAR_DIR / "secret.key")
            try:
                asyncio.run(running.run(places, wishes, self._show))
            except (ServiceEndedError, ProbeError) as fault:
                raise CommandError(f"The demo has stopped. {fault}") from fault
        self._show("The demo has stopped.")

    def _show(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _refuse_other_hosts(host: str) -> None:
    if host not in (LOOPBACK, "localhost"):
        raise CommandError(
            f"The demo's passwords and keys are public, so it listens on {LOOPBACK} only, and not on {host}. "
            "The README says how to set up a site of your own."
        )


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Two demos on one database would take each other's origins and calls away."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "demo.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"A demo runs from {folder} already. Stop it first.") from None
        yield


@contextmanager
def _listening(port: int) -> Iterator[Places]:
    try:
        places = find_places(port)
    except (PortInUseError, OverflowError) as fault:
        raise CommandError(str(fault)) from None
    try:
        yield places
    finally:
        places.close()
