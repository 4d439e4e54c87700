"""``manage.py delete_sip_messages``: what the switchboard does once a day, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from widget import conf
from widget.switchboard import ladder_store


class Command(BaseCommand):
    """Deletes in portions, so that the calls of a running switchboard do not wait for it."""

    help = "Delete the SIP messages of calls that are older than SIP_LADDER_DAYS, or than --days."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=float, help="keep this many days in place of the setting; 0 deletes all")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many there were; CommandError for a number of days that makes no sense."""
        days = conf.current().sip_ladder_days if options["days"] is None else options["days"]
        if days < 0:
            raise CommandError("--days: 0 or more")
        count = 0
        while deleted := ladder_store.purge(days):
            count += deleted
        self.stdout.write(f"{count} SIP messages deleted.")
