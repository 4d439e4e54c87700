"""How trunks do, in the admin's words, and the page that tests one."""

from __future__ import annotations

import ast
import inspect
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from tests.web.factories import make_application, make_trunk
from widget.admin import trunk_health, trunk_test, trunk_test_words
from widget.admin.trunk_test import NobodyAnswersError
from widget.models import HealthState, Trunk, TrunkHealth
from widget.sip.reachability import Reach, TlsFault
from widget.sip.registration import RegistrationState
from widget.switchboard import trunk_answers, trunk_call, trunk_variants, trunk_way
from widget.switchboard import trunk_test as trunk_tests
from widget.switchboard.findings import Finding, Outcome, Step
from widget.switchboard.health import Reason, State
from widget.switchboard.trunk_call import FAILURES, REASONS
from widget.switchboard.trunk_other_way import Instead

HOSTILE = "<script>alert(1)</script>"
LIST = "admin:ccsdk_trunk_changelist"

pytestmark = pytest.mark.django_db


@pytest.fixture
def trunk() -> Trunk:
    return make_trunk(make_application())


def health(trunk: Trunk, **fields: Any) -> TrunkHealth:
    return TrunkHealth.objects.create(trunk=trunk, **{"checked_at": timezone.now(), "state": "up", **fields})


def page(client: Client, trunk: Trunk) -> str:
    response = client.get(reverse("admin:ccsdk_trunk_change", args=[trunk.pk]))
    assert response.status_code == 200
    return str(response.text)


class TestHealth:
    def test_in_the_list(self, admin_client: Client, trunk: Trunk) -> None:
        assert "not checked yet" in admin_client.get(reverse(LIST)).text
        health(trunk, state="down", registration="refused")
        shown = admin_client.get(reverse(LIST)).text
        assert 'data-health="down"' in shown
        assert "down · registration failing" in shown

    def test_on_the_page(self, admin_client: Client, trunk: Trunk) -> None:
        health(trunk, state="degraded", reason="overloaded", detail=f"503 {HOSTILE}", round_trip_ms=31)
        shown = page(admin_client, trunk)
        assert "shaky since" in shown
        assert "It answers that it cannot work now." in shown
        assert ", 31 ms" in shown
        assert HOSTILE not in shown
        assert "&lt;script&gt;" in shown

    def test_registration_has_its_own_line(self, admin_client: Client, trunk: Trunk) -> None:
        Trunk.objects.update(registers=True, username="acme")
        health(trunk, registration="refused", registration_since=timezone.now())
        assert "refused: check user name and password" in page(admin_client, trunk)

    def test_old_news_is_called_so(self, admin_client: Client, trunk: Trunk) -> None:
        health(trunk, checked_at=timezone.now() - timedelta(days=1))
        assert "is the switchboard running?" in page(admin_client, trunk)
        assert "not checked yet" in admin_client.get(reverse(LIST)).text

    def test_a_trunk_that_is_disabled_is_not_asked(self, admin_client: Client, trunk: Trunk) -> None:
        health(trunk)
        Trunk.objects.update(enabled=False)
        assert "disabled, so it is not asked" in page(admin_client, trunk)

    def test_nobody_asks(self, admin_client: Client, trunk: Trunk, settings: Any) -> None:
        settings.CCSDK = {**settings.CCSDK, "TRUNK_CHECK_SECONDS": 0}
        assert "TRUNK_CHECK_SECONDS is 0" in page(admin_client, trunk)

    def test_adding_a_trunk_shows_no_health(self, admin_client: Client) -> None:
        assert "health_in_words" not in admin_client.get(reverse("admin:ccsdk_trunk_add")).text

    def test_every_state_and_reason_has_words(self) -> None:
        assert {state.value for state in State} == set(HealthState.values)
        assert set(trunk_health.REASONS) == set(Reason) - {Reason.NONE}
        assert set(trunk_health.REGISTRATIONS) == {state.value for state in RegistrationState}


def reasons_in(module: Any) -> set[tuple[str, str]]:
    """Step and reason of each finding that a module makes with constants."""
    found = set()
    for call in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"ok", "note", "fail"}:
            step = call.args[0]
            assert isinstance(step, ast.Attribute)
            found |= {(Step[step.attr].value, text) for text in texts_in(call.args[1])}
    return found


def texts_in(expression: ast.AST) -> list[str]:
    nodes = ast.walk(expression)
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


class TestWords:
    def test_every_reason_has_a_sentence(self) -> None:
        wanted = set().union(*map(reasons_in, (trunk_way, trunk_answers, trunk_call, trunk_tests)))
        wanted |= {(Step.CONNECTION.value, reach.value) for reach in Reach}
        wanted |= {(Step.TLS.value, fault.value) for fault in TlsFault if fault is not TlsFault.NONE}
        refusals = {*FAILURES.values(), *REASONS.values(), *trunk_variants.WANTS.values(), trunk_variants.WANTS_CODEC}
        wanted |= {(Step.CALL.value, reason) for reason in (*refusals, "refused", "call_wants_account")}
        wanted |= {(Step.OPTIONS.value, instead.value) for instead in Instead}
        known = {(str(step), reason) for step, texts in trunk_test_words.SENTENCES.items() for reason in texts}
        assert wanted == known

    def test_every_step_and_outcome_has_a_name(self) -> None:
        assert set(trunk_test_words.STEPS) == set(Step)
        assert set(trunk_test_words.OUTCOMES) == set(Outcome)

    def test_facts_stand_in_the_sentence(self) -> None:
        finding = Finding(
            Step.TLS, Outcome.FAIL, "wrong_name", {"names": "pbx.example.net", "expected": "sip.example.com"}
        )
        assert trunk_test_words.sentence(finding.packed()) == (
            "The certificate is for pbx.example.net and not for sip.example.com. If that is your carrier, enter one of "
            "these names under Name in the carrier's certificate; else correct Host."
        )

    @pytest.mark.parametrize("step", list(Step))
    def test_no_fact_is_needed(self, step: Step) -> None:
        for language in ("en", "es"):
            with translation.override(language):
                for reason in trunk_test_words.SENTENCES[step]:
                    assert trunk_test_words.sentence(Finding(step, Outcome.OK, reason).packed())

    def test_a_reason_of_another_version(self) -> None:
        assert trunk_test_words.sentence(Finding(Step.DNS, Outcome.OK, "of_another_day").packed()) == "of another day"


FINDINGS = [
    Finding(Step.SETTINGS, Outcome.OK, "complete").packed(),
    Finding(Step.DNS, Outcome.FAIL, "unknown_host", {"host": HOSTILE}).packed(),
]


class TestPage:
    def test_is_linked_from_the_trunk(self, admin_client: Client, trunk: Trunk) -> None:
        address = reverse("admin:ccsdk_trunk_test", args=[trunk.pk])
        assert f'href="{address}"' in page(admin_client, trunk)
        assert "Test now" in admin_client.get(address).text

    def post(self, client: Client, trunk: Trunk, number: str = "") -> str:
        response = client.post(reverse("admin:ccsdk_trunk_test", args=[trunk.pk]), {"number": number})
        assert response.status_code == 200
        return str(response.text)

    def test_shows_what_was_found(self, admin_client: Client, trunk: Trunk, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[int, str]] = []

        async def answer(trunk_id: int, number: str) -> list[dict[str, Any]]:
            asked.append((trunk_id, number))
            return FINDINGS

        monkeypatch.setattr(trunk_test, "ask", answer)
        shown = self.post(admin_client, trunk, "100")
        assert asked == [(trunk.pk, "100")]
        assert "The settings are complete." in shown
        assert "leads to no address" in shown
        assert "The trunk does not work yet" in shown
        assert HOSTILE not in shown

    def test_nobody_answers(self, admin_client: Client, trunk: Trunk, monkeypatch: pytest.MonkeyPatch) -> None:
        async def refuse(trunk_id: int, number: str) -> list[dict[str, Any]]:
            raise NobodyAnswersError

        monkeypatch.setattr(trunk_test, "ask", refuse)
        assert "No switchboard answers." in self.post(admin_client, trunk)

    def test_without_a_switchboard(self, admin_client: Client, trunk: Trunk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trunk_test, "ANSWER_SECONDS", 0.1)
        assert "No switchboard answers." in self.post(admin_client, trunk)

    def test_is_for_those_who_may_change_trunks(self, client: Client, trunk: Trunk) -> None:
        client.force_login(User.objects.create_user("sue", is_staff=True))
        assert client.get(reverse("admin:ccsdk_trunk_test", args=[trunk.pk])).status_code == 403

    def test_of_a_trunk_that_is_not_there(self, admin_client: Client) -> None:
        assert admin_client.get(reverse("admin:ccsdk_trunk_test", args=[999])).status_code == 404
