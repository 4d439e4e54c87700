"""Issue, verify, replace, and what live sockets are told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.utils import timezone

from tests.web.factories import make_agent, make_application
from widget import credentials
from widget.errors import NotSignedInError, SignInFailure
from widget.models import Agent, Credential
from widget.switchboard.messages import agent_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent() -> Agent:
    return make_agent(make_application())


def failure(token: Any) -> SignInFailure:
    with pytest.raises(NotSignedInError) as caught:
        credentials.verify(token)
    assert caught.value.code == 100200
    assert caught.value.message
    return caught.value.failure


def test_verify_takes_the_token_with_and_without_bearer(agent: Agent) -> None:
    token = credentials.issue(agent, 60)
    assert token.startswith("Bearer ")
    assert credentials.verify(token).agent == agent
    assert credentials.verify(token.removeprefix("Bearer ")).agent == agent
    assert credentials.verify(f"  {token} ").agent == agent


def test_verify_loads_what_signing_in_needs(agent: Agent, django_assert_num_queries: Any) -> None:
    token = credentials.issue(agent, 60)
    with django_assert_num_queries(1):
        found = credentials.verify(token).agent
        assert (found.group.name, found.application.default_language.code) == ("Sales", "en")
        assert found.application.default_mode.workbench


@pytest.mark.parametrize("token", ["", None, "Bearer", "Bearer ", "  "])
def test_missing(token: str | None) -> None:
    assert failure(token) is SignInFailure.MISSING


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "AbCdEf12Gh:demo_001",
        "AbCdEf12Gh:demo_001:not-a-uuid",
        "short:demo_001:11111111-2222-4333-8444-555555555555",
        "AbCdEf12Gh:demo 001:11111111-2222-4333-8444-555555555555",
        "Basic AbCdEf12Gh:demo_001:11111111-2222-4333-8444-555555555555",
        "AbCdEf12Gh:demo_001:11111111-2222-4333-8444-555555555555\nX",
        "\0" * 9,
        "x" * 100_000,
    ],
)
def test_malformed(token: str) -> None:
    assert failure(token) is SignInFailure.MALFORMED


def test_forged_token_is_answered_like_a_replaced_one(agent: Agent) -> None:
    credentials.issue(agent, 60)
    forged = f"{agent.application.public_id}:{agent.account}:11111111-2222-4333-8444-555555555555"
    assert failure(forged) is SignInFailure.REPLACED
    assert failure("AbCdEf12Gh:nobody:11111111-2222-4333-8444-555555555555") is SignInFailure.REPLACED


def test_expired(agent: Agent) -> None:
    token = credentials.issue(agent, 60)
    serial = Credential.objects.get().serial
    assert credentials.is_current(serial)
    Credential.objects.update(expires_at=timezone.now() - timedelta(microseconds=1))
    assert failure(token) is SignInFailure.EXPIRED
    assert not credentials.is_current(serial)


def test_disabled(agent: Agent) -> None:
    token = credentials.issue(agent, 60)
    serial = Credential.objects.get().serial
    Agent.objects.update(enabled=False)
    assert failure(token) is SignInFailure.DISABLED
    assert not credentials.is_current(serial)


def test_serial_grows_and_the_old_one_is_not_current(agent: Agent) -> None:
    credentials.issue(agent, 60)
    first = Credential.objects.get().serial
    credentials.issue(agent, 60)
    second = Credential.objects.get().serial
    assert second > first
    assert credentials.is_current(second)
    assert not credentials.is_current(first)


@pytest.mark.django_db(transaction=True)
async def test_live_sockets_are_told() -> None:
    agent = await sync_to_async(lambda: make_agent(make_application()))()
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(agent_group(agent.pk), channel)
    await sync_to_async(credentials.issue)(agent, 60)
    message = await layer.receive(channel)
    serial = (await Credential.objects.aget()).serial
    assert message == {"type": "credential.replaced", "serial": serial}
    await layer.flush()


def test_without_a_channel_layer(agent: Agent, settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    settings.CHANNEL_LAYERS = {}
    with django_capture_on_commit_callbacks(execute=True):
        assert credentials.verify(credentials.issue(agent, 60)).agent == agent
