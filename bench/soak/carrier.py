"""The simulated carrier: real SIP by our user agent, audio by the generator's crowd, and a log of its own.

It answers at once. What it notes of each call, by its own clock, is what the records are compared with.
"""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Self

from bench.bridge.crowd import Crowd
from widget.sip.config import UserAgentConfig
from widget.sip.events import Cancelled, Failed, HungUp, IncomingEvent
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import answer_offer
from widget.sip.user_agent import UserAgent


@dataclass(slots=True)
class Carried:
    """One INVITE. ``remote`` is where the server takes RTP; times are monotonic seconds."""

    number: str
    call: IncomingCall
    remote: tuple[str, int]
    answered_at: float
    ended_at: float | None = None
    ending: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def seconds(self) -> float:
        return (self.ended_at or time.monotonic()) - self.answered_at

    def end(self, ending: str) -> None:
        self.ended_at, self.ending = time.monotonic(), ending
        self.ended.set()


class Carrier:
    """``carriers`` speaks its audio: the call to the number that ends in ``n`` has the crowd's host ``n``."""

    def __init__(self, carriers: Crowd) -> None:
        self._carriers = carriers
        self._agent = UserAgent(UserAgentConfig(host="127.0.0.1"), on_invite=self._invited)
        self.log: list[Carried] = []
        self._invitation = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._agent.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._agent.close()

    @property
    def port(self) -> int:
        return int(self._agent.address[1])

    def _invited(self, call: IncomingCall) -> None:
        host = self._carriers.host(host_of(call.number))
        answer, remote = answer_offer(
            call.sdp, host=host, port=self._carriers.port, codecs=("PCMU",), session_id=1, version=1
        )
        carried = Carried(call.number, call, (remote.host, remote.port), time.monotonic())
        self.log.append(carried)
        self._invitation.set()
        call.on_event = lambda event: _heard(carried, event)
        call.ring()
        call.answer(answer)

    async def invited(self, number: str) -> Carried:
        """Wait for the INVITE to a number."""
        while not (found := [one for one in self.log if one.number == number]):
            self._invitation.clear()
            await self._invitation.wait()
        return found[0]

    def hang_up(self, carried: Carried) -> None:
        """BYE from the carrier's side."""
        carried.call.hang_up()
        carried.end("carrier")


def _heard(carried: Carried, event: IncomingEvent) -> None:
    if isinstance(event, HungUp | Cancelled | Failed) and carried.ended_at is None:
        carried.end("server" if isinstance(event, HungUp) else type(event).__name__)


def number_of(host: int) -> str:
    """What is dialled for the call of a host."""
    return f"+4930{200_000 + host}"


def host_of(number: str) -> int:
    return int(number[-5:])
