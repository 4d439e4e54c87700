"""Our own user agent as the caller of the simulated carrier: real SIP and real RTP over loopback."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import TypeVar

from tests.simulator.peer import RtpPeer
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.changes import Changes
from widget.sip.config import UserAgentConfig
from widget.sip.events import Failed, HungUp, Rejected, SipEvent
from widget.sip.offer_answer import RemoteAudio, make_offer, read_answer
from widget.sip.outgoing import OutgoingCall
from widget.sip.trunk import Trunk
from widget.sip.user_agent import UserAgent

EventT = TypeVar("EventT", bound=SipEvent)

_numbers = count(1)


class Caller:
    """One call: what it was told, and the socket of its audio."""

    def __init__(self, peer: RtpPeer, codecs: Sequence[str]) -> None:
        self.peer = peer
        self.codecs = codecs
        self.events: list[SipEvent] = []
        self.call_id = f"simulator-test-{next(_numbers)}"
        self._changes = Changes()
        self.call: OutgoingCall

    def offer(self) -> str:
        return make_offer(host="127.0.0.1", port=self.peer.port, codecs=self.codecs, session_id=1)

    def remote(self, sdp: str) -> RemoteAudio:
        return read_answer(sdp, codecs=self.codecs)

    def notice(self, event: SipEvent) -> None:
        self.events.append(event)
        self._changes.notify()

    async def wait_for(self, kind: type[EventT]) -> EventT:
        """The first event of a kind, as soon as it is there; AssertionError if the call ended without it."""
        await self._changes.wait_until(lambda: self._first(kind) is not None or self._over())
        event = self._first(kind)
        assert event is not None, self.events
        return event

    def _first(self, kind: type[EventT]) -> EventT | None:
        return next((event for event in self.events if isinstance(event, kind)), None)

    def _over(self) -> bool:
        return any(isinstance(event, HungUp | Rejected | Failed) for event in self.events)

    def kinds(self) -> list[str]:
        """The names of the events so far."""
        return [type(event).__name__ for event in self.events]


def calling(
    carrier: SimulatedCarrier,
    number: str,
    *,
    codecs: Sequence[str] = ("PCMU", "PCMA"),
    first_response_seconds: float = 8,
) -> AbstractAsyncContextManager[Caller]:
    """Dial a number of a carrier in this process."""
    return calling_at(carrier.trunk(), number, codecs=codecs, first_response_seconds=first_response_seconds)


@asynccontextmanager
async def calling_at(
    trunk: Trunk, number: str, *, codecs: Sequence[str] = ("PCMU", "PCMA"), first_response_seconds: float = 8
) -> AsyncIterator[Caller]:
    """Dial a number; what is still up at the end is hung up."""
    agent = UserAgent(UserAgentConfig(host="127.0.0.1", first_response_seconds=first_response_seconds))
    await agent.start()
    try:
        async with RtpPeer() as peer:
            caller = Caller(peer, codecs)
            caller.call = agent.invite(
                trunk,
                call_id=caller.call_id,
                number=number,
                caller="1001",
                sdp=caller.offer(),
                on_event=caller.notice,
            )
            yield caller
    finally:
        await agent.close()
        await asyncio.sleep(0)
