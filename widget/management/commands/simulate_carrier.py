"""``manage.py simulate_carrier``: a carrier on loopback for the demo, the tests and integrators."""

import asyncio
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from widget.simulator.command_line import add_arguments, config_from, serve


class Command(BaseCommand):
    """Runs until SIGINT or SIGTERM and then hangs up what is up."""

    help = "Run the simulated carrier: a SIP and RTP endpoint with scripted numbers, reached as a normal trunk."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """The options that ``python -m widget.simulator`` has too."""
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve; CommandError for options that make no sense and an address that cannot be bound."""
        try:
            config = config_from(Namespace(**options))
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        try:
            asyncio.run(serve(config, self._write))
        except OSError as error:
            raise CommandError(f"The simulated carrier cannot start: {error}") from error

    def _write(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
