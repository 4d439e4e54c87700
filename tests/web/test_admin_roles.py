"""Supervisors see and edit their own groups only, on every page; the live board; exports that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.web.factories import make_agent, make_application, make_ended_call, make_group, make_trunk
from widget import roles
from widget.admin.export import cell
from widget.models import Agent, AgentGroup, AgentStatus, Call

pytestmark = pytest.mark.django_db


@pytest.fixture
def own() -> Agent:
    application = make_application()
    return make_agent(application, "own_001", name="Olive", group=make_group(application, "Own group"))


@pytest.fixture
def others(own: Agent) -> Agent:
    application = own.application
    agent = make_agent(application, "other_001", name="Otto", group=make_group(application, "Foreign group"))
    make_ended_call(agent, called="+4930123456")
    return agent


@pytest.fixture
def supervisor(own: Agent, others: Agent, client: Client) -> Client:
    user = User.objects.create_user("sue", is_staff=True)
    user.groups.add(Group.objects.get(name=roles.SUPERVISORS))
    own.group.supervisors.add(user)
    client.force_login(user)
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:ccsdk_{name}", args=args)


class TestRoles:
    def test_are_there_after_migrate(self) -> None:
        supervisors = Group.objects.get(name=roles.SUPERVISORS)
        assert {one.codename for one in supervisors.permissions.all()} == set(roles.SUPERVISOR_MAY)
        admins = Group.objects.get(name=roles.ADMINS)
        assert {"change_mode", "change_textoverride", "add_application"} <= {
            one.codename for one in admins.permissions.all()
        }

    def test_an_admins_change_of_a_role_stays(self) -> None:
        Group.objects.get(name=roles.SUPERVISORS).permissions.clear()
        from django.apps import apps

        roles.add_roles(apps.get_app_config("ccsdk"))
        assert not Group.objects.get(name=roles.SUPERVISORS).permissions.exists()

    @pytest.mark.parametrize(
        ("given", "confined"),
        [
            ((), False),
            ((roles.SUPERVISORS,), True),
            ((roles.ADMINS,), False),
            ((roles.ADMINS, roles.SUPERVISORS), False),
        ],
    )
    def test_who_is_confined(self, given: tuple[str, ...], *, confined: bool) -> None:
        user = User.objects.create_user("u")
        user.groups.set(Group.objects.filter(name__in=given))
        assert (roles.supervised(user) is not None) == confined

    def test_a_superuser_is_never_confined(self, admin_user: User) -> None:
        admin_user.groups.add(Group.objects.get(name=roles.SUPERVISORS))
        assert roles.supervised(admin_user) is None


class TestSupervisor:
    @pytest.mark.parametrize(
        "name", ["agent_changelist", "agentgroup_changelist", "call_changelist", "liveboard_changelist"]
    )
    def test_lists_show_nothing_of_others(self, supervisor: Client, others: Agent, name: str) -> None:
        Agent.objects.update(status=AgentStatus.IDLE)
        text = supervisor.get(page(name)).text
        for hidden in ("Otto", "other_001", "Foreign group", "+4930123456"):
            assert hidden not in text

    def test_own_rows_are_shown(self, supervisor: Client) -> None:
        assert "Olive" in supervisor.get(page("agent_changelist")).text
        assert "Own group" in supervisor.get(page("agentgroup_changelist")).text

    def test_pages_of_others_are_not_there(self, supervisor: Client, others: Agent) -> None:
        for address in (
            page("agent_change", others.pk),
            page("agent_history", others.pk),
            page("agentgroup_change", others.group_id),
            page("call_change", Call.objects.get().pk),
        ):
            assert supervisor.get(address).status_code == 302

    def test_others_cannot_be_changed(self, supervisor: Client, others: Agent) -> None:
        supervisor.post(page("agent_change", others.pk), {"name": "Hacked", "account": "x", "group": others.group_id})
        data = {"action": "disable", "_selected_action": [others.pk]}
        supervisor.post(page("agent_changelist"), data)
        others.refresh_from_db()
        assert (others.name, others.enabled) == ("Otto", True)

    def test_own_agents_can_be_changed(self, supervisor: Client, own: Agent) -> None:
        values = {"name": "Olivia", "account": own.account, "group": own.group_id, "enabled": "on"}
        assert supervisor.post(page("agent_change", own.pk), values).status_code == 302
        own.refresh_from_db()
        assert own.name == "Olivia"

    def test_no_agent_leaves_or_enters_for_a_foreign_group(self, supervisor: Client, own: Agent, others: Agent) -> None:
        values = {"name": "Olivia", "account": own.account, "group": others.group_id, "enabled": "on"}
        assert "valid choice" in supervisor.post(page("agent_change", own.pk), values).text
        new = {**values, "application": own.application_id, "account": "new_001"}
        assert "valid choice" in supervisor.post(page("agent_add"), new).text

    def test_the_group_is_not_handed_out(self, supervisor: Client, own: Agent) -> None:
        stranger = User.objects.create_user("stranger", is_staff=True)
        values = {"name": "Renamed", "wrap_up_seconds": 20, "supervisors": [stranger.pk]}
        supervisor.post(page("agentgroup_change", own.group_id), values)
        group = AgentGroup.objects.get(pk=own.group_id)
        assert group.name == "Renamed"
        assert stranger not in group.supervisors.all()

    @pytest.mark.parametrize("name", ["mode", "application", "trunk", "language", "textoverride"])
    def test_what_belongs_to_admins(self, supervisor: Client, name: str) -> None:
        assert supervisor.get(page(f"{name}_changelist")).status_code == 403

    def test_exports_hold_own_rows_only(self, supervisor: Client, own: Agent, others: Agent) -> None:
        data = {"action": "export_csv", "_selected_action": [own.pk, others.pk]}
        response: Any = supervisor.post(page("agent_changelist"), data)
        assert [row["account"] for row in rows_of(response)] == ["own_001"]

    @pytest.mark.parametrize(
        ("field", "may"),
        [
            ("agent.group", True),
            ("call.agent", True),
            ("agent.application", False),
            ("agent.mode", False),
            ("call.trunk", False),
            ("agentgroup.supervisors", False),
        ],
    )
    def test_what_the_admin_completes(self, supervisor: Client, field: str, *, may: bool) -> None:
        """The address behind Django's search boxes, guessed: it answers with own rows or not at all."""
        model, _, name = field.partition(".")
        query = {"app_label": "ccsdk", "model_name": model, "field_name": name, "term": ""}
        response = supervisor.get(reverse("admin:autocomplete"), query)
        assert response.status_code == (200 if may else 403)
        if may:
            text = response.text
            assert "Own group" in text or "Olive" in text
            assert not any(hidden in text for hidden in ("Foreign", "Otto"))

    def test_guessed_pages_of_others(self, supervisor: Client, others: Agent) -> None:
        call, trunk = Call.objects.get(), make_trunk(others.application)
        for address in (
            page("agent_preview", others.pk),
            page("agent_preview_frame", others.pk),
            page("call_ladder", call.pk),
            page("call_history", call.pk),
            page("agentgroup_history", others.group_id),
            page("agent_delete", others.pk),
            page("trunk_changelist"),
            page("trunk_add"),
            page("trunk_test", trunk.pk),
            page("trunk_history", trunk.pk),
            page("textoverride_text", 1, "abc"),
            page("mode_preview", others.application.default_mode_id),
            page("agentgroup_delete", others.group_id),
            page("call_delete", call.pk),
            page("application_add"),
        ):
            assert supervisor.get(address).status_code in {302, 403, 404}, address
            assert supervisor.post(address, {"post": "yes", "number": "1"}).status_code in {302, 403, 404}, address
        assert Call.objects.filter(pk=call.pk).exists()
        assert AgentGroup.objects.filter(pk=others.group_id).exists()

    @pytest.mark.parametrize("name", ["agent", "call"])
    def test_an_export_of_everything_is_of_everything_own(self, supervisor: Client, own: Agent, name: str) -> None:
        make_ended_call(own, called="+12025550111")
        one = own.pk if name == "agent" else Call.objects.get(agent=own).pk
        data = {"action": "export_csv", "select_across": "1", "_selected_action": [one]}
        response: Any = supervisor.post(page(f"{name}_changelist"), data)
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        assert "own_001" in text
        assert not any(hidden in text for hidden in ("other_001", "Foreign group", "+4930123456"))

    def test_filters_name_nothing_of_others(self, supervisor: Client, others: Agent) -> None:
        for name in ("agent", "call"):
            text = supervisor.get(page(f"{name}_changelist"), {"group__id__exact": others.group_id}).text
            assert not any(hidden in text for hidden in ("Otto", "Foreign group", "+4930123456"))

    def test_the_live_board_of_a_guessed_group(self, supervisor: Client, others: Agent) -> None:
        Agent.objects.update(status=AgentStatus.IDLE)
        query = {"group": others.group_id}
        text = supervisor.get(page("liveboard_changelist"), query, headers={"hx-request": "1"}).text
        assert "Nobody is signed in." in text
        assert "Otto" not in text

    def test_history_tells_who_changed_what(self, supervisor: Client, own: Agent) -> None:
        values = {"name": "Olivia", "account": own.account, "group": own.group_id, "enabled": "on"}
        supervisor.post(page("agent_change", own.pk), values)
        assert "Changed Name." in supervisor.get(page("agent_history", own.pk)).text


class TestLiveBoard:
    def test_shows_agents_and_calls(self, admin_client: Client, own: Agent) -> None:
        Agent.objects.filter(pk=own.pk).update(status=AgentStatus.BUSY)
        Call.objects.create(
            application=own.application,
            agent=own,
            called="<b>+1</b>",
            state="talking",
            answered_at=timezone.now() - timedelta(seconds=65),
        )
        text = admin_client.get(page("liveboard_changelist")).text
        assert "Olive (own_001)" in text
        assert "&lt;b&gt;+1&lt;/b&gt;" in text
        assert "1:05" in text
        assert "<strong>1</strong> busy" in text

    def test_renews_a_part_of_itself(self, admin_client: Client, own: Agent) -> None:
        response = admin_client.get(page("liveboard_changelist"), headers={"hx-request": "true"})
        assert "<html" not in response.text
        assert "No call is up." in response.text

    def test_has_no_script_of_its_own_in_the_page(self, admin_client: Client) -> None:
        text = admin_client.get(page("liveboard_changelist")).text
        assert "cc-board" in text
        assert " onclick" not in text
        assert "hx-on" not in text

    def test_one_group(self, admin_client: Client, own: Agent, others: Agent) -> None:
        Agent.objects.update(status=AgentStatus.IDLE)
        text = admin_client.get(page("liveboard_changelist"), {"group": own.group_id}, headers={"hx-request": "1"}).text
        assert "Olive" in text
        assert "Otto" not in text

    @pytest.mark.parametrize("group", ["x", "9" * 40, "-1", "²", "0"])
    def test_nonsense_for_a_group(self, admin_client: Client, own: Agent, group: str) -> None:
        assert admin_client.get(page("liveboard_changelist"), {"group": group}).status_code == 200

    def test_needs_the_right_to_see_agents_and_calls(self, client: Client) -> None:
        client.force_login(User.objects.create_user("nobody", is_staff=True))
        assert client.get(page("liveboard_changelist")).status_code == 403
        assert "Live board" not in client.get(reverse("admin:index")).text


def rows_of(response: Any) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


class TestExport:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1+1", "'+1+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            (" =1", "' =1"),
            ("\r=1", "'\r=1"),
            ("\uff1d1", "'\uff1d1"),
            ("+12025550100", "+12025550100"),
            ("plain", "plain"),
            ("a\0b", "ab"),
            (None, ""),
            (0, "0"),
        ],
    )
    def test_cells(self, value: object, shown: str) -> None:
        assert cell(value) == shown

    def test_calls(self, admin_client: Client, own: Agent) -> None:
        call = make_ended_call(own, remark='=HYPERLINK("http://evil")\n"quoted", líne', labels=["=1", "Sold"])
        data = {"action": "export_csv", "_selected_action": [call.pk]}
        response: Any = admin_client.post(page("call_changelist"), data)
        assert response["Content-Disposition"] == 'attachment; filename="calls.csv"'
        (row,) = rows_of(response)
        assert row["remark"] == '\'=HYPERLINK("http://evil")\n"quoted", líne'
        assert row["labels"] == "'=1, Sold"
        assert (row["called"], row["agent"], row["group"]) == ("+12025550100", "own_001", "Own group")

    def test_an_export_asks_the_database_once(
        self, admin_client: Client, own: Agent, django_assert_max_num_queries: Any
    ) -> None:
        calls = [make_ended_call(own) for _number in range(20)]
        data = {"action": "export_csv", "_selected_action": [call.pk for call in calls]}
        with django_assert_max_num_queries(16):
            response = admin_client.post(page("call_changelist"), data)
            assert len(rows_of(response)) == 20
