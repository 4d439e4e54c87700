"""Tells the switchboard that an admin changed a trunk, so that the change holds at once and not some seconds later."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.db import transaction
from django.db.models.signals import post_delete, post_save

from widget.models import NumberRule, Trunk
from widget.switchboard.messages import CHANNEL

TELL_SECONDS = 5
"""A channel layer that hangs must not hold an admin's page up for longer."""


def _on_change(**_signal: Any) -> None:
    # robust: the change is committed by then, and the switchboard finds it by itself a little later.
    transaction.on_commit(_tell, robust=True)


def _tell() -> None:
    async_to_sync(_send)()


async def _send() -> None:
    layer = get_channel_layer()
    if layer is not None:
        # Full: no switchboard listens, or it has been told often enough.
        with contextlib.suppress(ChannelFull):
            async with asyncio.timeout(TELL_SECONDS):
                await layer.send(CHANNEL, {"type": "trunks.changed"})


def connect() -> None:
    """Follow what admins change."""
    for model in (Trunk, NumberRule):
        for signal in (post_save, post_delete):
            signal.connect(_on_change, sender=model, weak=False, dispatch_uid=f"ccsdk trunks {model.__name__}")
