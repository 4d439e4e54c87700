"""createSdkAuthentication over real requests: the documented codes, and nothing stored on failure."""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Any

import pytest
from django.test import Client, override_settings

from tests.web.factories import make_agent, make_application
from widget import credentials
from widget.api.signature import sign
from widget.encryption import Secret
from widget.errors import NotSignedInError
from widget.models import Agent, Application, Credential

PATH = "/v3/cc/seat/createSdkAuthentication"
SECRET = "ourSecret01"
GOOD = {"account": "demo_001", "expires": 7200}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def application() -> Application:
    return make_application(api_key="ourKey01", api_secret="ourSecret01", public_id="AbCdEf12Gh")


@pytest.fixture
def agent(application: Application) -> Agent:
    return make_agent(application)


def headers(*, key: str = "ourKey01", secret: str = SECRET, age: float = 0, **changes: str) -> dict[str, str]:
    timestamp = changes.pop("Timestamp", str(int(time.time() - age)))
    return {"Sign": sign(key, secret, timestamp), "Timestamp": timestamp, "Api-Key": key, **changes}


def post(body: Any = GOOD, *, sent: dict[str, str] | None = None, client: Client | None = None, **extra: Any) -> Any:
    data = body if isinstance(body, bytes) else json.dumps(body)
    content_type = "application/json;charset=UTF-8"
    client = client or Client(enforce_csrf_checks=True)
    return client.post(PATH, data, content_type=content_type, headers=sent or headers(), **extra)


def refused(response: Any, status: str) -> str:
    """Assert a documented failure that stored nothing; return its reason."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json;charset=UTF-8"
    answer = response.json()
    assert answer.keys() == {"status", "reason"}
    assert answer["status"] == status
    assert not Credential.objects.exists()
    return str(answer["reason"])


def test_success_has_the_documented_shape(agent: Agent) -> None:
    response = post()
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json;charset=UTF-8"
    assert response["Cache-Control"] == "no-store"
    answer = response.json()
    assert answer.keys() == {"status", "reason", "data"}
    assert (answer["status"], answer["reason"]) == ("0", "success")
    assert re.fullmatch(
        r"Bearer AbCdEf12Gh:demo_001:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer["data"]["authentication"]
    )
    assert credentials.verify(answer["data"]["authentication"]).agent == agent


def test_credential_is_stored_hashed_and_lives_as_long_as_asked(agent: Agent) -> None:
    token = post().json()["data"]["authentication"]
    stored = Credential.objects.get()
    assert (stored.expires_at - stored.issued_at).total_seconds() == 7200
    secret_part = token.rsplit(":", 1)[1]
    assert all(secret_part not in str(value) for value in Credential.objects.values().get().values())


@pytest.mark.parametrize("expires", [60, 28800, "60", "7200"])
def test_accepted_expires(agent: Agent, expires: object) -> None:
    assert post({**GOOD, "expires": expires}).json()["status"] == "0"


@pytest.mark.parametrize(
    "expires",
    [
        59,
        28801,
        0,
        -60,
        True,
        7200.0,
        7200.5,
        "",
        "abc",
        "7200.0",
        "+60",
        "\u0666\u0660\u0660",
        None,
        [],
        {},
        10**30,
        "9" * 99,
    ],
)
def test_refused_expires(agent: Agent, expires: object) -> None:
    reason = refused(post({**GOOD, "expires": expires}), "-22")
    assert "expires" in reason
    assert "60" in reason
    assert "28800" in reason


@pytest.mark.parametrize("account", [None, "", 1, True, [], {"a": 1}])
def test_account_of_a_wrong_type(agent: Agent, account: object) -> None:
    assert "account" in refused(post({**GOOD, "account": account}), "-22")


@pytest.mark.parametrize("account", ["nobody", "DEMO_001", "demo_001 ", "a:b", "x\0y", "x" * 5000, "' OR 1=1 --"])
def test_unknown_account(agent: Agent, account: str) -> None:
    refused(post({**GOOD, "account": account}), "-24")


def test_disabled_account(agent: Agent) -> None:
    Agent.objects.update(enabled=False)
    refused(post(), "-24")


def test_account_of_another_application(application: Application) -> None:
    make_agent(make_application("Other"))
    refused(post(), "-24")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"account=demo_001&expires=60",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"17",
        b'{"account":"demo_001"}',
        b'{"expires":60}',
        b"{}",
        b'{"account":"demo_001","expires":NaN}',
        b'{"account":"demo_001","expires":1e999}',
        b'{"account":"\xff","expires":60}',
        b'{"account":"\\ud800","expires":60}',
        b"[" * 60_000,
        b'{"account":"demo_001","expires":' + b"9" * 6000 + b"}",
        b" " * 65_536 + b"{}",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_bodies_that_are_not_what_the_interface_takes(agent: Agent, body: bytes) -> None:
    assert len(refused(post(body), "-22")) > 10


def test_body_of_the_largest_size_is_read(agent: Agent) -> None:
    body = json.dumps(GOOD).encode()
    assert post(body + b" " * (65_536 - len(body))).json()["status"] == "0"
    assert post(b"\xef\xbb\xbf" + body).json()["status"] == "0"  # with a byte order mark, as .NET sends it


@pytest.mark.parametrize("name", ["Sign", "Timestamp", "Api-Key"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_missing_header_is_named(agent: Agent, name: str, value: str | None) -> None:
    sent = headers()
    del sent[name]
    if value is not None:
        sent[name] = value
    assert name in refused(post(sent=sent), "-1")


@pytest.mark.parametrize(
    "sent",
    [
        {"key": "unknown1"},
        {"secret": "wrongSecret"},
        {"Sign": "0" * 32},
        {"Sign": "é"},
        {"Api-Key": "OURKEY01"},
    ],
)
def test_unknown_key_and_wrong_signature_look_the_same(agent: Agent, sent: dict[str, str]) -> None:
    assert refused(post(sent=headers(**sent)), "-1") == "account authentication failed"  # type: ignore[arg-type]


def test_key_with_nul(agent: Agent) -> None:
    refused(post(sent=headers(key="our\0Key")), "-1")


def test_signature_in_capitals(agent: Agent) -> None:
    sent = headers()
    assert post(sent={**sent, "Sign": sent["Sign"].upper()}).json()["status"] == "0"


@pytest.mark.parametrize("age", [310, -310, 3600])
def test_stale_timestamp_has_the_documented_answer(agent: Agent, age: int) -> None:
    response = post(sent=headers(age=age))
    refused(response, "-16")
    assert response.content == b'{"status":"-16","reason":"timestamp expires"}'


@pytest.mark.parametrize("timestamp", ["1767225600", "soon", "1e9", "99999999999999999999999"])
def test_signed_timestamp_that_is_no_time_of_ours(agent: Agent, timestamp: str) -> None:
    refused(post(sent=headers(Timestamp=timestamp)), "-16")


@pytest.mark.parametrize("age", [290, -290])
def test_timestamp_within_the_tolerance(agent: Agent, age: int) -> None:
    assert post(sent=headers(age=age)).json()["status"] == "0"


def test_tolerance_is_a_setting(agent: Agent, settings: Any) -> None:
    settings.CCSDK = {**settings.CCSDK, "SIGNATURE_TOLERANCE_SECONDS": 10}
    refused(post(sent=headers(age=60)), "-16")


def test_wrong_signature_is_told_before_a_stale_time(agent: Agent) -> None:
    refused(post(sent=headers(secret="wrong", age=9999)), "-1")


def test_address_outside_the_allow_list(agent: Agent) -> None:
    Application.objects.update(ip_allow_list=["203.0.113.0/24"])
    refused(post(), "-2")
    refused(post(sent={**headers(), "X-Forwarded-For": "203.0.113.9"}), "-2")


def test_address_inside_the_allow_list(agent: Agent) -> None:
    Application.objects.update(ip_allow_list=["203.0.113.0/24", "2001:db8::/32"])
    assert post(REMOTE_ADDR="203.0.113.9").json()["status"] == "0"
    assert post(REMOTE_ADDR="2001:db8::7").json()["status"] == "0"


def test_address_behind_our_proxy(agent: Agent, settings: Any) -> None:
    settings.CCSDK = {**settings.CCSDK, "TRUSTED_PROXIES": ["127.0.0.1"]}
    Application.objects.update(ip_allow_list=["203.0.113.9"])
    assert post(sent={**headers(), "X-Forwarded-For": "6.6.6.6, 203.0.113.9"}).json()["status"] == "0"


def test_address_is_told_before_the_body(agent: Agent) -> None:
    Application.objects.update(ip_allow_list=["203.0.113.0/24"])
    refused(post(b"{"), "-2")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head"])
def test_only_post(agent: Agent, method: str) -> None:
    response = getattr(Client(), method)(PATH, headers=headers())
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    if method != "head":
        assert response.json()["status"] == "-22"
    assert not Credential.objects.exists()


def test_failures_of_ours_are_minus_18_and_logged_without_secrets(agent: Agent, settings: Any, caplog: Any) -> None:
    settings.CCSDK = {"SECRET_KEYS": ["b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q="]}
    assert refused(post(), "-18") == "system error"
    assert "SecretUnreadableError" in caplog.text
    assert "ourSecret01" not in caplog.text


def test_audit_line_names_who_and_not_the_token(agent: Agent, caplog: Any) -> None:
    caplog.set_level(logging.INFO, "widget")
    token = post().json()["data"]["authentication"]
    assert "credential issued: application AbCdEf12Gh, account demo_001, 7200 s" in caplog.text
    assert token.rsplit(":", 1)[1] not in caplog.text


def test_hostile_key_cannot_forge_a_log_line(agent: Agent, caplog: Any) -> None:
    post(sent=headers(key="x\ncredential issued: application"))
    assert "\ncredential issued" not in caplog.text


def test_new_credential_replaces_the_old_one(agent: Agent) -> None:
    first = post().json()["data"]["authentication"]
    second = post().json()["data"]["authentication"]
    assert Credential.objects.count() == 1
    assert credentials.verify(second).agent == agent
    with pytest.raises(NotSignedInError, match="replaced"):
        credentials.verify(first)


def test_failed_request_leaves_the_old_credential(agent: Agent) -> None:
    token = post().json()["data"]["authentication"]
    assert post({**GOOD, "expires": 1}).json()["status"] == "-22"
    assert credentials.verify(token).agent == agent


@override_settings(CHANNEL_LAYERS={"default": {"BACKEND": "tests.api.broken_layer.BrokenLayer", "CONFIG": {}}})
def test_broken_channel_layer_does_not_withhold_the_credential(agent: Agent, caplog: Any) -> None:
    token = post().json()["data"]["authentication"]
    assert credentials.verify(token).agent == agent
    assert "the layer is down" in caplog.text


def test_secret_with_a_rotated_key_still_works(agent: Agent, settings: Any) -> None:
    new = "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItb3Q="
    settings.CCSDK = {"SECRET_KEYS": [new, *settings.CCSDK["SECRET_KEYS"]]}
    assert post().json()["status"] == "0"
    assert isinstance(Application.objects.get().api_secret, Secret)
