"""What every part of a desk stands on: the queue, the agent's status, after-call work, and what is written of them."""

import asyncio
from abc import ABC, abstractmethod

from widget.calls.agent import Agent, AgentStatus
from widget.calls.events import Event
from widget.switchboard.browser_audio import BrowserAudio
from widget.switchboard.happenings import CallHappening
from widget.switchboard.items import CallHappened, Item, TimerItem, WrapUpRanOut, WriteAgain
from widget.switchboard.journal import AgentRecord
from widget.switchboard.ledger import Entry, Ledger, QualityEntry
from widget.switchboard.live_call import LiveCall
from widget.switchboard.services import Services
from widget.switchboard.timers import Timers
from widget.switchboard.wrap_up import WrapUp

RETRY_SECONDS = 1
"""Between attempts to write what the database did not take."""


class DeskCore(ABC):
    """``post`` is the only way in; ``live`` is the current call, if any."""

    def __init__(self, agent_id: int, services: Services) -> None:
        self.agent_id = agent_id
        self.services = services
        self.agent = Agent()
        self.audio = BrowserAudio(agent_id=agent_id, media=services.media, legs=services.legs)
        self.live: LiveCall | None = None
        self.wrap_up = WrapUp()
        self.group_id = 0
        self._announced: AgentStatus | None = None
        self._ledger = Ledger()
        self._timers: Timers[TimerItem] = Timers(self.post)
        self._queue: asyncio.Queue[Item] = asyncio.Queue()

    def post(self, item: Item) -> None:
        self._queue.put_nowait(item)

    def post_call(self, call_id: str, what: CallHappening) -> None:
        """For SIP and timers: something happened to the call of this id."""
        self.post(CallHappened(call_id, what))

    @abstractmethod
    async def _call_happened(self, call_id: str, what: CallHappening) -> None: ...

    async def _ask(self, live: LiveCall, event: Event) -> None:
        """Something that the agent, or we, want of a call; at once."""
        await self._call_happened(live.call.id, event)

    def record(self) -> AgentRecord:
        return AgentRecord(
            id=self.agent_id,
            status=self.agent.status,
            leg_connected=bool(self.audio.leg),
            wrap_up_call_id=self.wrap_up.call_id or None,
            wrap_up_ends_at=self.wrap_up.ends_at,
            next_status=self.agent.following,
        )

    async def _write_agent(self) -> None:
        await self._write(Entry(self.record()))

    async def _write(self, entry: Entry | None = None) -> None:
        if await self._ledger.write(entry):
            await self.services.announce(self.agent_id)
            await self._announce_presence()
        else:
            self._timers.start(WriteAgain, RETRY_SECONDS)

    async def _put_down(self, entry: QualityEntry) -> None:
        """Write what no page shows."""
        if not await self._ledger.write(entry):
            self._timers.start(WriteAgain, RETRY_SECONDS)

    async def _announce_presence(self) -> None:
        """Colleagues who look at the group see the change."""
        if self._announced is not self.agent.status:
            self._announced = self.agent.status
            await self.services.announce_presence(self.group_id)

    # After-call work

    def _begin_wrap_up(self, call_id: str) -> None:
        self.wrap_up.begin(call_id)
        self._timers.start(WrapUpRanOut, self.wrap_up.seconds)

    def _clear_wrap_up(self) -> None:
        self.wrap_up.clear()
        self._timers.stop(WrapUpRanOut)

    async def _extend_wrap_up(self) -> None:
        if self.agent.status is AgentStatus.POST_CALL:
            self._begin_wrap_up(self.wrap_up.call_id)
            await self._write_agent()

    async def _finish_wrap_up(self) -> None:
        """Also when the agent is away: who comes back after this is idle."""
        if self.wrap_up.call_id:
            self.agent = self.agent.wrap_up_finished()
            self._clear_wrap_up()
            await self._write_agent()
