"""A socket that looks at the agent's colleagues: who is there, shown now and when it changes, until it looks away."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async

from widget.colleagues import colleagues_of
from widget.models import Agent
from widget.rendering import colleagues_fragment
from widget.switchboard.messages import presence_group

GATHER_SECONDS = 0.3
"""Changes of a busy group are shown together: at most three lists a second for each who looks."""


class ColleagueWatch:
    """Of one consumer, whose channel it subscribes."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer
        self._group = ""
        self._shown = ""

    async def begin(self, agent_id: int, language: str) -> None:
        """Subscribe, and show the list."""
        await self.end()
        row = await Agent.objects.only("group_id").aget(pk=agent_id)
        self._group = presence_group(row.group_id)
        await self._consumer.channel_layer.group_add(self._group, self._consumer.channel_name)
        await self.show(agent_id, language)

    async def end(self) -> None:
        if self._group:
            await self._consumer.channel_layer.group_discard(self._group, self._consumer.channel_name)
        self._group = self._shown = ""

    async def show(self, agent_id: int, language: str) -> None:
        """Send the list if it differs from what was sent last."""
        if not self._group:
            return
        colleagues = await database_sync_to_async(colleagues_of)(agent_id)
        html = await database_sync_to_async(colleagues_fragment)(colleagues, language)
        if html != self._shown:
            self._shown = html
            await self._consumer.send(html)
