"""Made-up rows for the tests of models, admin and API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from widget.models import Agent, AgentGroup, Application, Call, Language, Mode, Trunk


def make_language(code: str = "en", **fields: Any) -> Language:
    """The shipped languages are there already."""
    return Language.objects.update_or_create(
        code=code, defaults=fields, create_defaults={"native_name": code, **fields}
    )[0]


def make_application(name: str = "CRM", **fields: Any) -> Application:
    mode = Mode.objects.get_or_create(name="Everything")[0]
    return Application.objects.create(
        name=name, **{"default_language": make_language(), "default_mode": mode, **fields}
    )


def make_group(application: Application, name: str = "Sales") -> AgentGroup:
    return AgentGroup.objects.get_or_create(application=application, name=name)[0]


def make_agent(application: Application, account: str = "demo_001", **fields: Any) -> Agent:
    group = make_group(application)
    return Agent.objects.create(application=application, account=account, **{"group": group, "name": "Ann", **fields})


def make_trunk(application: Application, name: str = "Carrier", **fields: Any) -> Trunk:
    return Trunk.objects.create(application=application, name=name, **{"host": "sip.example.com", **fields})


def make_ended_call(agent: Agent, **fields: Any) -> Call:
    now = timezone.now()
    values: dict[str, Any] = {
        "called": "+12025550100",
        "state": "ended",
        "started_at": now,
        "ended_at": now,
        "termination": "busy",
        "ended_by": "customer",
    }
    return Call.objects.create(application=agent.application, agent=agent, **{**values, **fields})
