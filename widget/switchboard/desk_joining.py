"""Transfers that the carrier does not do: we call the new party and join the two far ends; the agent is free."""

import logging
from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType

from channels.db import database_sync_to_async
from django.db import Error as DatabaseError

from widget.calls import events, transferring
from widget.calls.call import CallState
from widget.calls.termination import Cause
from widget.calls.transfer import TransferKind
from widget.errors import AtCapacityError, CcError, InvalidNumberError, LinesBusyError
from widget.media.errors import MediaError, MediaFailure
from widget.switchboard import consulting, dialling, journal
from widget.switchboard.desk_quality import DeskQuality
from widget.switchboard.ledger import Entry
from widget.switchboard.live_call import LiveCall

logger = logging.getLogger(__name__)

NO_ANSWER, UNAVAILABLE, NOT_ACCEPTABLE, CANCELLED = 408, 480, 488, 487
_UNDIALLED: Mapping[type[Exception], int] = MappingProxyType(
    {InvalidNumberError: 404, LinesBusyError: 503, AtCapacityError: 503}
)
"""What the carrier would have said to a number that we do not even dial; 480 otherwise."""
_UNSAID: Mapping[Cause, int] = MappingProxyType({Cause.NO_ANSWER: NO_ANSWER, Cause.MEDIA_FAILED: NOT_ACCEPTABLE})
"""The same for calls that ended without a final response."""


class DeskJoining(DeskQuality):
    """``live.consulted`` is the new party's call, whether the agent asked for it or we dialled it ourselves."""

    @abstractmethod
    def _call_ended(self, live: LiveCall, *, is_last: bool) -> None: ...

    async def _join_wanted(self, main: LiveCall) -> None:
        """The carrier refused. What the agent took back meanwhile is not pending any more."""
        transfer = main.call.transfer
        if transfer is None or not transferring.is_ours(main.call):
            return
        if transfer.kind is TransferKind.BLIND:
            await self._call_in_place_of_carrier(main, transfer.to)
        elif main.consulted is not None:
            await self._join(main, main.consulted)
        else:
            await self._ask(main, events.TransferRefused(UNAVAILABLE))

    async def _call_in_place_of_carrier(self, main: LiveCall, number: str) -> None:
        """As any number that this agent dials; the far end waits on hold, and the agent hears how it rings."""
        try:
            info = await database_sync_to_async(journal.info_of)(main.call.id)
            attempt = await consulting.prepare(self, main, number, None, info)
            if main.audio.remote is not None:
                attempt.live.audio.prefer(main.audio.remote.codec)
            main.resumes = not main.call.held
            await self._begin_beside(main, attempt)
        except (CcError, DatabaseError) as error:
            logger.warning("call=%s transfer to %r: %s", main.call.id, number, error)
            await self._give_back(main, _UNDIALLED.get(type(error), UNAVAILABLE))

    async def _begin_beside(self, main: LiveCall, attempt: dialling.Attempt) -> None:
        """Hold the one, call the other. The second call's record commits before it leaves, like any call's."""
        try:
            await dialling.commit(attempt, agent=self.record())
        except DatabaseError:
            await attempt.live.abandon()
            raise
        await self._ask(main, events.HoldRequested())
        main.consulted = attempt.live
        main.part()
        self.services.legs.add(attempt.live.carrier_leg, self.agent_id)
        await attempt.live.carry_out(attempt.commands)
        await self.services.announce(self.agent_id)

    async def _follow_ours(self, main: LiveCall, consulted: LiveCall) -> None:
        """What became of the call that we made in the carrier's place."""
        if main.is_over or not transferring.is_ours(main.call):
            return
        if consulted.call.state is CallState.TALKING:
            await self._join(main, consulted)
        elif consulted.is_over:
            await self._give_back(main, _code_of(consulted))

    async def _give_back(self, main: LiveCall, sip_code: int) -> None:
        """The agent has the call again, and reads why."""
        await self._ask(main, events.TransferRefused(sip_code))
        resumes, main.resumes = main.resumes, False
        if resumes and not main.is_over:
            await self._ask(main, events.HoldRequested(on=False))

    async def _join(self, main: LiveCall, consulted: LiveCall) -> None:
        """Both talk: to each other from now on."""
        try:
            if not all(live.is_talking for live in (main, consulted)):
                raise MediaError(MediaFailure.UNKNOWN_LEG, "one of them has just left")
            await main.audio.join(consulted.audio)
        except MediaError as error:
            await self._not_joined(main, consulted, error)
            return
        for live in (main, consulted):
            live.browser_leg = ""
            self.services.legs.discard(live.carrier_leg)
        self.services.bridges.begin(main, consulted, self.services.ladder.recorder)
        for live in (main, consulted):
            await _take_back(live)
            await live.apply(events.FarEndsJoined())
        main.consulted = None
        self._call_ended(main, is_last=True)
        await self._keep_quality(main)
        for live in (consulted, main):
            await self._write(Entry(self.record(), live.call, live.route.trunk.id, live.attempts.take()))

    async def _not_joined(self, main: LiveCall, consulted: LiveCall, error: MediaError) -> None:
        """Nothing has changed for anybody. A party whom the agent did not ask is let go."""
        logger.warning("call=%s not joined with call=%s: %s", main.call.id, consulted.call.id, error)
        if transferring.is_ours(main.call, TransferKind.BLIND):
            await self._let_go(main, consulted, NOT_ACCEPTABLE)
        else:
            await self._ask(main, events.TransferRefused(NOT_ACCEPTABLE))

    async def _let_go(self, main: LiveCall, consulted: LiveCall, sip_code: int) -> None:
        """The agent talks to the far end again, and the party whom we dialled is gone."""
        await self._give_back(main, sip_code)
        await self._ask(consulted, events.HangUpRequested())


async def _take_back(live: LiveCall) -> None:
    """Whoever waited on hold is heard again, or the call is over."""
    try:
        await live.apply(events.HoldRequested(on=False))
    except MediaError as error:
        live.audio_failed(error)


def _code_of(ended: LiveCall) -> int:
    """The final response that says why nobody was reached."""
    termination = ended.call.termination
    if termination is None:
        return UNAVAILABLE
    code = _UNSAID.get(termination.cause, termination.sip_code)
    return code if code >= 300 else UNAVAILABLE
