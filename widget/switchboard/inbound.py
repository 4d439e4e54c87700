"""Inbound calls: whose INVITE may come in, which group it is for, and which agent it rings.

An INVITE from any address that is no trunk's is met with silence. A call rings one agent, the group's longest idle; a
queue comes later.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget.sip.events import IncomingEvent
from widget.sip.incoming import IncomingCall
from widget.switchboard import journal
from widget.switchboard.journal import InboundTrunk
from widget.switchboard.route import Route

logger = logging.getLogger(__name__)

NOT_FOUND, TEMPORARILY_UNAVAILABLE, BUSY_HERE = 404, 480, 486
REFRESH_SECONDS = 15
"""How soon a trunk that an admin adds or changes may call in."""


@dataclass(slots=True)
class InboundOffered:
    """A call for one agent. ``taken`` tells whether the desk rings for it; missed events wait in ``early``."""

    incoming: IncomingCall
    route: Route
    taken: "asyncio.Future[bool]"
    early: list[IncomingEvent] = field(default_factory=list)

    def answer(self, *, taken: bool) -> None:
        """For the desk; a reception that has stopped does not wait any more."""
        if not self.taken.done():
            self.taken.set_result(taken)


Offer = Callable[[int, InboundOffered], None]
"""Hands an offered call to the desk of an agent."""


class Reception:
    """``receive`` is the user agent's ``on_invite``."""

    def __init__(self, offer: Offer) -> None:
        self._offer = offer
        self._trunks: list[InboundTrunk] = []
        self._addresses: dict[str, list[InboundTrunk]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Learn the trunks, and go on learning."""
        await self.refresh()
        self._spawn(self._keep_fresh(), "inbound trunks")

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def receive(self, incoming: IncomingCall) -> None:
        """Take in or ignore an INVITE; called by the SIP side, so it decides at once."""
        trunk = self._trunk_of(incoming)
        if trunk is None:
            incoming.ignore()
            return
        early: list[IncomingEvent] = []
        incoming.on_event = early.append
        self._spawn(self._admit(incoming, trunk, early), f"inbound {incoming.call_id}")

    async def _admit(self, incoming: IncomingCall, trunk: InboundTrunk, early: list[IncomingEvent]) -> None:
        logger.info("call=%s inbound from %r to %r on trunk=%d", *_names(incoming), trunk.id)
        candidates = await database_sync_to_async(journal.candidates)(trunk.id, incoming.number)
        if candidates is None:
            self._refuse(incoming, NOT_FOUND, "no group is bound to the number")
            return
        route = Route(trunk=trunk.trunk, codecs=trunk.codecs, caller=incoming.caller)
        for agent_id in candidates.idle:
            offered = InboundOffered(incoming, route, asyncio.get_running_loop().create_future(), early)
            self._offer(agent_id, offered)
            if incoming.ended or await offered.taken:
                return
        code = BUSY_HERE if candidates.is_staffed else TEMPORARILY_UNAVAILABLE
        self._refuse(incoming, code, "no agent of the group is idle")

    def _refuse(self, incoming: IncomingCall, code: int, why: str) -> None:
        logger.info("call=%s refused with %d: %s", incoming.call_id, code, why)
        incoming.reject(code)

    def _trunk_of(self, incoming: IncomingCall) -> InboundTrunk | None:
        """By source address; the port decides only between trunks on the same host."""
        host, port = incoming.source
        trunks = self._addresses.get(host, [])
        return next((trunk for trunk in trunks if trunk.trunk.port == port), trunks[0] if trunks else None)

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
            except DatabaseError as error:
                logger.error("the inbound trunks could not be read: %s", error)

    async def refresh(self) -> None:
        """Read the trunks and look their addresses up; a name that does not resolve lets nobody in."""
        trunks = await database_sync_to_async(journal.inbound_trunks)()
        if trunks == self._trunks and all(_is_address(trunk.trunk.host) for trunk in trunks):
            return
        addresses: dict[str, list[InboundTrunk]] = {}
        for trunk in trunks:
            for address in await _addresses_of(trunk.trunk.host):
                addresses.setdefault(address, []).append(trunk)
        self._trunks, self._addresses = trunks, addresses

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _names(incoming: IncomingCall) -> tuple[str, str, str]:
    return incoming.call_id, incoming.caller, incoming.number


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _addresses_of(host: str) -> set[str]:
    if _is_address(host):
        return {host}
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        logger.warning("trunk host %r: %s", host, error)
        return set()
    return {str(address[0]) for *_, address in found}
