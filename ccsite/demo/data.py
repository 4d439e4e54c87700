"""The demo's rows: made where they are missing, left alone where they are not, so that a change in the admin stays.

Only what depends on this start is always written: the customer's origins come beside those of other pages, and the
carrier's port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction

from ccsite.demo import values
from widget.models import Agent, AgentGroup, Application, Call, Language, Mode, Trunk, TrunkRoute

MODES: dict[str, dict[str, bool]] = {
    "Workbench": {},
    "Compact": {"workbench": False, "remark": False, "information": True},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What differs between two starts: where the customer's page is and where the carrier listens."""

    origins: Sequence[str]
    carrier_port: int


@transaction.atomic
def load(surroundings: Surroundings) -> None:
    """Make every demo row that is missing."""
    _modes()
    application = _application(surroundings.origins)
    trunk = _trunk(application, surroundings.carrier_port)
    _agents(application, trunk)
    _administrator()


@transaction.atomic
def remove() -> None:
    """Remove the demo's application with its calls, its modes and its administrator; languages stay."""
    Call.objects.filter(application__api_key=values.API_KEY).delete()
    Application.objects.filter(api_key=values.API_KEY).delete()
    Mode.objects.filter(name__in=MODES, applications=None).delete()
    get_user_model().objects.filter(username=values.ADMIN_USER).delete()


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


def _agents(application: Application, trunk: Trunk) -> None:
    group, created = AgentGroup.objects.get_or_create(application=application, name="Sales")
    if created:
        TrunkRoute.objects.create(group=group, trunk=trunk)
    for account, name in values.AGENTS:
        Agent.objects.get_or_create(application=application, account=account, defaults={"group": group, "name": name})


def _administrator() -> None:
    users = get_user_model().objects
    if not users.filter(username=values.ADMIN_USER).exists():
        users.create_superuser(values.ADMIN_USER, "admin@example.com", values.ADMIN_PASSWORD)
