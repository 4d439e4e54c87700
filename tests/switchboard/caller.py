"""A carrier that calls us: our own user agent in its place, without audio."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from widget.sip.config import UserAgentConfig
from widget.sip.events import SipEvent
from widget.sip.offer_answer import make_offer
from widget.sip.outgoing import OutgoingCall
from widget.sip.trunk import Trunk
from widget.sip.user_agent import UserAgent

NUMBERS = itertools.count()
OFFER = make_offer(host="127.0.0.1", port=40_000, codecs=["PCMU"], session_id=1)
T = TypeVar("T", bound=SipEvent)


class Caller:
    """One inbound call at a time; ``events`` is what its caller saw."""

    def __init__(self, agent: UserAgent) -> None:
        self.agent = agent
        self.events: list[SipEvent] = []
        self.news = asyncio.Event()

    def dial(
        self, address: tuple[str, int], number: str, headers: tuple[tuple[str, str], ...] = (), sdp: str = OFFER
    ) -> OutgoingCall:
        self.events.clear()
        return self.agent.invite(
            Trunk(id=1, host=address[0], port=address[1]),
            call_id=f"inbound-{number}-{id(self)}-{next(NUMBERS)}",
            number=number,
            caller="4930123456",
            sdp=sdp,
            on_event=self._hear,
            headers=headers,
        )

    async def hears(self, kind: type[T]) -> T:
        """Wait for an event of this kind."""
        async with asyncio.timeout(10):
            while True:
                for event in self.events:
                    if isinstance(event, kind):
                        return event
                self.news.clear()
                await self.news.wait()

    def _hear(self, event: SipEvent) -> None:
        self.events.append(event)
        self.news.set()


@asynccontextmanager
async def calling_carrier() -> AsyncIterator[Caller]:
    agent = UserAgent(UserAgentConfig(host="127.0.0.1"))
    await agent.start()
    try:
        yield Caller(agent)
    finally:
        await agent.close()
