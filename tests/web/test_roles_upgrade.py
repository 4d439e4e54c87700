"""``migrate`` gives existing roles what a new version brought, and leaves what an operator changed."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.web.factories import make_agent, make_application
from widget import languages, roles
from widget.models import Language, Role, RoleKind


def renew() -> None:
    roles.add_roles(apps.get_app_config("ccsdk"))


def codenames(name: str) -> set[str]:
    return set(Group.objects.get(name=name).permissions.values_list("codename", flat=True))


def new_permission(codename: str) -> Permission:
    """As a new version's model brings it."""
    kind = ContentType.objects.create(app_label="ccsdk", model=codename.partition("_")[2])
    return Permission.objects.create(codename=codename, content_type=kind, name=codename)


@pytest.mark.django_db
class TestNewVersion:
    def test_admins_get_its_permissions(self) -> None:
        new_permission("view_hologram")
        renew()
        assert "view_hologram" in codenames(roles.ADMINS)
        assert "view_hologram" not in codenames(roles.SUPERVISORS)

    def test_supervisors_get_what_the_new_version_grants_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(roles, "SUPERVISOR_MAY", (*roles.SUPERVISOR_MAY, "view_trunk"))
        renew()
        assert codenames(roles.SUPERVISORS) == set(roles.SUPERVISOR_MAY)

    def test_what_an_operator_took_away_stays_away(self) -> None:
        group = Group.objects.get(name=roles.ADMINS)
        group.permissions.remove(Permission.objects.get(codename="delete_call"))
        new_permission("view_hologram")
        renew()
        assert codenames(roles.ADMINS) >= {"view_hologram", "view_call"}
        assert "delete_call" not in codenames(roles.ADMINS)

    def test_what_an_operator_added_stays(self) -> None:
        Group.objects.get(name=roles.SUPERVISORS).permissions.add(Permission.objects.get(codename="view_user"))
        renew()
        assert codenames(roles.SUPERVISORS) == {*roles.SUPERVISOR_MAY, "view_user"}

    def test_a_role_that_was_removed_stays_away(self) -> None:
        Group.objects.get(name=roles.SUPERVISORS).delete()
        renew()
        assert not Group.objects.filter(name=roles.SUPERVISORS).exists()
        assert Role.objects.get(kind=RoleKind.SUPERVISORS).group is None

    def test_a_second_time_changes_nothing(self) -> None:
        before = [(role.kind, role.given) for role in Role.objects.order_by("pk")]
        renew()
        assert [(role.kind, role.given) for role in Role.objects.order_by("pk")] == before


@pytest.mark.django_db
class TestName:
    def test_a_renamed_role_gets_them_as_well_and_confines(self) -> None:
        Group.objects.filter(name=roles.SUPERVISORS).update(name="Jefes de equipo")
        new_permission("view_hologram")
        renew()
        assert not Group.objects.filter(name=roles.SUPERVISORS).exists()
        user = User.objects.create_user("sue")
        user.groups.add(Group.objects.get(name="Jefes de equipo"))
        groups = roles.supervised(user)
        assert groups is not None
        assert not groups.exists()

    def test_a_group_of_that_name_made_by_hand_confines(self) -> None:
        Group.objects.get(name=roles.SUPERVISORS).delete()
        user = User.objects.create_user("sue")
        user.groups.add(Group.objects.create(name=roles.SUPERVISORS), Group.objects.create(name="Of another app"))
        make_agent(make_application())
        groups = roles.supervised(user)
        assert groups is not None
        assert not groups.exists()


class OtherDatabase:
    """A router that keeps the call centre out of a database."""

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool | None:
        return False if app_label == "ccsdk" else None


@pytest.mark.django_db
def test_a_database_that_is_not_ours_is_left_alone(settings: Any) -> None:
    settings.DATABASE_ROUTERS = [OtherDatabase()]
    Role.objects.all().delete()
    Language.objects.all().delete()
    renew()
    languages.add_shipped()
    assert not Role.objects.exists()
    assert not Language.objects.exists()


def migrate(*target: str) -> None:
    call_command("migrate", "ccsdk", *target, stdout=StringIO(), verbosity=0)


@pytest.fixture
def before_roles(transactional_db: None) -> Iterator[None]:
    """An installation of the version before: no record of what a role was given."""
    migrate("0007")
    try:
        yield
    finally:
        migrate()


class TestExistingInstallation:
    """Tables are made and dropped here, so these run in a database without transactions around each test."""

    @pytest.fixture(autouse=True)
    def old(self, before_roles: None) -> Any:
        """The models of that version."""
        return MigrationExecutor(connection).loader.project_state(("ccsdk", "0007_trunk_sources")).apps

    def test_models_that_came_later_are_given(self) -> None:
        """The role dates from the first version; number rules and trunk counts came with the third migration."""
        group = Group.objects.get(name=roles.ADMINS)
        group.permissions.remove(*Permission.objects.filter(content_type__model__in=("numberrule", "trunkcount")))
        migrate()
        assert codenames(roles.ADMINS) >= {"change_numberrule", "view_trunkcount", "change_trunk"}

    def test_what_was_taken_away_is_not_given_again(self) -> None:
        group = Group.objects.get(name=roles.ADMINS)
        group.permissions.remove(*Permission.objects.filter(codename__in=("delete_trunk", "delete_numberrule")))
        Group.objects.get(name=roles.SUPERVISORS).permissions.clear()
        migrate()
        assert {"delete_trunk", "delete_numberrule"}.isdisjoint(codenames(roles.ADMINS))
        assert not codenames(roles.SUPERVISORS)

    def test_an_installation_without_roles_gets_both(self, old: Any) -> None:
        old.get_model("auth", "Group").objects.all().delete()
        migrate()
        assert codenames(roles.SUPERVISORS) == set(roles.SUPERVISOR_MAY)
        assert "change_mode" in codenames(roles.ADMINS)


def test_migrating_to_zero_and_back(transactional_db: None) -> None:
    """As on the way out of a project, and back in."""
    try:
        migrate("zero")
        assert not {name for name in connection.introspection.table_names() if name.startswith("ccsdk_")}
    finally:
        migrate()
    assert {role.kind for role in Role.objects.all()} == set(RoleKind.values)
    assert Language.objects.filter(code="es").exists()
