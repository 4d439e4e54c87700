"""The demo's rows: complete, made once, made anew on wish, and never over what an admin changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from ccsite.demo import data, values
from ccsite.demo.customer.contacts import CONTACTS
from widget.models import Agent, AgentGroup, Application, Language, Mode, Trunk
from widget.simulator.numbers import SCRIPTED

pytestmark = pytest.mark.django_db

FIRST = data.Surroundings(origins=("http://127.0.0.1:8001", "http://localhost:8001"), carrier_port=40_001)
SECOND = data.Surroundings(origins=("http://127.0.0.1:9001",), carrier_port=40_002)


def test_everything_that_a_call_needs_is_there_and_valid() -> None:
    data.load(FIRST)
    application = Application.objects.get(api_key="demoKey1")
    for row in (application, *Language.objects.all(), *Mode.objects.all(), *AgentGroup.objects.all()):
        row.full_clean()
    for row in (*Agent.objects.all(), *Trunk.objects.all()):
        row.full_clean()
    assert application.api_secret.reveal() == "demoSecret1"
    assert application.allowed_origins == list(FIRST.origins)
    assert [agent.account for agent in application.agents.order_by("account")] == [f"demo_00{n}" for n in range(1, 5)]
    assert Language.objects.get(is_default=True).code == "en"
    trunk = Agent.objects.get(account="demo_001").group.trunks.get()
    assert (trunk.host, trunk.port, trunk.username, trunk.password.reveal()) == ("127.0.0.1", 40_001, "demo", "demo")


@pytest.mark.parametrize("count", [1, 4, 12])
def test_as_many_agents_as_wished(count: int) -> None:
    data.load(data.Surroundings(origins=FIRST.origins, carrier_port=40_001, agents=values.agents(count)))
    accounts = [f"demo_{number:03}" for number in range(1, count + 1)]
    assert list(Agent.objects.order_by("account").values_list("account", flat=True)) == accounts


def test_the_administrator_can_sign_in() -> None:
    data.load(FIRST)
    user = authenticate(username=values.ADMIN_USER, password=values.ADMIN_PASSWORD)
    assert user is not None
    assert user.is_superuser


def test_a_second_start_renews_the_addresses_and_keeps_what_an_admin_changed() -> None:
    data.load(FIRST)
    Agent.objects.filter(account="demo_002").update(name="Renamed")
    own_page = "https://crm.example.com"
    Application.objects.update(name="Renamed", allowed_origins=[*FIRST.origins, own_page])
    data.load(SECOND)
    application = Application.objects.get(api_key="demoKey1")
    assert application.name == "Renamed"
    assert application.allowed_origins == [*SECOND.origins, *FIRST.origins, own_page]
    assert Trunk.objects.get().port == SECOND.carrier_port
    assert Agent.objects.get(account="demo_002").name == "Renamed"
    assert (Agent.objects.count(), Mode.objects.count()) == (4, len(data.MODES))


def test_made_anew_keeps_the_old_database_beside_the_new(tmp_path: Path) -> None:
    """Of whatever version the old one is: it is not read."""
    for name in ("demo.sqlite3", "demo.sqlite3-wal"):
        (tmp_path / name).write_text("of another version")
    data.put_aside(tmp_path / "demo.sqlite3")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "demo.sqlite3.before-reset",
        "demo.sqlite3.before-reset-wal",
    ]
    data.put_aside(tmp_path / "demo.sqlite3")


def test_demo_data_are_refused_on_other_settings() -> None:
    with pytest.raises(CommandError, match="public passwords"):
        call_command("load_demo", origins="http://127.0.0.1:1", carrier_port=1, reset=False)
    assert not Application.objects.exists()


def test_every_scripted_number_has_a_contact() -> None:
    assert [contact.phone for contact in CONTACTS] == [scenario.number for scenario in SCRIPTED]
