"""One call while it lives: feeds the call machine and carries out what it asks for.

A desk owns it and hands it one event at a time, so nothing in here is entered twice. SIP and timers never call in: they
post events to the desk.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from widget.calls import events
from widget.calls.call import Call, CallState
from widget.calls.commands import (
    Command,
    ConnectAudio,
    HangUpCarrier,
    OfferHold,
    PassOn,
    ReleaseMedia,
    SendAnswer,
    SendInvite,
    SendRejection,
    SendRinging,
    StartTimer,
    StopTimer,
    Timer,
)
from widget.calls.events import Event
from widget.calls.transitions import transition
from widget.media.errors import MediaError
from widget.sip.events import IncomingEvent, SipEvent
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import OfferAnswerError
from widget.sip.outgoing import OutgoingCall
from widget.sip.user_agent import UserAgent
from widget.switchboard import clock, handing_over
from widget.switchboard.attempts import Attempts
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.colleague_line import CalledEnd, CallingEnd, HandedCall, TakeOver
from widget.switchboard.happenings import CallHappening, FarEndAnswer, FarEndOffer, translate
from widget.switchboard.route import Route
from widget.switchboard.trunk_load import Slot, TrunkLoad

logger = logging.getLogger(__name__)

FAILOVER_SECONDS = 3.5
"""How long a silent trunk is waited for while there is another one to try."""
NOT_ACCEPTABLE = 488
"""Our answer to an offer that has no audio in common with us (RFC 3261 section 21.4.26)."""


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """``post`` puts what SIP and timers report into the owner's queue; ``browser_leg`` is the agent's audio or "".

    ``slot`` is the call's place on the trunk of ``route``, ``load`` knows which trunks have others.
    ``consulted`` is the call in which the agent asks somebody else while this one waits, ``handed`` what rings at a
    colleague's meanwhile, ``line`` the way to a colleague, who is called without a carrier. ``asked_to_hold``: the
    offer that the far end has not answered yet is a hold's, or its end.
    """

    call: Call
    route: Route
    sip: UserAgent
    audio: CarrierAudio
    post: Callable[[CallHappening], None]
    browser_leg: str = ""
    load: TrunkLoad = field(default_factory=TrunkLoad)
    slot: Slot | None = None
    other_routes: list[Route] = field(default_factory=list)
    attempts: Attempts = field(default_factory=Attempts)
    outgoing: OutgoingCall | CallingEnd | None = None
    incoming: IncomingCall | CalledEnd | HandedCall | None = None
    line: CallingEnd | None = None
    consulted: "LiveCall | None" = None
    handed: HandedCall | None = None
    asked_to_hold: bool = False
    timers: dict[Timer, asyncio.TimerHandle] = field(default_factory=dict)

    @property
    def carrier_leg(self) -> str:
        return self.audio.leg

    @property
    def is_over(self) -> bool:
        return self.call.state is CallState.ENDED

    async def happened(self, what: CallHappening) -> bool:
        """Take in one thing that happened; True when the snapshot changed."""
        match what:
            case FarEndOffer():
                return await self._answer_far_end(what)
            case FarEndAnswer(sdp):
                self.asked_to_hold = False
                await self._connect_audio(sdp)
                return False
            case TakeOver(source):
                return await handing_over.take_over(self, source)
            case events.HoldRefused() if not self.asked_to_hold:
                return False  # It was about a port that moved.
            case events.HoldRefused():
                self.asked_to_hold = False
                await self.apply(what)
                await self.audio.hold(on=self.call.held)
                return True
        return await self.apply(what)

    async def apply(self, event: Event) -> bool:
        """Feed one event to the machine and carry out its commands; True when the snapshot changed."""
        before = self.call
        self.call, commands = transition(before, event, clock.now())
        if self.call is not before:
            logger.info("call=%s %s after %s", self.call.id, self.call.state, type(event).__name__)
        await self.carry_out(commands)
        return self.call is not before

    async def carry_out(self, commands: tuple[Command, ...]) -> None:
        for command in commands:
            match command:
                case StartTimer(timer, seconds):
                    self._start_timer(timer, seconds)
                case StopTimer(timer):
                    self._stop_timer(timer)
                case ConnectAudio(sdp) if self.call.state is CallState.RINGING:
                    await self._connect_early(sdp)
                case ConnectAudio(sdp):
                    await self._connect_audio(sdp)
                case ReleaseMedia():
                    self._leave_trunk()
                    logger.info("call=%s audio released: %s", self.call.id, await self.audio.close())
                case _:
                    await self._tell_carrier(command)

    async def attach(self, browser_leg: str) -> None:
        """The agent's audio is (again) ``browser_leg``; the carrier's side goes on without a seam."""
        self.browser_leg = browser_leg
        if self.consulted is not None:
            self.consulted.browser_leg = browser_leg
        await self.heard.join()

    @property
    def heard(self) -> "LiveCall":
        """Which of the two calls the agent hears: the consulted one, unless that one is held."""
        consulted = self.consulted
        return self if consulted is None or consulted.call.held else consulted

    async def join(self) -> None:
        """Let the agent hear this call, and with it no other: the relay joins their audio with one at a time."""
        try:
            await self.audio.bridge(self.browser_leg)
        except MediaError as error:
            self._audio_failed(error)

    def part(self) -> None:
        """The agent hears another call now; :meth:`join` brings this one back."""
        self.audio.bridged_to = ""

    def listen(self, event: SipEvent | IncomingEvent | TakeOver) -> None:
        """For SIP: pass on what matters to a call."""
        if isinstance(event, TakeOver):
            self.post(event)
            return
        self.attempts.heard(event, sent_at=self.outgoing.sent_at if isinstance(self.outgoing, OutgoingCall) else None)
        happened = translate(event)
        if happened is not None:
            self.post(happened)

    async def _tell_carrier(self, command: Command) -> None:
        match command:
            case SendInvite():
                await self._send_invite()
            case SendRinging() if self.incoming is not None:
                self.incoming.ring()
            case SendAnswer() if self.incoming is not None:
                await self._send_answer(self.incoming)
            case SendRejection(sip_code) if self.incoming is not None:
                self.incoming.reject(sip_code)
            case OfferHold(on):
                await self.offer_hold(on=on)
            case PassOn(transfer):
                handing_over.pass_on(self, transfer)
            case HangUpCarrier(reason):
                self._hang_up(reason)

    async def _send_invite(self) -> None:
        """Dial through the first trunk, or, after that one failed, through the next."""
        if self.line is not None:
            self._call_colleague(self.line)
            return
        sip_call_id = self.call.id
        if self.outgoing is not None:
            if not await self._takes_next_route():
                return
            sip_call_id = f"{self.call.id}-{self.route.trunk.id}"
        self.attempts.begin(self.route.trunk.id, clock.now().wall.date())
        self.outgoing = self.sip.invite(
            self.route.trunk,
            call_id=sip_call_id,
            number=self.route.written(self.call.number),
            caller=self.route.caller,
            sdp=self.audio.offer(),
            on_event=self.listen,
            first_response_seconds=FAILOVER_SECONDS if self.other_routes else None,
        )

    def _call_colleague(self, line: CallingEnd) -> None:
        self.outgoing = line
        line.call(self.audio.offer(), self.listen)

    async def _takes_next_route(self) -> bool:
        """Another carrier may be full, may be reached from another address of ours, and may take other codecs."""
        self.route = self.other_routes.pop(0)
        logger.info("call=%s tries trunk=%d", self.call.id, self.route.trunk.id)
        if not self._moves_to(self.route):
            self.post(events.CarrierFailed(events.CarrierFault.FULL))
            return False
        await self.audio.close()
        self.audio = self.audio.moved_to(self.route, self.browser_leg)
        try:
            await self.audio.open(self.route.trunk.host)
        except MediaError as error:
            self._audio_failed(error)
            return False
        return True

    def _moves_to(self, route: Route) -> bool:
        """Give the place on the trunk that failed back, and take one on the next if it has any."""
        if self.slot is not None:
            self.slot.release()
        self.slot = self.load.dial(route.trunk.id, route.limits)
        return self.slot is not None

    def _leave_trunk(self) -> None:
        self.attempts.call_ended()
        if self.slot is not None:
            self.slot.release()

    async def abandon(self) -> None:
        """The call does not begin after all; nothing of it has left."""
        self._leave_trunk()
        await self.audio.close()

    async def _send_answer(self, incoming: IncomingCall | CalledEnd | HandedCall) -> None:
        """An INVITE without an offer is answered with ours; the far end's answer comes in its ACK."""
        if isinstance(incoming, HandedCall):
            await handing_over.take_over(self, incoming.live)
            return
        try:
            incoming.answer(await self.audio.answer(incoming.sdp) if incoming.sdp else self.audio.offer())
            await self.audio.bridge(self.browser_leg)
        except (OfferAnswerError, MediaError) as error:
            incoming.reject(NOT_ACCEPTABLE)
            self._audio_failed(error)

    async def offer_hold(self, *, on: bool) -> None:
        """Fall silent towards the far end, or be heard again, and tell it so."""
        dialog = self.outgoing or self.incoming
        if dialog is None:
            return
        await self.audio.hold(on=on)
        self.asked_to_hold = True
        dialog.change_media(self.audio.offer())

    def transfer_taken(self) -> None:
        """For a colleague's desk: it rings there."""
        self.post(events.TransferTaken())

    def transfer_refused(self, sip_code: int = 0) -> None:
        self.post(events.TransferRefused(sip_code))

    async def _answer_far_end(self, offer: FarEndOffer) -> bool:
        """Answer a re-INVITE (hold, resume, a moved address). Refusing it leaves the call as it was (RFC 3261 14.2)."""
        try:
            offer.answer(await self.audio.answer(offer.sdp) if offer.sdp else self.audio.offer())
        except (OfferAnswerError, MediaError) as error:
            logger.warning("call=%s re-INVITE refused: %s", self.call.id, error)
            offer.answer(None)
            return False
        return await self.apply(events.FarEndHeld(self.audio.is_held_by_far_end))

    async def _connect_early(self, sdp: str) -> None:
        """One fork's early media, perhaps; what cannot be heard of it is silent, and the answer decides."""
        try:
            await self.audio.accept(sdp)
            await self.audio.bridge(self.browser_leg)
        except (OfferAnswerError, MediaError) as error:
            logger.warning("call=%s early media not connected: %s", self.call.id, error)

    async def _connect_audio(self, sdp: str) -> None:
        try:
            if sdp:  # Else the far end's own offer was answered before.
                await self.audio.accept(sdp)
            await self.audio.bridge(self.browser_leg)
            if self.call.state is CallState.TALKING:
                self.audio.tell_move(self.outgoing)
        except (OfferAnswerError, MediaError) as error:
            self._audio_failed(error)

    def _audio_failed(self, error: OfferAnswerError | MediaError) -> None:
        logger.warning("call=%s audio not connected: %s", self.call.id, error)
        self.post(events.AudioFailed(str(error)))

    def _hang_up(self, reason: str) -> None:
        if self.outgoing is not None:
            self.outgoing.hang_up(reason=reason)
        if self.incoming is not None:
            self.incoming.hang_up()

    def _start_timer(self, timer: Timer, seconds: float) -> None:
        self._stop_timer(timer)
        fire = partial(self.post, events.TimerFired(timer))
        self.timers[timer] = asyncio.get_running_loop().call_later(seconds, fire)

    def _stop_timer(self, timer: Timer) -> None:
        handle = self.timers.pop(timer, None)
        if handle is not None:
            handle.cancel()
