"""``manage.py load_demo``: migrates the database and makes the demo data; part of ``make demo``."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from ccsite.demo import data, values


class Command(BaseCommand):
    """Refuses to run on other settings than the demo's: its passwords are public."""

    help = "Migrate the database and make the demo data. Runs on the demo's settings only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--origins", required=True, help="origins of the customer's page, separated by commas")
        parser.add_argument("--carrier-port", required=True, type=int, help="UDP port of the simulated carrier")
        parser.add_argument("--agents", type=int, default=len(values.NAMED_AGENTS), help="how many agents there are")
        parser.add_argument("--reset", action="store_true", help="begin with an empty database")

    def handle(
        self, *args: object, origins: str, carrier_port: int, agents: int, reset: bool, **options: object
    ) -> None:
        if settings.SETTINGS_MODULE != "ccsite.demo.settings":
            raise CommandError("The demo data have public passwords: run this with --settings ccsite.demo.settings.")
        if reset:
            connection.close()
            data.put_aside(Path(str(settings.DATABASES["default"]["NAME"])))
        call_command("migrate", verbosity=0, interactive=False)
        data.load(
            data.Surroundings(origins=origins.split(","), carrier_port=carrier_port, agents=values.agents(agents))
        )
