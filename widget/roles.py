"""Who may do what in the admin: two roles to start from, and the groups that a supervisor is confined to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.contrib.auth.management import create_permissions

from widget.models import AgentGroup

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser, AnonymousUser, Group
    from django.db.models import QuerySet

ADMINS, SUPERVISORS = "Call centre admins", "Call centre supervisors"
SUPERVISOR_MAY = ("view_agentgroup", "change_agentgroup", "view_agent", "add_agent", "change_agent", "view_call")


def supervised(user: AbstractUser | AnonymousUser) -> QuerySet[AgentGroup] | None:
    """The agent groups that a user is confined to; ``None`` = not confined.

    Supervisors are confined, unless they are admins as well. A supervisor of no group sees none.
    """
    if user.is_superuser:
        return None
    roles = set(user.groups.filter(name__in=(ADMINS, SUPERVISORS)).values_list("name", flat=True))
    return AgentGroup.objects.filter(supervisors=user.pk) if roles == {SUPERVISORS} else None


def add_roles(sender: AppConfig, **_signal: Any) -> None:
    """Make the two roles after ``migrate``; one that exists is left as the admin wants it."""
    from django.contrib.auth.models import Permission

    create_permissions(sender, verbosity=0)
    ours = Permission.objects.filter(content_type__app_label=sender.label)
    _add(ADMINS, ours)
    _add(SUPERVISORS, ours.filter(codename__in=SUPERVISOR_MAY))


def _add(name: str, permissions: QuerySet[Any]) -> None:
    from django.contrib.auth.models import Group

    role: Group
    role, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        role.permissions.set(permissions)
