"""The demo's rows: made where they are missing, left alone where they are not, so that a change in the admin stays.

Only what depends on this start is always written: the customer's origins come beside those of other pages, and the
carrier's port.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import transaction

from ccsite.demo import values
from widget.models import Agent, AgentGroup, Application, InboundNumber, Language, Mode, Trunk, TrunkRoute

MODES: Mapping[str, Mapping[str, object]] = {
    "Workbench": {},
    "Compact": {"workbench": False, "remark": False, "information": True},
    "Sales": {"labels": ["Sold", "Call back", "No interest"], "remark_required": True, "accent": "#7a2a8c"},
    "Inbound only": {
        "dial_pad": False,
        "masks_numbers": True,
        "blind_transfer": False,
        "consult_transfer": False,
        "may_be_busy": False,
        "theme": "dark",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What differs between two starts: where the customer's page is and where the carrier listens."""

    origins: Sequence[str]
    carrier_port: int
    agents: Mapping[str, str] = field(default_factory=values.agents)


@transaction.atomic
def load(surroundings: Surroundings) -> None:
    """Make every demo row that is missing."""
    _modes()
    application = _application(surroundings.origins)
    trunk = _trunk(application, surroundings.carrier_port)
    _agents(application, trunk, surroundings.agents)
    _administrator()


def put_aside(database: Path) -> None:
    """Begin with an empty database; what was in the old one lies beside it until the next time.

    The file is moved, not emptied: a database of another version of this code cannot be read well enough for that.
    """
    for suffix in ("", "-wal", "-shm"):
        file = Path(f"{database}{suffix}")
        if file.exists():
            file.replace(f"{database}.before-reset{suffix}")


def _modes() -> None:
    for name, parts in MODES.items():
        Mode.objects.get_or_create(name=name, defaults=parts)


def _application(origins: Sequence[str]) -> Application:
    application, _created = Application.objects.get_or_create(
        api_key=values.API_KEY,
        defaults={
            "name": values.APPLICATION,
            "api_secret": values.API_SECRET,
            "default_language": Language.objects.get(is_default=True),
            "default_mode": Mode.objects.get(name="Workbench"),
            "echo_number": values.ECHO_NUMBER,
        },
    )
    application.allowed_origins = list(dict.fromkeys([*origins, *application.allowed_origins]))
    application.save(update_fields=["allowed_origins"])
    return application


def _trunk(application: Application, port: int) -> Trunk:
    trunk, _created = Trunk.objects.get_or_create(
        application=application,
        name=values.TRUNK,
        defaults={
            "host": values.LOOPBACK,
            "username": values.TRUNK_USER,
            "password": values.TRUNK_PASSWORD,
            "caller_id": values.CALLER_ID,
        },
    )
    trunk.port = port
    trunk.save(update_fields=["port"])
    return trunk


def _agents(application: Application, trunk: Trunk, agents: Mapping[str, str]) -> None:
    group, created = AgentGroup.objects.get_or_create(application=application, name="Sales")
    if created:
        TrunkRoute.objects.create(group=group, trunk=trunk)
        InboundNumber.objects.create(group=group, trunk=trunk)
    for account, name in agents.items():
        Agent.objects.get_or_create(application=application, account=account, defaults={"group": group, "name": name})


def _administrator() -> None:
    users = get_user_model().objects
    if not users.filter(username=values.ADMIN_USER).exists():
        users.create_superuser(values.ADMIN_USER, "admin@example.com", values.ADMIN_PASSWORD)
