"""Who may do what in the admin: two roles to start from, and the groups that a supervisor is confined to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.apps import apps as present_apps
from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS, transaction

from widget.migrated import has_table
from widget.models import AgentGroup, Role, RoleKind

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser, AnonymousUser
    from django.db.models import QuerySet

ADMINS, SUPERVISORS = "Call centre admins", "Call centre supervisors"
"""Names of the groups as they are made; an operator may rename them."""
SUPERVISOR_MAY = ("view_agentgroup", "change_agentgroup", "view_agent", "add_agent", "change_agent", "view_call")

_NAMES: Mapping[str, str] = MappingProxyType({RoleKind.ADMINS.value: ADMINS, RoleKind.SUPERVISORS.value: SUPERVISORS})
_KINDS: Mapping[str, str] = MappingProxyType({name: kind for kind, name in _NAMES.items()})


def supervised(user: AbstractUser | AnonymousUser) -> QuerySet[AgentGroup] | None:
    """The agent groups that a user is confined to; ``None`` = not confined.

    Supervisors are confined, unless they are admins as well. A supervisor of no group sees none.
    """
    if user.is_superuser or _kinds(user) != {RoleKind.SUPERVISORS.value}:
        return None
    return AgentGroup.objects.filter(supervisors=user.pk)


def _kinds(user: AbstractUser | AnonymousUser) -> set[str]:
    """A group is known by its role's row, and by its name, should an operator have made it anew by hand."""
    rows = user.groups.values_list("ccsdk_role__kind", "name")
    kinds = {kind or _KINDS.get(name) for kind, name in rows}
    return {kind for kind in kinds if kind}


def add_roles(sender: AppConfig, *, using: str = DEFAULT_DB_ALIAS, apps: Apps = present_apps, **_signal: Any) -> None:
    """After ``migrate``: make the two roles, and give those that exist what this version brought.

    What an operator took from a role stays away, what they added stays, and a role that they removed does so too.
    """
    if not has_table(Role, using, apps):
        return
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    with transaction.atomic(using=using):
        ours = _codenames(sender.label, using)
        _renew(RoleKind.ADMINS, ours, sender.label, using)
        _renew(RoleKind.SUPERVISORS, ours & set(SUPERVISOR_MAY), sender.label, using)


def _codenames(label: str, using: str) -> set[str]:
    from django.contrib.auth.models import Permission

    rows = Permission.objects.using(using).filter(content_type__app_label=label)
    return set(rows.values_list("codename", flat=True))


def _renew(kind: RoleKind, wanted: Iterable[str], label: str, using: str) -> None:
    from django.contrib.auth.models import Group, Permission

    role = Role.objects.using(using).filter(kind=kind).first()
    if role is None:
        group = Group.objects.using(using).get_or_create(name=_NAMES[kind])[0]
        role = Role(kind=kind, group=group)
    new = sorted(set(wanted) - set(role.given))
    if role.group is not None:
        added = Permission.objects.using(using).filter(content_type__app_label=label, codename__in=new)
        role.group.permissions.add(*added)
    role.given = [*role.given, *new]
    role.save(using=using)
