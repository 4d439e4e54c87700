"""One agent's place at the switchboard: pages, audio, the current call, after-call work.

Everything that happens to an agent goes through one queue and is handled one at a time, so a hang-up never races a dial
and nothing needs a lock. Whoever posts never waits.
"""

import logging

from django.db import Error as DatabaseError

from widget.calls import events
from widget.calls.agent import CHOOSABLE, Agent, AgentStatus
from widget.errors import (
    CcError,
    InternalError,
    InvalidOptionsError,
    NoCallError,
    NoSuchCallError,
    NotConnectedError,
    TransferPendingError,
)
from widget.media.events import CallQuality
from widget.switchboard import answering, consulting, dialling, keys, permissions, requests
from widget.switchboard.colleague_line import TakeOver
from widget.switchboard.desk_presence import PAGE_GRACE_SECONDS
from widget.switchboard.desk_remarks import DeskRemarks
from widget.switchboard.desk_transfer import heir_of
from widget.switchboard.dialling import Attempt
from widget.switchboard.happenings import CallHappening, JoinWanted
from widget.switchboard.inbound import InboundOffered
from widget.switchboard.items import AnswerByItself, CallHappened, Item, PageGraceRanOut, Stop, WrapUpRanOut, WriteAgain
from widget.switchboard.ledger import Entry
from widget.switchboard.live_call import LiveCall
from widget.switchboard.messages import (
    CancelTransfer,
    ChooseStatus,
    Command,
    CompleteTransfer,
    Dial,
    ExtendWrapUp,
    FinishWrapUp,
    HangUp,
    OfferAudio,
    PageJoined,
    PageLeft,
    PressKeys,
    SwapCalls,
    Transfer,
    WriteRemark,
)
from widget.switchboard.replies import Replies, Reply
from widget.switchboard.services import Services

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 1.5
"""How long a call rings that is answered by itself: the agent must hear that one comes."""


class Desk(DeskRemarks):
    """``post`` is the only way in; ``run`` is the only one who works."""

    def __init__(self, agent_id: int, services: Services) -> None:
        super().__init__(agent_id, services)
        self._replies = Replies()
        self._customer_call = ""

    async def run(self) -> None:
        """Handle what is posted until :class:`Stop`."""
        running = True
        while running:
            item = await self._queue.get()
            running = not isinstance(item, Stop)
            try:
                await self._handle(item)
            except Exception:  # A fault that nobody foresaw must not deafen the agent's desk for good.
                logger.exception("agent=%s %s failed", self.agent_id, type(item).__name__)

    async def _handle(self, item: Item) -> None:
        match item:
            case Command():
                await self._obey(item)
            case CallHappened(call_id, what):
                await self._call_happened(call_id, what)
            case InboundOffered():
                await self._offered(item)
            case PageJoined() | PageLeft() | PageGraceRanOut():
                await self._page_moved(item)
            case WrapUpRanOut():
                await self._finish_wrap_up()
            case AnswerByItself():
                await self._answer_by_itself()
            case WriteAgain():
                await self._write()
            case Stop():
                await self._stop()
            case CallQuality():
                await self._sounded(item)
            case _:
                await self._audio_moved(item)

    # Commands

    async def _obey(self, command: Command) -> None:
        """Do a command once, however often it arrives, and tell who asked."""
        reply = self._replies.get(command.command) or self._replies.keep(command.command, await self._attempt(command))
        await self.services.send(command.channel, {"type": "command.done", "command": command.command, **reply})

    async def _attempt(self, command: Command) -> Reply:
        try:
            return {"ok": True, "result": await self._carry_out(command)}
        except CcError as error:
            logger.info("agent=%s %s refused: %s", self.agent_id, type(command).__name__, error)
            return {"ok": False, "reason": error.reason}
        except DatabaseError:
            logger.exception("agent=%s %s: the database refused", self.agent_id, type(command).__name__)
            return {"ok": False, "reason": InternalError.reason}

    async def _carry_out(self, command: Command) -> Reply:
        match command:
            case OfferAudio():
                return await self._offer_audio(command)
            case Dial():
                return await self._dial(command)
            case HangUp():
                return await self._hang_up()
            case WriteRemark():
                return await self._write_remark(command)
            case ChooseStatus():
                return await self._choose_status(command)
            case FinishWrapUp():
                await self._require_remark()
                await self._finish_wrap_up()
            case ExtendWrapUp():
                await self._extend_wrap_up()
            case PressKeys(digits=digits):
                keys.press(self.live and self.live.heard, digits)
            case Transfer() | CompleteTransfer() | CancelTransfer() | SwapCalls():
                await self._hand_over(command)
            case _:
                await self._ask_of_call(command)
        return {}

    async def _ask_of_call(self, command: Command) -> None:
        event = requests.event_of(command)
        if event is None or self.live is None or not requests.makes_sense(self.live.call, event):
            raise NoSuchCallError
        if isinstance(event, events.AnswerRequested) and not self.audio.leg:
            raise NotConnectedError
        if isinstance(event, events.HoldRequested) and self.live.consulted is not None:
            raise TransferPendingError
        if isinstance(event, events.MuteRequested | events.HoldRequested):
            permissions.check_event(await dialling.profile_of(self), event)
        await self._call_happened(self.live.call.id, event)

    async def _choose_status(self, command: ChooseStatus) -> Reply:
        if command.status not in CHOOSABLE:
            raise InvalidOptionsError("value: 2, 3 or 5 is needed")
        permissions.check_status(await dialling.profile_of(self), AgentStatus(command.status))
        await self._require_remark()
        self.agent = self.agent.chose(AgentStatus(command.status))
        if self.agent.status is not AgentStatus.POST_CALL:
            self._clear_wrap_up()
        await self._write_agent()
        return {}

    async def _dial(self, dial: Dial) -> Reply:
        attempt = await consulting.prepare_dialled(self, dial)
        before = self.agent
        self.agent = before.call_started()
        self._clear_wrap_up()
        try:
            await dialling.commit(attempt, agent=self.record())
        except DatabaseError:
            self.agent = before
            await attempt.live.abandon()
            raise
        await self._begin_call(attempt)
        return {"callId": attempt.live.call.id}

    async def _offered(self, offered: InboundOffered) -> None:
        """Ring for an inbound call, or hand it back at once for another agent."""
        attempt = await answering.prepare(self, offered) if answering.can_ring(self) else None
        if attempt is None:
            offered.answer(taken=False)
            return
        before, self.agent = self.agent, self.agent.call_started()
        try:
            await dialling.commit(attempt, agent=self.record())
        except DatabaseError:
            self.agent = before
            await attempt.live.abandon()
            offered.answer(taken=False)
            raise
        offered.answer(taken=True)
        await self._begin_call(attempt)
        answering.listen(offered, attempt.live)
        if attempt.answers_by_itself:
            self._timers.start(AnswerByItself, ANSWER_SECONDS)

    async def _answer_by_itself(self) -> None:
        """The agent heard it ring once; who left meanwhile, or answered, is not asked."""
        live = self.live
        if live is not None and self.audio.leg and requests.makes_sense(live.call, events.AnswerRequested()):
            await self._call_happened(live.call.id, events.AnswerRequested())

    async def _begin_call(self, attempt: Attempt) -> None:
        self.live = attempt.live
        self.services.legs.add(self.live.carrier_leg, self.agent_id)
        await self.live.carry_out(attempt.commands)
        await self._make_room()
        await self.services.announce(self.agent_id)

    async def _hang_up(self) -> Reply:
        if self.live is None:
            raise NoCallError
        call_id = self.live.call.id
        await self._call_happened(call_id, events.HangUpRequested())
        return {"callId": call_id}

    # The call

    async def _call_happened(self, call_id: str, what: CallHappening) -> None:
        """Late news of a call that is over, or has left us, finds no call here."""
        live = self.live
        consulted = live and live.consulted
        if live and consulted and consulted.call.id == call_id:
            await self._consulted_happened(live, consulted, what)
        elif live is None or live.call.id != call_id:
            self.services.bridges.pass_on(call_id, what)
        elif isinstance(what, JoinWanted):
            await self._join_wanted(live)
        else:
            await self._current_happened(live, what)

    async def _current_happened(self, live: LiveCall, what: CallHappening) -> None:
        is_changed = await live.happened(what)
        await self._agree_on_codec(live)
        if not is_changed:
            return
        if isinstance(what, TakeOver):
            await self._inherit(live, what)
        self._follow(live)
        heir = heir_of(live) if live.is_over else None
        if live.is_over:
            live.consulted = None if heir else live.consulted
            await self._end_beside(live)
            self._call_ended(live, is_last=heir is None)
            # Before the page hears of the end: who looks then finds all of the record.
            await self._keep_quality(live)
        entry = Entry(self.record(), live.call, live.route.trunk.id, live.attempts.take(), heir.call.id if heir else "")
        await self._write(entry)
        if heir is not None:
            await self._go_on_with(heir)

    def _call_ended(self, live: LiveCall, *, is_last: bool) -> None:
        """After-call work is about the customer, also where the agent went on with who was asked."""
        self.services.legs.discard(live.carrier_leg)
        if live.is_over:
            self.services.ladder.recorder.end(live.call.id)
        self._customer_call = self._customer_call or live.call.id
        if not is_last:
            return
        self.live = None
        about, self._customer_call = self._customer_call, ""
        wraps_up = live.call.answered is not None and self.wrap_up.seconds > 0
        self.agent = self.agent.call_ended(wraps_up=wraps_up)
        if self.agent.status is AgentStatus.POST_CALL:
            self._begin_wrap_up(about)
        if not self.pages:
            self._timers.start(PageGraceRanOut, PAGE_GRACE_SECONDS)

    async def _stop(self) -> None:
        if self.live is not None:
            await self._call_happened(self.live.call.id, events.ServerStopping())
        self._clear_wrap_up()
        await self.audio.drop()
        self.agent = Agent()
        await self._write_agent()
        for page in self.pages:
            await self.services.send(page, {"type": "server.stopping"})
        self.pages.clear()
        self._timers.stop_all()
