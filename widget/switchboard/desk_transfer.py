"""Handing the current call over: at once, or after asking somebody in a second call beside it."""

from channels.db import database_sync_to_async

from widget import colleagues
from widget.calls import events, transferring
from widget.calls.call import CallState, Direction
from widget.calls.events import Event
from widget.calls.termination import Cause
from widget.calls.transfer import TransferKind
from widget.colleagues import Colleague
from widget.errors import NoSuchCallError, NotAllowedError, TransferPendingError
from widget.phone_numbers import dialled
from widget.switchboard import consulting, dialling, journal
from widget.switchboard.colleague_line import TakeOver
from widget.switchboard.desk_joining import CANCELLED, DeskJoining
from widget.switchboard.happenings import CallHappening
from widget.switchboard.ledger import Entry
from widget.switchboard.live_call import LiveCall
from widget.switchboard.messages import CancelTransfer, Command, CompleteTransfer, SwapCalls, Transfer

LEFT = frozenset({Cause.CUSTOMER_HUNG_UP, Cause.CARRIER_SILENT})
"""Ends of a call that say nothing of the one beside it."""


class DeskTransfer(DeskJoining):
    """``live.consulted`` is the second call: it has no life without the first."""

    async def _hand_over(self, command: Command) -> None:
        match command:
            case Transfer():
                await self._transfer(command)
            case CompleteTransfer():
                await self._complete_transfer()
            case CancelTransfer():
                await self._cancel_transfer()
            case SwapCalls():
                await self._swap_calls()

    async def _transfer(self, command: Transfer) -> None:
        live = self._talking()
        if live.consulted is not None or transferring.is_pending(live.call):
            raise TransferPendingError
        kind = TransferKind(command.kind)
        profile = await dialling.profile_of(self)
        if kind not in profile.transfers:
            raise NotAllowedError(f"transfer: {kind}")
        colleague = await database_sync_to_async(colleagues.find_colleague)(self.agent_id, command.to.strip())
        if kind is TransferKind.BLIND:
            await self._transfer_at_once(live, command.to, colleague, profile.region)
        else:
            await self._consult(live, command.to, colleague)

    async def _transfer_at_once(self, live: LiveCall, to: str, colleague: Colleague | None, region: str) -> None:
        if colleague is None:
            number = dialled(dialling.number_of(to), region)
            await self._ask(live, events.TransferRequested(TransferKind.BLIND, number))
            return
        await self._ask(live, events.TransferRequested(TransferKind.BLIND, colleague.account, colleague.id))
        info = await database_sync_to_async(journal.info_of)(live.call.id)
        live.handed = consulting.offer_call(self, live, colleague, party=_party(live), info=info)

    async def _consult(self, live: LiveCall, to: str, colleague: Colleague | None) -> None:
        info = await database_sync_to_async(journal.info_of)(live.call.id)
        await self._begin_beside(live, await consulting.prepare(self, live, to, colleague, info))

    async def _complete_transfer(self) -> None:
        live = self._talking()
        consulted = live.consulted
        if consulted is None or consulted.call.state is not CallState.TALKING:
            raise NoSuchCallError
        if transferring.is_pending(live.call):
            raise TransferPendingError
        line = consulted.line
        agent_id = line.agent_id if line is not None else 0
        await self._ask(live, events.TransferRequested(TransferKind.ATTENDED, consulted.call.number, agent_id))
        if line is not None:
            line.give(live)

    async def _cancel_transfer(self) -> None:
        """Take back what rings at a colleague's, or leave the consulted party and go on with the call."""
        live = self._talking()
        if live.handed is not None and not live.handed.ended:
            live.handed.cancel()
            await self._ask(live, events.TransferRefused(CANCELLED))
        elif live.consulted is not None and transferring.is_ours(live.call, TransferKind.BLIND):
            await self._let_go(live, live.consulted, CANCELLED)
        elif live.consulted is not None and not transferring.is_pending(live.call):
            await self._ask(live.consulted, events.HangUpRequested())
            await self._ask(live, events.HoldRequested(on=False))
        else:
            raise NoSuchCallError

    async def _swap_calls(self) -> None:
        live = self._talking()
        consulted = live.consulted
        if consulted is None or consulted.call.state is not CallState.TALKING or transferring.is_pending(live.call):
            raise NoSuchCallError
        leaves, comes = (consulted, live) if live.heard is consulted else (live, consulted)
        await self._ask(leaves, events.HoldRequested())
        leaves.part()
        await self._ask(comes, events.HoldRequested(on=False))
        await comes.join()

    def _talking(self) -> LiveCall:
        if self.live is None or self.live.call.state is not CallState.TALKING:
            raise NoSuchCallError
        return self.live

    # The second call

    async def _consulted_happened(self, main: LiveCall, consulted: LiveCall, what: CallHappening) -> None:
        """A carrier may release this call before it says that the transfer is made."""
        is_theirs = transferring.is_pending(main.call) and not transferring.is_ours(main.call)
        if isinstance(what, events.CarrierHungUp) and is_theirs:
            what = events.TransferMade()
        if not await consulted.happened(what):
            return
        if consulted.is_over:
            main.consulted = None
            self.services.legs.discard(consulted.carrier_leg)
            self.services.ladder.recorder.end(consulted.call.id)
            await self._keep_quality(consulted)
            if not main.is_over:
                await main.join()
        attempts = consulted.attempts.take()
        await self._write(Entry(self.record(), consulted.call, consulted.route.trunk.id, attempts))
        await self._follow_ours(main, consulted)

    async def _go_on_with(self, heir: LiveCall) -> None:
        """The customer left, the party who was asked is still there: the two talk on, as in any call."""
        self.live = heir
        if heir.call.held:
            await self._ask(heir, events.HoldRequested(on=False))
        await heir.join()

    async def _end_beside(self, main: LiveCall) -> None:
        """With the first call ends what was begun for it."""
        if main.handed is not None:
            main.handed.cancel()
        if main.consulted is not None:
            await self._consulted_happened(main, main.consulted, _end_with(main))

    def _follow(self, live: LiveCall) -> None:
        """A far end that a colleague gave us brings its audio; what it says over SIP from now on is our call's."""
        self.services.legs.add(live.carrier_leg, self.agent_id)
        dialog = live.dialog
        if dialog is not None and live.carrier_leg != live.call.id:
            self.services.ladder.recorder.hand_over(dialog.call_id, live.call.id)

    async def _inherit(self, heir: LiveCall, taken: TakeOver) -> None:
        """The record of the call that was about a far end becomes the one of the call with it."""
        await database_sync_to_async(journal.inherit)(heir.call.id, taken.source.call.id)


def heir_of(main: LiveCall) -> LiveCall | None:
    """The party who was asked and talks, where the customer left before the call was handed over."""
    consulted, end = main.consulted, main.call.termination
    if consulted is None or consulted.call.state is not CallState.TALKING or main.call.transfer is not None:
        return None
    return consulted if end is not None and end.cause in LEFT else None


def _end_with(main: LiveCall) -> Event:
    is_transferred = main.call.termination is not None and main.call.termination.cause is Cause.TRANSFERRED
    return events.TransferMade() if is_transferred else events.HangUpRequested()


def _party(live: LiveCall) -> str:
    """The far end's number."""
    return live.route.caller if live.call.direction is Direction.INBOUND else live.call.number
