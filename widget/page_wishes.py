"""What a page asks for that concerns no call: answered here from the database, without the switchboard."""

from __future__ import annotations

from typing import Any

from channels.db import database_sync_to_async

from widget import devices, wire
from widget.models import Agent
from widget.rendering import found_fragment
from widget.searching import find
from widget.session import PageSession


class PageWishes:
    """Of one consumer, which sends the answers."""

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer

    async def grant(self, intent: wire.Intent, session: PageSession) -> bool:
        """Do what is asked and say so; False when it is not ours to do."""
        match intent:
            case wire.ChooseDevices():
                await database_sync_to_async(devices.keep)(session.agent_id, intent.chosen)
            case wire.FoldWidget():
                await database_sync_to_async(_keep_folded)(session.agent_id, folded=intent.on)
            case wire.WatchColleagues(on=True):
                await self._consumer.watch.begin(session.agent_id, session.options.language)
            case wire.WatchColleagues():
                await self._consumer.watch.end()
            case wire.Search():
                await self._consumer.send(await database_sync_to_async(_found)(intent.text, session))
            case _:
                return False
        await self._consumer.send(wire.frame("result", id=intent.id, ok=True))
        return True


def _keep_folded(agent_id: int, *, folded: bool) -> None:
    Agent.objects.filter(pk=agent_id).update(folded=folded)


def _found(text: str, session: PageSession) -> str:
    return found_fragment(find(session.agent_id, text, session.options), session.options.language)
