"""Calls that go on without an agent: pairs of far ends that the server has joined, because their carrier does not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Coroutine, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from widget.calls import events
from widget.media.errors import MediaError
from widget.switchboard import keys
from widget.switchboard.happenings import CallHappening, FarEndDigit
from widget.switchboard.items import WriteAgain
from widget.switchboard.ledger import Entry, Ledger
from widget.switchboard.timers import Timers

if TYPE_CHECKING:
    from widget.switchboard.ladder_recorder import LadderRecorder
    from widget.switchboard.live_call import LiveCall

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1
"""Between attempts to write what the database did not take."""


@dataclass(frozen=True, slots=True)
class _Happened:
    live: LiveCall
    what: CallHappening


class _Stop:
    """The server stops."""


class Bridge:
    """Two calls and what happens to them, one thing at a time, as at a desk. Who of the two leaves takes the other
    along; nothing is over before both records are written."""

    def __init__(self, one: LiveCall, other: LiveCall, recorder: LadderRecorder) -> None:
        self.calls = one, other
        self._recorder = recorder
        self._queue: asyncio.Queue[_Happened | WriteAgain | _Stop] = asyncio.Queue()
        self._ledger = Ledger()
        self._timers: Timers[WriteAgain] = Timers(self._queue.put_nowait)
        for live in self.calls:
            live.post = partial(self._hear, live)

    def _hear(self, live: LiveCall, what: CallHappening) -> None:
        self._queue.put_nowait(_Happened(live, what))

    @property
    def is_over(self) -> bool:
        return all(live.is_over for live in self.calls)

    def stop(self) -> None:
        """End it properly; what cannot be written then is lost."""
        self._queue.put_nowait(_Stop())

    async def run(self) -> None:
        """Handle what is posted until there is nothing left to do."""
        stops = False
        while not stops:
            item = await self._queue.get()
            for step in (self._handle(item), self._release_who_is_left()):
                await self._survive(step)
            stops = isinstance(item, _Stop) or (self.is_over and not self._ledger.unwritten)
        self._timers.stop_all()

    async def _survive(self, step: Coroutine[None, None, None]) -> None:
        try:
            await step
        except Exception:  # A fault that nobody foresaw must not leave two far ends to themselves.
            logger.exception("call=%s a step of its bridge failed", self.calls[0].call.id)

    async def _handle(self, item: _Happened | WriteAgain | _Stop) -> None:
        match item:
            case _Happened(live, FarEndDigit(digit)):
                self._pass_on(digit, self._beside(live))
            case _Happened(_, events.BothSilent() | events.RelayLost() as what):
                await self._happened_to_both(what)
            case _Happened(live, what):
                await self._happened(live, what)
            case WriteAgain():
                await self._write()
            case _Stop():
                await self._happened_to_both(events.ServerStopping())

    def _beside(self, live: LiveCall) -> LiveCall:
        one, other = self.calls
        return other if live is one else one

    @staticmethod
    def _pass_on(digit: str, live: LiveCall) -> None:
        """A key that came in the signalling; those in the audio pass in the relay."""
        try:
            keys.send(live, digit)
        except (ValueError, MediaError) as error:
            logger.info("call=%s a key of the other side is not passed on: %s", live.call.id, error)

    async def _happened(self, live: LiveCall, what: CallHappening) -> None:
        """Late news of a call that is over change nothing."""
        if not live.is_over and await live.happened(what):
            await self._note(live)

    async def _happened_to_both(self, what: CallHappening) -> None:
        """Neither is over because the other is."""
        for live in self.calls:
            await self._happened(live, what)

    async def _release_who_is_left(self) -> None:
        for live in self.calls:
            if self._beside(live).is_over and not live.is_over:
                await self._happened(live, events.OtherSideLeft())

    async def _note(self, live: LiveCall) -> None:
        if live.is_over:
            self._recorder.end(live.call.id)
        await self._write(Entry(None, live.call, live.route.trunk.id, live.attempts.take()))

    async def _write(self, entry: Entry | None = None) -> None:
        if not await self._ledger.write(entry):
            self._timers.start(WriteAgain, RETRY_SECONDS)


class Bridges:
    """All pairs of this process."""

    def __init__(self) -> None:
        self._running: dict[asyncio.Task[None], Bridge] = {}

    def begin(self, one: LiveCall, other: LiveCall, recorder: LadderRecorder) -> None:
        """Take over two calls; what is posted to them from now on comes here."""
        bridge = Bridge(one, other, recorder)
        task = asyncio.get_running_loop().create_task(bridge.run(), name=f"bridge of call {one.call.id}")
        self._running[task] = bridge
        task.add_done_callback(self._running.pop)

    def __len__(self) -> int:
        return len(self._running)

    def pass_on(self, call_id: str, what: CallHappening) -> None:
        """News of a call that lay in its desk's queue when the agent left; of any other there is nothing to do."""
        for live in self._calls():
            if live.call.id == call_id:
                live.post(what)

    def relay_lost(self, legs: Collection[str]) -> None:
        for live in self._calls():
            if live.carrier_leg in legs:
                live.post(events.RelayLost())

    def fell_silent(self, legs: Collection[str]) -> None:
        for live in self._calls():
            if live.carrier_leg in legs:
                live.post(events.BothSilent())

    async def stop(self, *, timeout_seconds: float) -> None:
        """End all of them properly."""
        for bridge in self._running.values():
            bridge.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self.wait()

    async def wait(self) -> None:
        """Until there is none, and the records of all are written."""
        while self._running:
            await asyncio.wait(list(self._running))

    def _calls(self) -> Iterator[LiveCall]:
        return (live for bridge in list(self._running.values()) for live in bridge.calls)
