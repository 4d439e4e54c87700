"""SDK credentials: issue one for an agent, verify what a page presents.

A token is ``<public id>:<account>:<uuid4>``; pages may put ``Bearer `` before it (cc-sdk-contract.md, "Loading").
One is live per agent; a new one replaces the earlier one at once (original-api.md, 4.6).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from datetime import timedelta

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.db import transaction
from django.utils import timezone

from widget.errors import NotSignedInError, SignInFailure
from widget.models import Agent, Credential
from widget.switchboard.messages import agent_group

SCHEME = "Bearer "
_TOKEN = re.compile(r"[A-Za-z0-9]{10}:[A-Za-z0-9_.@-]{1,64}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TELL_SECONDS = 2


def issue(agent: Agent, expires_seconds: int) -> str:
    """Replace the agent's credential by a fresh one and return it as ``Bearer <token>``; it is not stored in clear.

    After the commit, the agent's live sockets get ``{"type": "credential.replaced", "serial": n}``.
    """
    token = f"{agent.application.public_id}:{agent.account}:{uuid.uuid4()}"
    credential = _replace(agent, token, timedelta(seconds=expires_seconds))
    # robust: a broken channel layer is logged there and must not withhold a credential that is committed.
    transaction.on_commit(lambda: _tell_sockets(agent.pk, credential.serial), robust=True)
    return SCHEME + token


@transaction.atomic
def _replace(agent: Agent, token: str, lifetime: timedelta) -> Credential:
    # The lock puts two requests for one agent in order; without it both could find nothing to delete.
    Agent.objects.select_for_update().get(pk=agent.pk)
    Credential.objects.filter(agent=agent).delete()
    now = timezone.now()
    return Credential.objects.create(agent=agent, token_hash=_hash(token), issued_at=now, expires_at=now + lifetime)


def verify(token: str | None) -> Credential:
    """Return the live credential of a token, its agent, group and application loaded.

    Raises NotSignedInError whose ``failure`` says why. A well-formed token that is not stored counts as replaced:
    a forged one gets the same answer, so that nobody learns which accounts exist.
    """
    text = f"{(token or '').strip()} ".removeprefix(SCHEME).strip()
    if not text:
        raise NotSignedInError(SignInFailure.MISSING)
    if not _TOKEN.fullmatch(text):
        raise NotSignedInError(SignInFailure.MALFORMED)
    related = (
        "agent__mode",
        "agent__group__mode",
        "agent__application__default_language",
        "agent__application__default_mode",
    )
    credential = Credential.objects.select_related(*related).filter(token_hash=_hash(text)).first()
    if credential is None:
        raise NotSignedInError(SignInFailure.REPLACED)
    if credential.expires_at <= timezone.now():
        raise NotSignedInError(SignInFailure.EXPIRED)
    if not credential.agent.enabled:
        raise NotSignedInError(SignInFailure.DISABLED)
    return credential


def is_current(serial: int) -> bool:
    """Whether a credential verified earlier still signs its agent in: one indexed query, for each command."""
    now = timezone.now()
    return Credential.objects.filter(pk=serial, expires_at__gt=now, agent__enabled=True).exists()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _tell_sockets(agent_id: int, serial: int) -> None:
    layer = get_channel_layer()
    if layer is not None:
        message = {"type": "credential.replaced", "serial": serial}
        async_to_sync(_send)(layer, agent_group(agent_id), message)


async def _send(layer: BaseChannelLayer, group: str, message: dict[str, object]) -> None:
    async with asyncio.timeout(_TELL_SECONDS):
        await layer.group_send(group, message)
