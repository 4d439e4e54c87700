"""A trunk's page: help that names field and fix, secrets that never come back, numbers tried out, calls counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from tests.sip.certificates import Authority
from tests.web.factories import make_application, make_trunk
from widget.models import NumberRule, Trunk, TrunkCount

pytestmark = pytest.mark.django_db
PAGES = "admin:ccsdk_trunk_"


@pytest.fixture
def trunk() -> Trunk:
    return make_trunk(make_application())


def post(client: Client, trunk: Trunk, *rules: dict[str, object], **changes: object) -> Any:
    values: dict[str, object] = {
        "name": trunk.name,
        "enabled": "on",
        "host": trunk.host,
        "port": "",
        "transport": "udp",
        "codecs": "PCMU",
        "tls_verify": "on",
        "sample_number": "12025550100",
        "inbound_numbers-TOTAL_FORMS": 0,
        "inbound_numbers-INITIAL_FORMS": 0,
        "number_rules-TOTAL_FORMS": len(rules),
        "number_rules-INITIAL_FORMS": 0,
        **{f"number_rules-{number}-{name}": value for number, rule in enumerate(rules) for name, value in rule.items()},
        **changes,
    }
    return client.post(reverse(f"{PAGES}change", args=[trunk.pk]), values)


def told(response: Any) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def faults(response: Any, field: str) -> str:
    return " ".join(response.context["adminform"].form.errors[field])


def test_an_empty_port_is_left_to_dns(admin_client: Client, trunk: Trunk) -> None:
    assert post(admin_client, trunk, max_calls="", calls_per_second="").status_code == 302
    trunk.refresh_from_db()
    assert (trunk.port, trunk.max_calls, trunk.calls_per_second) == (0, 0, 0)


def test_a_new_trunk_is_not_asked_about_what_is_stored(admin_client: Client, trunk: Trunk) -> None:
    new = admin_client.get(reverse("admin:ccsdk_trunk_add")).text
    stored = admin_client.get(reverse("admin:ccsdk_trunk_change", args=[trunk.pk])).text
    for about_stored in ("Remove the stored password", "keeps the stored one", "id_clear_tls_key"):
        assert about_stored not in new
        assert about_stored in stored
    assert "id_password" in new


def test_what_a_request_leaves_out_stays(admin_client: Client, trunk: Trunk) -> None:
    Trunk.objects.update(srtp="required", ptime_ms=30, session_timer_seconds=600, identity="asserted")
    assert post(admin_client, trunk, ptime_ms="").status_code == 302
    trunk.refresh_from_db()
    kept = (trunk.srtp, trunk.ptime_ms, trunk.session_timer_seconds, trunk.identity)
    assert kept == ("required", 30, 600, "asserted")


@pytest.mark.parametrize(
    ("field", "value", "fix"),
    [
        ("host", "sip:carrier", "no sip:"),
        ("port", "70000", "65535"),
        ("allowed_sources", "10.0.0.0/8\n10.0.0.1/8", "neither an address nor a network"),
        ("extra_headers", "Route: <sip:evil>", "X-Name: value"),
        ("extra_headers", "X-Account", "X-Name: value"),
        ("session_timer_seconds", "30", "90 and more"),
        ("codecs", "speex", "PCMU, PCMA, G722, opus"),
        ("tls_ca", "nonsense", "-----BEGIN CERTIFICATE-----"),
        ("tls_certificate", "-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----", "not a certificate"),
        ("tls_key", "secret nonsense", "Paste the certificate"),
        ("from_account", "on", "needs a header of its own"),
        ("max_calls", "-1", "greater than or equal to 0"),
    ],
)
def test_a_fault_names_field_and_fix(admin_client: Client, trunk: Trunk, field: str, value: str, fix: str) -> None:
    response = post(admin_client, trunk, **{field: value})
    assert response.status_code == 200
    assert fix in str(response.context["adminform"].form.errors)
    assert "secret nonsense" not in response.text


class TestTls:
    def test_certificate_and_key_belong_together(self, admin_client: Client, trunk: Trunk) -> None:
        authority = Authority()
        ours, other = authority.identity("ours.example"), authority.identity("other.example")
        tls = {"transport": "tls", "tls_certificate": ours.certificate, "tls_ca": authority.certificate}
        assert "another certificate" in faults(post(admin_client, trunk, **tls, tls_key=other.key), "tls_key")
        assert "no key" in faults(post(admin_client, trunk, **tls), "tls_key")
        assert post(admin_client, trunk, **tls, tls_key=ours.key).status_code == 302
        trunk.refresh_from_db()
        assert trunk.tls_key.reveal().strip() == ours.key.strip()
        assert trunk.tls_verify

    def test_the_key_never_comes_back_and_empty_keeps_it(self, admin_client: Client, trunk: Trunk) -> None:
        ours = Authority().identity("ours.example")
        tls = {"transport": "tls", "tls_certificate": ours.certificate}
        response = post(admin_client, trunk, **tls, tls_key=ours.key, host="sip:x")
        assert ours.key.splitlines()[1] not in response.text
        post(admin_client, trunk, **tls, tls_key=ours.key)
        page = admin_client.get(reverse(f"{PAGES}change", args=[trunk.pk])).text
        assert ours.key.splitlines()[1] not in page
        assert "PRIVATE KEY" not in page.replace("-----BEGIN PRIVATE KEY-----", "")
        post(admin_client, trunk, **tls)
        trunk.refresh_from_db()
        assert trunk.tls_key

    def test_key_and_certificate_are_removed_together(self, admin_client: Client, trunk: Trunk) -> None:
        ours = Authority().identity("ours.example")
        post(admin_client, trunk, tls_certificate=ours.certificate, tls_key=ours.key)
        assert post(admin_client, trunk, clear_tls_key="on").status_code == 302
        trunk.refresh_from_db()
        assert not trunk.tls_key

    @pytest.mark.parametrize(
        ("changes", "doubt"),
        [
            ({"transport": "tls", "port": "5060"}, "TLS usually uses port 5061"),
            ({"transport": "tcp", "port": "5061"}, "Port 5061 is for TLS"),
            ({"transport": "tls", "tls_verify": ""}, "not verified"),
            ({"srtp": "required"}, "travel unprotected"),
        ],
    )
    def test_what_looks_odd_is_saved_and_said(
        self, admin_client: Client, trunk: Trunk, changes: dict[str, str], doubt: str
    ) -> None:
        assert any(doubt in each for each in told(post(admin_client, trunk, **changes)))

    def test_the_usual_raises_no_doubt(self, admin_client: Client, trunk: Trunk) -> None:
        assert len(told(post(admin_client, trunk, transport="tls", srtp="optional"))) == 1


class TestNumberRules:
    def test_a_number_is_tried_when_the_trunk_is_saved(self, admin_client: Client, trunk: Trunk) -> None:
        rule = {"applies_to": "called", "position": 1, "prefix": "", "replacement": "+", "min_digits": 8}
        response = post(admin_client, trunk, rule)
        assert "called number: 12025550100 → +12025550100" in told(response)
        page = admin_client.get(reverse(f"{PAGES}change", args=[trunk.pk])).text
        assert "12025550100 → +12025550100" in page
        assert NumberRule.objects.get().max_digits == 20

    @pytest.mark.parametrize(
        ("rule", "fix"),
        [
            ({"prefix": "(a+)+$", "replacement": "1"}, "Use digits"),
            ({"prefix": "0", "replacement": "0"}, "changes nothing"),
            ({"prefix": "0", "replacement": "1", "min_digits": 9, "max_digits": 5}, "No number fits"),
            ({"prefix": "0", "replacement": "1", "max_digits": 21}, "less than or equal to 20"),
        ],
    )
    def test_a_rule_that_cannot_work_is_refused(
        self, admin_client: Client, trunk: Trunk, rule: dict[str, object], fix: str
    ) -> None:
        assert fix in post(admin_client, trunk, {"applies_to": "called", "position": 1, **rule}).text
        assert not NumberRule.objects.exists()

    @pytest.mark.parametrize(
        ("prefix", "replacement", "lengths", "example"),
        [
            ("00", "+", (0, 20), "00120255501 → +120255501"),
            ("+44", "0", (0, 20), "+44120255501 → 0120255501"),
            ("", "9", (3, 3), "120 → 9120"),
        ],
    )
    def test_each_rule_shows_an_example(
        self, admin_client: Client, trunk: Trunk, prefix: str, replacement: str, lengths: tuple[int, int], example: str
    ) -> None:
        least, most = lengths
        trunk.number_rules.create(prefix=prefix, replacement=replacement, min_digits=least, max_digits=most)
        assert example in admin_client.get(reverse(f"{PAGES}change", args=[trunk.pk])).text


class TestCounts:
    def test_list_and_page_tell_how_calls_fared(self, admin_client: Client, trunk: Trunk) -> None:
        today = datetime.now(UTC).date()
        for sip_code, attempts, delays, delay_ms in ((200, 6, 6, 9000), (486, 3, 2, 3000), (0, 1, 0, 0)):
            TrunkCount.objects.create(
                trunk=trunk, day=today, sip_code=sip_code, attempts=attempts, delays=delays, delay_ms=delay_ms
            )
        TrunkCount.objects.create(trunk=trunk, day=today, direction="inbound", sip_code=200, attempts=4)
        listed = admin_client.get(reverse(f"{PAGES}changelist")).text
        assert "60% (6/10)" in listed
        assert "1.5 s" in listed
        page = admin_client.get(reverse(f"{PAGES}change", args=[trunk.pk])).text
        assert f"<td>{today.isoformat()}</td><td>outbound</td><td>10</td><td>6 (60%)</td><td>1.5 s</td>" in page
        assert f"<td>{today.isoformat()}</td><td>inbound</td><td>4</td><td>4 (100%)</td>" in page
        assert "no answer at all × 1, 486 × 3" in page  # noqa: RUF001  (a times sign)

    def test_a_trunk_without_calls_has_no_ratio(self, admin_client: Client, trunk: Trunk) -> None:
        page = admin_client.get(reverse(f"{PAGES}changelist")).text
        assert "%" not in page.split("result_list")[1]
