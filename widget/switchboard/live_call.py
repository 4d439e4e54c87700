"""One call while it lives: feeds the call machine and carries out what it asks for.

A desk owns it and hands it one event at a time, so nothing in here is entered twice. SIP and timers never call in: they
post events to the desk.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from widget.calls import events
from widget.calls.call import Call, CallState
from widget.calls.commands import (
    Command,
    ConnectAudio,
    HangUpCarrier,
    JoinFarEnds,
    OfferHold,
    PassOn,
    ReleaseMedia,
    SendAnswer,
    SendInvite,
    SendRejection,
    SendRinging,
    StartTimer,
    StopTimer,
)
from widget.calls.events import Event
from widget.calls.transitions import transition
from widget.media.errors import MediaError
from widget.sip.events import IncomingEvent, SipEvent, TransferFailed
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import OfferAnswerError
from widget.sip.outgoing import OutgoingCall
from widget.sip.user_agent import UserAgent
from widget.switchboard import clock, handing_over, inviting
from widget.switchboard.attempts import Attempts
from widget.switchboard.call_timers import CallTimers
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.colleague_line import CalledEnd, CallingEnd, HandedCall, TakeOver
from widget.switchboard.happenings import CallHappening, FarEndAnswer, FarEndDigit, FarEndOffer, JoinWanted, translate
from widget.switchboard.refer_refusals import ReferRefusals
from widget.switchboard.route import Route
from widget.switchboard.trunk_load import Slot, TrunkLoad

logger = logging.getLogger(__name__)

Dialog = OutgoingCall | IncomingCall | CallingEnd | CalledEnd | HandedCall

NOT_ACCEPTABLE = 488
"""Our answer to an offer that has no audio in common with us (RFC 3261 section 21.4.26)."""


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """``post`` puts what SIP and timers report into the owner's queue; ``browser_leg`` is the agent's audio or "".

    ``slot`` is the call's place on the trunk of ``route``, ``load`` knows which trunks have others, ``refusals`` which
    carriers take no REFER.
    ``consulted`` is the call in which the agent asks somebody else while this one waits, ``handed`` what rings at a
    colleague's meanwhile, ``line`` the way to a colleague, who is called without a carrier. ``asked_to_hold``: the
    offer that the far end has not answered yet is a hold's, or its end. ``resumes``: it is on hold only for a transfer
    of ours, and is taken back if that fails.
    """

    call: Call
    route: Route
    sip: UserAgent
    audio: CarrierAudio
    post: Callable[[CallHappening], None]
    browser_leg: str = ""
    load: TrunkLoad = field(default_factory=TrunkLoad)
    refusals: ReferRefusals = field(default_factory=ReferRefusals)
    slot: Slot | None = None
    other_routes: list[Route] = field(default_factory=list)
    attempts: Attempts = field(default_factory=Attempts)
    outgoing: OutgoingCall | CallingEnd | None = None
    incoming: IncomingCall | CalledEnd | HandedCall | None = None
    line: CallingEnd | None = None
    consulted: "LiveCall | None" = None
    handed: HandedCall | None = None
    asked_to_hold: bool = False
    resumes: bool = False
    timers: CallTimers = field(init=False)

    def __post_init__(self) -> None:
        """Who owns the call may change while a timer runs."""
        self.timers = CallTimers(lambda timer: self.post(events.TimerFired(timer)))

    @property
    def carrier_leg(self) -> str:
        return self.audio.leg

    @property
    def is_over(self) -> bool:
        return self.call.state is CallState.ENDED

    @property
    def is_talking(self) -> bool:
        """Whether the far end is there, as far as anybody knows."""
        return self.call.state is CallState.TALKING and self.dialog is not None and not self.dialog.ended

    @property
    def dialog(self) -> Dialog | None:
        """What is spoken with the far end."""
        return self.outgoing or self.incoming

    async def happened(self, what: CallHappening) -> bool:
        """Take in one thing that happened; True when the snapshot changed."""
        match what:
            case FarEndOffer():
                return await self._answer_far_end(what)
            case FarEndAnswer(sdp):
                self.asked_to_hold = False
                await self._connect_audio(sdp)
                return False
            case FarEndDigit() | JoinWanted():
                return False  # For those who own two calls.
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
                    self.timers.start(timer, seconds)
                case StopTimer(timer):
                    self.timers.stop(timer)
                case ConnectAudio(sdp) if self.call.state is CallState.RINGING:
                    await self._connect_early(sdp)
                case ConnectAudio(sdp):
                    await self._connect_audio(sdp)
                case ReleaseMedia():
                    self.leave_trunk()
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
            self.audio_failed(error)

    def part(self) -> None:
        """The agent hears another call now; :meth:`join` brings this one back."""
        self.audio.bridged_to = ""

    def listen(self, event: SipEvent | IncomingEvent | TakeOver) -> None:
        """For SIP: pass on what matters to a call."""
        if isinstance(event, TakeOver):
            self.post(event)
            return
        self.attempts.heard(event, sent_at=self.outgoing.sent_at if isinstance(self.outgoing, OutgoingCall) else None)
        if isinstance(event, TransferFailed):
            handing_over.note_refusal(self, event.code)
        happened = translate(event)
        if happened is not None:
            self.post(happened)

    async def _tell_carrier(self, command: Command) -> None:
        match command:
            case SendInvite():
                await inviting.send_invite(self)
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
            case JoinFarEnds():
                self.post(JoinWanted())
            case HangUpCarrier(reason):
                self._hang_up(reason)

    def leave_trunk(self) -> None:
        """No INVITE of it is under way, and its place is free."""
        self.attempts.call_ended()
        if self.slot is not None:
            self.slot.release()

    async def abandon(self) -> None:
        """The call does not begin after all; nothing of it has left."""
        self.leave_trunk()
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
            self.audio_failed(error)

    async def offer_hold(self, *, on: bool) -> None:
        """Fall silent towards the far end, or be heard again, and tell it so."""
        if self.dialog is not None:
            await self.audio.hold(on=on)
            self.asked_to_hold = True
            self.dialog.change_media(self.audio.offer())

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
            if self.call.answered is not None:
                self.audio.tell_move(self.outgoing)
        except (OfferAnswerError, MediaError) as error:
            self.audio_failed(error)

    def audio_failed(self, error: OfferAnswerError | MediaError) -> None:
        logger.warning("call=%s audio not connected: %s", self.call.id, error)
        self.post(events.AudioFailed(str(error)))

    def _hang_up(self, reason: str) -> None:
        if self.outgoing is not None:
            self.outgoing.hang_up(reason=reason)
        if self.incoming is not None:
            self.incoming.hang_up()
