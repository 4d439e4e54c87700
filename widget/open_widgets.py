"""Tells open widgets that what they show has changed: a mode, a language, a text, the agent itself.

The message carries nothing: each socket reads the database and renders again. During a call it keeps its options.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import BaseChannelLayer, get_channel_layer
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from widget.models import Agent, AgentGroup, Application, Language, Mode, TextOverride
from widget.switchboard.messages import agent_group

TELL_SECONDS = 5
"""A channel layer that hangs must not hold an admin's page up for longer."""


def refresh(agents: QuerySet[Agent]) -> None:
    """Once the transaction is committed, have the widgets of these agents rendered again, as far as they are open."""
    # robust: the change is committed by then, and stays, even when nobody can be told.
    transaction.on_commit(lambda: _tell(agents), robust=True)


def _tell(agents: QuerySet[Agent]) -> None:
    layer = get_channel_layer()
    signed_in = agents.filter(credential__expires_at__gt=timezone.now()).values_list("pk", flat=True)
    if layer is not None and (ids := list(signed_in.distinct())):
        async_to_sync(_send)(layer, ids)


async def _send(layer: BaseChannelLayer, agent_ids: Iterable[int]) -> None:
    async with asyncio.timeout(TELL_SECONDS):
        for agent_id in agent_ids:
            await layer.group_send(agent_group(agent_id), {"type": "settings.changed"})


def _on_mode(instance: Mode, **_signal: Any) -> None:
    refresh(Agent.objects.filter(Q(mode=instance) | Q(group__mode=instance) | Q(application__default_mode=instance)))


def _on_group(instance: AgentGroup, **_signal: Any) -> None:
    refresh(Agent.objects.filter(group=instance))


def _on_application(instance: Application, **_signal: Any) -> None:
    refresh(Agent.objects.filter(application=instance))


def _on_everything(**_signal: Any) -> None:
    refresh(Agent.objects.all())


def connect() -> None:
    """Follow what admins change. An agent's own row is not followed: the switchboard writes it all the time."""
    for model, receiver in ((Mode, _on_mode), (AgentGroup, _on_group), (Application, _on_application)):
        post_save.connect(receiver, sender=model, weak=False, dispatch_uid=f"ccsdk {model.__name__}")
    for source in (Language, TextOverride):
        for signal in (post_save, post_delete):
            signal.connect(_on_everything, sender=source, weak=False, dispatch_uid=f"ccsdk {source.__name__}")
