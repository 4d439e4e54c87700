"""Every admin page, empty and with rows, as an administrator sees it; and no secret on any of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from tests.web.factories import make_agent, make_application, make_ended_call, make_language, make_trunk
from widget import credentials
from widget.models import (
    Agent,
    AgentGroup,
    Application,
    Call,
    Language,
    LiveBoard,
    Mode,
    TextOverride,
    Trunk,
    TrunkRoute,
)

MODELS = (Agent, AgentGroup, Application, Call, Language, Mode, Trunk)
PAGES = {LiveBoard, TextOverride}
"""Models whose pages are not Django's own: they have tests of their own."""
SECRET = "demoSecret1"
PASSWORD = "carrierPass1"

pytestmark = pytest.mark.django_db


def address(model: Any, page: str, *args: object) -> str:
    return reverse(f"admin:ccsdk_{model._meta.model_name}_{page}", args=args)


def formset(prefix: str, *rows: dict[str, object]) -> dict[str, object]:
    values: dict[str, object] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        values |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return values


@pytest.fixture
def rows() -> Call:
    """One row in every table."""
    application = make_application(
        api_key="demoKey1", api_secret=SECRET, allowed_origins=["https://crm.example"], ip_allow_list=["10.0.0.0/8"]
    )
    agent = make_agent(application)
    trunk = make_trunk(application, username="us", password=PASSWORD)
    TrunkRoute.objects.create(group=agent.group, trunk=trunk)
    credentials.issue(agent, 60)
    return make_ended_call(agent, trunk=trunk)


class TestPages:
    @pytest.mark.parametrize("model", MODELS)
    def test_lists_of_empty_tables(self, model: Any, admin_client: Client) -> None:
        assert admin_client.get(address(model, "changelist")).status_code == 200

    @pytest.mark.parametrize("model", [model for model in MODELS if model is not Call])
    def test_add_pages_of_empty_tables(self, model: Any, admin_client: Client) -> None:
        assert admin_client.get(address(model, "add")).status_code == 200

    @pytest.mark.parametrize("model", MODELS)
    def test_lists_searches_and_changes(self, model: Any, admin_client: Client, rows: Call) -> None:
        pages = [
            address(model, "changelist"),
            address(model, "changelist") + "?q=a",
            address(model, "change", model.objects.first().pk),
            address(model, "history", model.objects.first().pk),
        ]
        for page in pages:
            response = admin_client.get(page)
            assert response.status_code == 200
            for hidden in (SECRET, PASSWORD, "fernet:"):
                assert hidden not in response.text

    @pytest.mark.parametrize("model", MODELS)
    def test_every_filter(self, model: Any, admin_client: Client, rows: Call) -> None:
        changelist = admin_client.get(address(model, "changelist")).context["cl"]
        for spec in changelist.filter_specs:
            for choice in spec.choices(changelist):
                assert admin_client.get(address(model, "changelist") + choice["query_string"]).status_code == 200

    def test_index(self, admin_client: Client) -> None:
        assert "Call centre" in admin_client.get(reverse("admin:index")).text

    def test_models_without_a_page(self) -> None:
        shown = {model.__name__ for model in admin.site._registry if model._meta.app_label == "ccsdk"}
        assert shown == {model.__name__ for model in (*MODELS, *PAGES)}

    @pytest.mark.parametrize("model", MODELS)
    def test_lists_need_no_query_for_each_row(
        self, model: Any, admin_client: Client, rows: Call, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(5):
            agent = make_agent(rows.application, f"agent{number}")
            make_ended_call(agent)
            TrunkRoute.objects.create(group=agent.group, trunk=make_trunk(rows.application, f"t{number}"))
        with django_assert_max_num_queries(16):
            admin_client.get(address(model, "changelist"))


class TestApplicationPages:
    def add(self, client: Client, **changes: object) -> Any:
        values = {
            "name": "CRM",
            "api_key": "demoKey1",
            "api_secret": "",
            "ip_allow_list": "10.0.0.1/32\n\n2001:db8::/32",
            "allowed_origins": "HTTPS://CRM.example/\r\nhttp://localhost:8000",
            "default_language": make_language().pk,
            "default_mode": Mode.objects.get_or_create(name="Everything")[0].pk,
        }
        return client.post(address(Application, "add"), {**values, **changes})

    def test_generated_secret_is_shown_once(self, admin_client: Client) -> None:
        response = self.add(admin_client)
        application = Application.objects.get()
        secret = application.api_secret.reveal()
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"]
        assert secret in response.text
        assert secret not in admin_client.get(address(Application, "change", application.pk)).text
        assert secret not in admin_client.get(address(Application, "changelist")).text

    def test_lists_are_stored_normalised(self, admin_client: Client) -> None:
        self.add(admin_client)
        application = Application.objects.get()
        assert application.allowed_origins == ["https://crm.example", "http://localhost:8000"]
        assert application.ip_allow_list == ["10.0.0.1", "2001:db8::/32"]

    def test_secret_set_by_hand_is_never_shown(self, admin_client: Client) -> None:
        response = self.add(admin_client, api_secret=SECRET)
        assert response.status_code == 302
        assert Application.objects.get().api_secret.reveal() == SECRET
        assert SECRET not in admin_client.get(response["Location"]).text

    def test_secret_is_not_repeated_beside_an_error(self, admin_client: Client) -> None:
        response = self.add(admin_client, api_secret=SECRET, allowed_origins="*")
        assert response.status_code == 200
        assert "is not an origin" in response.text
        assert SECRET not in response.text
        assert not Application.objects.exists()

    def test_short_secret_is_refused(self, admin_client: Client) -> None:
        assert "at least 8 characters" in self.add(admin_client, api_secret="short").text

    def test_what_was_typed_comes_back_beside_an_error(self, admin_client: Client) -> None:
        response = self.add(admin_client, allowed_origins="https://crm.example\nnonsense")
        assert "https://crm.example\nnonsense" in response.text
        assert "“nonsense” is not an origin" in response.text

    def change(self, client: Client, application: Application, **changes: object) -> Any:
        values = {
            "name": application.name,
            "api_key": application.api_key,
            "api_secret": "",
            "ip_allow_list": "10.0.0.0/8",
            "allowed_origins": "https://crm.example",
            "default_language": application.default_language_id,
            "default_mode": application.default_mode_id,
        }
        return client.post(address(Application, "change", application.pk), {**values, **changes})

    def test_empty_input_keeps_the_secret(self, admin_client: Client, rows: Call) -> None:
        assert self.change(admin_client, rows.application, name="New name").status_code == 302
        application = Application.objects.get()
        assert (application.name, application.api_secret.reveal()) == ("New name", SECRET)
        assert LogEntry.objects.get().get_change_message() == "Changed Name."

    def test_history_says_that_the_secret_changed_and_not_to_what(self, admin_client: Client, rows: Call) -> None:
        self.change(admin_client, rows.application, api_secret="brandNewSecret")
        assert Application.objects.get().api_secret.reveal() == "brandNewSecret"
        entry = LogEntry.objects.get()
        assert entry.get_change_message() == "Changed API secret."
        assert "brandNewSecret" not in f"{entry.change_message}{entry.object_repr}"

    def test_public_id_stays(self, admin_client: Client, rows: Call) -> None:
        before = rows.application.public_id
        self.change(admin_client, rows.application, public_id="AAAAAAAAAA")
        assert Application.objects.get().public_id == before


class TestNewSecret:
    def run(self, client: Client, *applications: Application, **more: object) -> Any:
        data = {"action": "generate_secret", "_selected_action": [one.pk for one in applications], **more}
        return client.post(address(Application, "changelist"), data)

    def test_asks_first(self, admin_client: Client, rows: Call) -> None:
        response = self.run(admin_client, rows.application)
        assert "stops working at once" in response.text
        assert Application.objects.get().api_secret.reveal() == SECRET

    def test_shows_the_new_one_once(self, admin_client: Client, rows: Call) -> None:
        response = self.run(admin_client, rows.application, confirmed="1")
        secret = Application.objects.get().api_secret.reveal()
        assert secret != SECRET
        assert len(secret) == 32
        assert secret in response.text
        assert "no-store" in response["Cache-Control"]
        entry = LogEntry.objects.get()
        assert entry.get_change_message() == "Generated a new API secret."
        assert secret not in entry.change_message

    def test_wants_one_application(self, admin_client: Client, rows: Call) -> None:
        response = self.run(admin_client, rows.application, make_application("Other"))
        assert "exactly one" in admin_client.get(response["Location"]).text

    def test_needs_the_right_to_change(self, client: Client, rows: Call) -> None:
        viewer = User.objects.create_user("viewer", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_application"))
        client.force_login(viewer)
        self.run(client, rows.application, confirmed="1")
        assert Application.objects.get().api_secret.reveal() == SECRET
        assert SECRET not in client.get(address(Application, "change", rows.application.pk)).text


class TestTrunkPages:
    def change(self, client: Client, **changes: object) -> Any:
        trunk = Trunk.objects.get()
        values = {
            "name": trunk.name,
            "enabled": "on",
            "host": trunk.host,
            "port": trunk.port,
            "transport": "udp",
            "username": "us",
            "password": "",
            "codecs": "pcma PCMU",
            "caller_id": "",
            "tls_verify": "on",
            **formset("inbound_numbers"),
            **formset("number_rules"),
        }
        return client.post(address(Trunk, "change", trunk.pk), {**values, **changes})

    def test_empty_input_keeps_the_password(self, admin_client: Client, rows: Call) -> None:
        assert self.change(admin_client).status_code == 302
        trunk = Trunk.objects.get()
        assert (trunk.password.reveal(), trunk.codecs) == (PASSWORD, ["PCMA", "PCMU"])

    def test_password_is_replaced(self, admin_client: Client, rows: Call) -> None:
        self.change(admin_client, password="another one")
        assert Trunk.objects.get().password.reveal() == "another one"
        assert "another one" not in LogEntry.objects.get().change_message

    def test_password_is_removed(self, admin_client: Client, rows: Call) -> None:
        self.change(admin_client, clear_password="on")
        assert not Trunk.objects.get().password

    def test_not_both(self, admin_client: Client, rows: Call) -> None:
        response = self.change(admin_client, clear_password="on", password="another one")
        assert "not both" in response.text
        assert Trunk.objects.get().password.reveal() == PASSWORD

    def test_fault_names_codec(self, admin_client: Client, rows: Call) -> None:
        assert "“speex” is not a codec" in self.change(admin_client, codecs="speex, PCMU").text

    def test_application_stays(self, admin_client: Client, rows: Call) -> None:
        self.change(admin_client, application=make_application("Other").pk)
        assert Trunk.objects.get().application == rows.application

    def test_new_trunk(self, admin_client: Client, rows: Call) -> None:
        values = {
            "application": rows.application.pk,
            "name": "Second",
            "host": "10.0.0.1",
            "port": "5060",
            "transport": "udp",
            "codecs": "PCMU",
            **formset("inbound_numbers", {"number": "+12025550199", "group": rows.agent.group.pk}),
            **formset("number_rules"),
        }
        assert admin_client.post(address(Trunk, "add"), values).status_code == 302
        trunk = Trunk.objects.get(name="Second")
        assert not trunk.password
        assert trunk.inbound_numbers.get().group == rows.agent.group


class TestAgentPages:
    def test_enable_and_disable(self, admin_client: Client, rows: Call) -> None:
        make_agent(rows.application, "demo_002", enabled=False)
        for action, enabled in (("disable", False), ("enable", True)):
            data = {"action": action, "_selected_action": list(Agent.objects.values_list("pk", flat=True))}
            assert admin_client.post(address(Agent, "changelist"), data).status_code == 302
            assert set(Agent.objects.values_list("enabled", flat=True)) == {enabled}
        assert LogEntry.objects.filter(change_message__contains="nabled").count() == 3

    def test_new_agent(self, admin_client: Client, rows: Call) -> None:
        group = AgentGroup.objects.get()
        values = {
            "application": group.application_id,
            "group": group.pk,
            "account": "demo_009",
            "name": "Bob",
            "enabled": "on",
        }
        assert admin_client.post(address(Agent, "add"), values).status_code == 302
        assert Agent.objects.get(account="demo_009").status == 1

    def test_group_of_another_application_is_refused(self, admin_client: Client, rows: Call) -> None:
        group = AgentGroup.objects.get()
        values = {"application": make_application("Other").pk, "group": group.pk, "account": "demo_009", "name": "Bob"}
        assert "another application" in admin_client.post(address(Agent, "add"), values).text

    def test_only_application_is_preselected(self, admin_client: Client, rows: Call) -> None:
        page = admin_client.get(address(Agent, "add")).text
        assert f'<option value="{rows.application.pk}" selected>' in page

    def test_group_with_a_trunk_of_another_application(self, admin_client: Client, rows: Call) -> None:
        stranger = make_trunk(make_application("Other"), "Stranger")
        values = {"application": rows.application.pk, "name": "Support", "wrap_up_seconds": 15}
        response = admin_client.post(
            address(AgentGroup, "add"), {**values, **formset("routes", {"trunk": stranger.pk, "priority": 1})}
        )
        assert "another application" in response.text
        assert "Stranger" not in admin_client.get(address(AgentGroup, "change", AgentGroup.objects.get().pk)).text

    def test_new_group_with_its_trunk(self, admin_client: Client, rows: Call) -> None:
        values = {"application": rows.application.pk, "name": "Support", "wrap_up_seconds": 0}
        trunk = Trunk.objects.get()
        response = admin_client.post(
            address(AgentGroup, "add"), {**values, **formset("routes", {"trunk": trunk.pk, "priority": 1})}
        )
        assert response.status_code == 302
        assert list(AgentGroup.objects.get(name="Support").trunks.all()) == [trunk]


class TestLanguagePages:
    def test_default_moves(self, admin_client: Client) -> None:
        make_language("en")
        values = {"code": "it", "native_name": "Italiano", "direction": "ltr", "enabled": "on", "is_default": "on"}
        assert admin_client.post(address(Language, "add"), values).status_code == 302
        assert Language.objects.get(is_default=True).code == "it"

    def test_default_cannot_be_deleted(self, admin_client: Client) -> None:
        english, spanish = make_language("en"), make_language("es")
        assert admin_client.post(address(Language, "delete", english.pk), {"post": "yes"}).status_code == 403
        data = {"action": "delete_selected", "_selected_action": [english.pk, spanish.pk], "post": "yes"}
        admin_client.post(address(Language, "changelist"), data)
        assert Language.objects.filter(pk=english.pk).exists()

    def test_faults_are_shown(self, admin_client: Client) -> None:
        english = make_language("en")
        values = {"code": "en", "native_name": "English", "direction": "ltr", "is_default": "on"}
        response = admin_client.post(address(Language, "change", english.pk), values)
        assert "The default language cannot be disabled" in response.text
