"""A user agent on a real socket, and waiting for what its call says."""

import asyncio
from collections.abc import Callable
from typing import Any

from tests.sip.virtual import SDP
from widget.sip.config import UserAgentConfig
from widget.sip.events import Confirmed, Failed, HungUp, IncomingEvent, MediaChanged, Rejected, SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.outgoing import OutgoingCall
from widget.sip.resolver import Resolver
from widget.sip.trunk import Trunk
from widget.sip.user_agent import UserAgent

PATIENCE_SECONDS = 20.0
POLL_SECONDS = 0.005


async def until(condition: Callable[[], bool]) -> None:
    """Poll on the loop; the condition changes with what arrives from the network."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110  (the agent offers callbacks, not a condition)
            await asyncio.sleep(POLL_SECONDS)


class LiveCaller:
    """One call at a time over 127.0.0.1."""

    def __init__(self, config: UserAgentConfig | None = None, *, resolver: Resolver | None = None) -> None:
        self.agent = UserAgent(config or UserAgentConfig(), resolver=resolver)
        self.events: list[SipEvent] = []
        self.call: OutgoingCall
        self.decide: Callable[[MediaChanged], None] = lambda change: change.answer(None)
        self._seen = 0

    async def start(self) -> None:
        await self.agent.start()

    async def close(self) -> None:
        await self.agent.close()

    def trunk(self, port: int, *, registers: bool = False) -> Trunk:
        return Trunk(
            id=1,
            host="127.0.0.1",
            port=port,
            username="joe",
            password="s3cret",
            realm="carrier.example",
            registers=registers,
            registration_seconds=60,
        )

    def dial(self, port: int, *, number: str = "100", sdp: str = SDP, trunk: Trunk | None = None, **more: Any) -> None:
        """`more` are further arguments of `UserAgent.invite`."""
        self.call = self.agent.invite(
            trunk or self.trunk(port),
            call_id="0123456789abcdef",
            number=number,
            caller="200",
            sdp=sdp,
            on_event=self._hear,
            **more,
        )

    async def heard(self, kind: type[SipEvent]) -> SipEvent:
        """The next event of this kind that was not awaited yet."""
        await until(lambda: any(isinstance(event, kind) for event in self.events[self._seen :]))
        while True:
            event = self.events[self._seen]
            self._seen += 1
            if isinstance(event, kind):
                return event

    async def ended(self) -> SipEvent:
        """The last event."""
        await until(lambda: bool(self.events) and isinstance(self.events[-1], Rejected | HungUp | Failed))
        return self.events[-1]

    def _hear(self, event: SipEvent) -> None:
        self.events.append(event)
        if isinstance(event, MediaChanged):
            self.decide(event)


class LiveCallee:
    """Takes calls over 127.0.0.1."""

    def __init__(self, config: UserAgentConfig | None = None) -> None:
        self.agent = UserAgent(config or UserAgentConfig(host="127.0.0.1"), on_invite=self._invited)
        self.calls: list[IncomingCall] = []
        self.events: list[IncomingEvent] = []
        self.decide: Callable[[IncomingCall], None] = lambda call: call.reject(486)
        self.change: Callable[[MediaChanged], None] = lambda change: change.answer(None)
        self.hangs_up = False

    async def start(self) -> None:
        await self.agent.start()

    async def close(self) -> None:
        await self.agent.close()

    def _invited(self, call: IncomingCall) -> None:
        call.on_event = self._hear
        self.calls.append(call)
        self.decide(call)

    def _hear(self, event: IncomingEvent) -> None:
        self.events.append(event)
        if isinstance(event, Confirmed) and self.hangs_up:
            self.calls[-1].hang_up()
        if isinstance(event, MediaChanged):
            self.change(event)
