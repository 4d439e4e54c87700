"""Rules across rows, and the constraints that hold whoever writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from tests.web.factories import make_agent, make_application, make_ended_call, make_group, make_language, make_trunk
from widget.models import Agent, AgentGroup, Application, Call, CallEvent, Language, Trunk, TrunkRoute

pytestmark = pytest.mark.django_db


def faults(instance: models.Model) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        instance.full_clean()
    return caught.value.message_dict


def refused_by_database(change: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


class TestLanguage:
    def test_first_language_becomes_the_default(self) -> None:
        Language.objects.all().delete()
        assert make_language("it").is_default

    def test_new_default_takes_over(self) -> None:
        english = make_language("en")
        spanish = Language(code="it", native_name="Italiano", is_default=True)
        spanish.full_clean()
        spanish.save()
        english.refresh_from_db()
        assert (english.is_default, spanish.is_default) == (False, True)

    def test_default_cannot_be_disabled(self) -> None:
        english = make_language("en")
        english.enabled = False
        assert "another language the default" in faults(english)["enabled"][0]
        refused_by_database(lambda: Language.objects.update(enabled=False))

    def test_one_must_be_the_default(self) -> None:
        english = make_language("en")
        english.is_default = False
        assert "must be the default" in faults(english)["is_default"][0]

    def test_two_defaults_are_refused_by_the_database(self) -> None:
        make_language("en"), make_language("es")
        refused_by_database(lambda: Language.objects.update(is_default=True))

    def test_language_in_use_cannot_be_disabled(self) -> None:
        make_language("en")
        spanish = make_language("es")
        make_application("CRM", default_language=spanish)
        spanish.enabled = False
        assert "CRM" in faults(spanish)["enabled"][0]


class TestApplication:
    def test_generated_values(self) -> None:
        application = make_application()
        assert len(application.public_id) == 10
        assert application.public_id.isalnum()
        assert len(application.api_secret.reveal()) == 32
        assert make_application("Other").api_key != application.api_key

    def test_lists_are_normalised(self) -> None:
        application = make_application(allowed_origins=["HTTPS://Crm.Example:443/"], ip_allow_list=["10.0.0.1/32"])
        application.full_clean()
        assert application.allowed_origins == ["https://crm.example"]
        assert application.ip_allow_list == ["10.0.0.1"]

    def test_each_fault_is_told_beside_its_field(self) -> None:
        application = make_application(allowed_origins=["*", "x"], ip_allow_list=["y"])
        found = faults(application)
        assert [len(found[name]) for name in ("allowed_origins", "ip_allow_list")] == [2, 1]

    def test_default_language_must_be_enabled(self) -> None:
        make_language("en")
        application = make_application(default_language=make_language("es", enabled=False))
        assert "Enable it first" in faults(application)["default_language"][0]

    def test_empty_secret_is_refused(self) -> None:
        application = make_application()
        application.api_secret = ""
        assert "api_secret" in faults(application)

    def test_language_and_mode_in_use_stay(self) -> None:
        application = make_application()
        with pytest.raises(ProtectedError):
            application.default_language.delete()
        with pytest.raises(ProtectedError):
            application.default_mode.delete()


class TestAgent:
    def test_account_is_unique_in_its_application(self) -> None:
        agent = make_agent(make_application())
        twin = Agent(application=agent.application, group=agent.group, account=agent.account, name="Bob")
        assert "another account" in faults(twin)["__all__"][0]
        make_agent(make_application("Other"), account=agent.account)

    def test_group_of_another_application(self) -> None:
        agent = make_agent(make_application())
        agent.group = make_group(make_application("Other"))
        assert "another application" in faults(agent)["group"][0]

    def test_agent_stays_in_its_application(self) -> None:
        agent = make_agent(make_application())
        agent.application = make_application("Other")
        agent.group = make_group(agent.application)
        assert "cannot move" in faults(agent)["application"][0]

    def test_status_is_one_of_the_contract(self) -> None:
        make_agent(make_application())
        refused_by_database(lambda: Agent.objects.update(status=6))

    def test_group_with_agents_stays(self) -> None:
        agent = make_agent(make_application())
        with pytest.raises(RestrictedError):
            agent.group.delete()

    def test_application_without_calls_goes_with_all_that_is_in_it(self) -> None:
        application = make_agent(make_application()).application
        make_trunk(application)
        application.delete()
        assert not Agent.objects.exists()
        assert not Trunk.objects.exists()

    @pytest.mark.parametrize(("name", "good"), [("abc", False), ("abcd", True), ("x" * 32, True), ("x" * 33, False)])
    def test_group_names(self, name: str, *, good: bool) -> None:
        group = AgentGroup(application=make_application(), name=name)
        if good:
            group.full_clean()
        else:
            assert "name" in faults(group)


class TestTrunk:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("host", "sip:x"),
            ("port", 65536),
            ("codecs", ["speex"]),
            ("codecs", []),
            ("transport", "ws"),
            ("caller_id", "anonymous"),
        ],
    )
    def test_faults_name_the_field(self, field: str, value: object) -> None:
        trunk = make_trunk(make_application())
        setattr(trunk, field, value)
        assert field in faults(trunk)

    def test_registering_needs_a_user_name(self) -> None:
        trunk = make_trunk(make_application(), registers=True)
        assert "user name" in faults(trunk)["username"][0]

    def test_codecs_keep_their_order(self) -> None:
        trunk = make_trunk(make_application(), codecs=["pcma", "pcmu"])
        trunk.full_clean()
        assert trunk.codecs == ["PCMA", "PCMU"]

    def test_route_to_a_trunk_of_another_application(self) -> None:
        group = make_group(make_application())
        route = TrunkRoute(group=group, trunk=make_trunk(make_application("Other")))
        assert "another application" in faults(route)["trunk"][0]

    def test_route_is_listed_once(self) -> None:
        group = make_group(make_application())
        trunk = make_trunk(group.application)
        TrunkRoute.objects.create(group=group, trunk=trunk)
        assert "listed twice" in faults(TrunkRoute(group=group, trunk=trunk))["__all__"][0]

    def test_lowest_priority_number_comes_first(self) -> None:
        group = make_group(make_application())
        for name, priority in (("second", 2), ("first", 1)):
            TrunkRoute.objects.create(group=group, trunk=make_trunk(group.application, name), priority=priority)
        assert [route.trunk.name for route in group.routes.all()] == ["first", "second"]


class TestCall:
    def test_id_is_32_hex_digits(self) -> None:
        call = make_ended_call(make_agent(make_application()))
        assert len(call.id) == 32
        int(call.id, 16)

    @pytest.mark.parametrize(
        "fields",
        [
            {"state": "lost"},
            {"ended_at": None},
            {"termination": ""},
            {"ended_by": ""},
            {"ended_by": "nobody"},
            {"direction": "sideways"},
            {"state": "calling"},
            {"state": "talking", "ended_at": None},
        ],
    )
    def test_records_that_contradict_themselves_are_refused(self, fields: dict[str, Any]) -> None:
        make_ended_call(make_agent(make_application()))
        refused_by_database(lambda: Call.objects.update(**fields))

    def test_one_live_call_for_each_agent(self) -> None:
        agent = make_agent(make_application())
        live = {"state": "calling", "ended_at": None, "termination": "", "ended_by": ""}
        make_ended_call(agent)
        make_ended_call(agent, **live)
        refused_by_database(lambda: make_ended_call(agent, **live))

    def test_record_outlives_its_trunk_and_keeps_its_agent(self) -> None:
        agent = make_agent(make_application())
        trunk = make_trunk(agent.application)
        call = make_ended_call(agent, trunk=trunk)
        trunk.delete()
        call.refresh_from_db()
        assert call.trunk is None
        with pytest.raises(ProtectedError):
            agent.delete()

    def test_events_of_a_call_are_numbered_once(self) -> None:
        call = make_ended_call(make_agent(make_application()))
        for seq in (2, 1):
            CallEvent.objects.create(call=call, seq=seq, name="ended", at=timezone.now() + timedelta(seconds=seq))
        assert [event.seq for event in call.events.all()] == [1, 2]
        refused_by_database(lambda: CallEvent.objects.create(call=call, seq=1, name="ended"))


def test_texts_of_the_models() -> None:
    application = make_application()
    agent = make_agent(application)
    trunk = make_trunk(application)
    route = TrunkRoute(group=agent.group, trunk=trunk, priority=3)
    shown = [str(one) for one in (application, agent, agent.group, trunk, route, application.default_mode)]
    assert shown == ["CRM", "Ann (demo_001)", "Sales", "Carrier", "3. Carrier", "Everything"]
    assert isinstance(application, Application)
