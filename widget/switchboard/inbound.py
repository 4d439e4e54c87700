"""Inbound calls: whose INVITE may come in, which group it is for, and which agent it rings.

An INVITE from any address that is no trunk's is met with silence. A call rings one agent, the group's longest idle; a
queue comes later.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from channels.db import database_sync_to_async

from widget.sip.events import IncomingEvent
from widget.sip.incoming import IncomingCall
from widget.switchboard import trunks
from widget.switchboard.colleague_line import CalledEnd, HandedCall, TakeOver
from widget.switchboard.inbound_counts import InboundCounts
from widget.switchboard.origin import Origin
from widget.switchboard.route import Route
from widget.switchboard.trunk_directory import TrunkDirectory
from widget.switchboard.trunk_load import Slot, TrunkLoad
from widget.switchboard.trunks import KnownTrunk

logger = logging.getLogger(__name__)

NOT_FOUND, TEMPORARILY_UNAVAILABLE, BUSY_HERE, SERVICE_UNAVAILABLE = 404, 480, 486, 503
ANONYMOUS = "anonymous"
"""What stands for a number that is withheld, in the user part of SIP's own anonymous URI (RFC 3323 section 4.1.1.3)."""


@dataclass(slots=True)
class InboundOffered:
    """A call for one agent. ``taken`` tells whether the desk rings for it; missed events wait in ``early``.

    ``info`` is what the agent is told with it; ``origin`` says which colleague it comes from, if any. ``slot``: its
    place on its trunk, which whoever takes the call gives back.
    """

    incoming: IncomingCall | CalledEnd | HandedCall
    route: Route
    taken: "asyncio.Future[bool]"
    early: list[IncomingEvent | TakeOver] = field(default_factory=list)
    info: str = ""
    origin: Origin = field(default_factory=Origin)
    slot: Slot | None = None

    def answer(self, *, taken: bool) -> None:
        """For the desk; a reception that has stopped does not wait any more."""
        if not self.taken.done():
            self.taken.set_result(taken)


Offer = Callable[[int, InboundOffered], None]
"""Hands an offered call to the desk of an agent."""


class Reception:
    """``receive`` is the user agent's ``on_invite``."""

    def __init__(self, directory: TrunkDirectory, load: TrunkLoad, offer: Offer, *, admits: Callable[[], bool]) -> None:
        self._directory = directory
        self._load = load
        self._admits = admits
        self._offer = offer
        self._tasks: set[asyncio.Task[None]] = set()
        self.counts = InboundCounts()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.counts.stop()

    def receive(self, incoming: IncomingCall) -> None:
        """Take in or ignore an INVITE; called by the SIP side, so it decides at once."""
        known = {trunk.id: trunk for trunk in self._directory.at(*incoming.source)}
        if not known:
            incoming.ignore()
            return
        incoming.on_final = partial(self.counts.settled, next(iter(known)))
        early: list[IncomingEvent | TakeOver] = []
        incoming.on_event = early.append
        self._spawn(self._admit(incoming, known, early), f"inbound {incoming.call_id}")

    async def _admit(
        self, incoming: IncomingCall, known: dict[int, KnownTrunk], early: list[IncomingEvent | TakeOver]
    ) -> None:
        logger.info("call=%s inbound from %r to %r on trunks %r", *_names(incoming), list(known))
        candidates = await database_sync_to_async(trunks.candidates)(known, incoming.number)
        if candidates is None:
            self._refuse(incoming, NOT_FOUND, "no group is bound to the number")
            return
        if not self._admits():
            self._refuse(incoming, SERVICE_UNAVAILABLE, "the server takes no more calls")
            return
        incoming.on_final = partial(self.counts.settled, candidates.trunk_id)
        route = known[candidates.trunk_id].route(caller_of(incoming))
        incoming.belongs_to(route.trunk)
        slot = self._load.take_in(route.trunk.id, route.limits)
        if slot is None:
            self._refuse(incoming, BUSY_HERE, "the trunk has as many calls as it takes")
            return
        for agent_id in candidates.idle:
            taken = asyncio.get_running_loop().create_future()
            self._offer(agent_id, InboundOffered(incoming, route, taken, early, slot=slot))
            if await taken:
                return
        slot.release()
        code = BUSY_HERE if candidates.is_staffed else TEMPORARILY_UNAVAILABLE
        self._refuse(incoming, code, "no agent of the group is idle")

    def _refuse(self, incoming: IncomingCall, code: int, why: str) -> None:
        logger.info("call=%s refused with %d: %s", incoming.call_id, code, why)
        incoming.reject(code)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def caller_of(incoming: IncomingCall) -> str:
    """Who calls, as the carrier vouches for it (RFC 3325); nobody's number when the caller withholds it (RFC 3323)."""
    if incoming.identity.is_private:
        return ANONYMOUS
    return incoming.identity.asserted or incoming.caller


def _names(incoming: IncomingCall) -> tuple[str, str, str]:
    return incoming.call_id, incoming.caller, incoming.number
