"""One call while it lives: feeds the call machine and carries out what it asks for.

A desk owns it and hands it one event at a time, so nothing in here is entered twice. SIP and timers never call in: they
post events to the desk.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from widget.calls import events
from widget.calls.call import Call, CallState
from widget.calls.commands import (
    Command,
    ConnectAudio,
    HangUpCarrier,
    ReleaseMedia,
    SendInvite,
    StartTimer,
    StopTimer,
    Timer,
)
from widget.calls.events import Event
from widget.calls.transitions import transition
from widget.media.errors import MediaError
from widget.media.service import MediaService
from widget.sip import events as sip_events
from widget.sip.offer_answer import OfferAnswerError, RemoteAudio, answer_offer, make_offer, read_answer
from widget.sip.outgoing import OutgoingCall
from widget.sip.trunk import Trunk
from widget.sip.user_agent import UserAgent
from widget.switchboard import clock

logger = logging.getLogger(__name__)

_FAULTS = MappingProxyType(
    {
        sip_events.FailureCause.NO_RESPONSE: events.CarrierFault.SILENT,
        sip_events.FailureCause.TIMEOUT: events.CarrierFault.SILENT,
        sip_events.FailureCause.TRANSPORT: events.CarrierFault.TRANSPORT,
        sip_events.FailureCause.AUTHENTICATION: events.CarrierFault.AUTHENTICATION,
        sip_events.FailureCause.BAD_ANSWER: events.CarrierFault.BAD_ANSWER,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a call goes: the trunk, its codecs in order of preference, and the number that it shows."""

    trunk: Trunk
    codecs: tuple[str, ...]
    caller: str


@dataclass(frozen=True, slots=True)
class FarEndOffer:
    """A re-INVITE of the carrier: it changes the audio, never the state of the call."""

    sdp: str
    answer: Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class FarEndAnswer:
    """The answer to the offer that we gave to a re-INVITE without one."""

    sdp: str


CallHappening = Event | FarEndOffer | FarEndAnswer


@dataclass(slots=True, kw_only=True)
class LiveCall:
    """``post`` puts what SIP and timers report into the owner's queue; ``browser_leg`` is the agent's audio or ""."""

    call: Call
    route: Route
    sip: UserAgent
    media: MediaService
    post: Callable[[CallHappening], None]
    browser_leg: str = ""
    host: str = ""
    port: int = 0
    sdp_version: int = 1
    dialog: OutgoingCall | None = None
    bridged_to: str = ""
    timers: dict[Timer, asyncio.TimerHandle] = field(default_factory=dict)

    @property
    def carrier_leg(self) -> str:
        return self.call.id

    @property
    def is_over(self) -> bool:
        return self.call.state is CallState.ENDED

    async def reserve_audio(self) -> None:
        """Open the carrier's port before there is a call: without it nothing can be dialled. Raises MediaError."""
        self.host, self.port = await self.media.open_carrier_leg(self.carrier_leg, remote_host=self.route.trunk.host)

    async def abandon(self) -> None:
        """The call never went out: give its port back."""
        await self.media.close_carrier_leg(self.carrier_leg)

    async def happened(self, what: CallHappening) -> bool:
        """Take in one thing that happened; True when the snapshot changed."""
        match what:
            case FarEndOffer():
                await self.answer_far_end(what)
                return False
            case FarEndAnswer(sdp):
                await self._connect_audio(sdp)
                return False
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
                case SendInvite():
                    self._send_invite()
                case ConnectAudio(sdp):
                    await self._connect_audio(sdp)
                case HangUpCarrier(reason):
                    self._hang_up(reason)
                case ReleaseMedia():
                    await self._release_media()
                case StartTimer(timer, seconds):
                    self._start_timer(timer, seconds)
                case StopTimer(timer):
                    self._stop_timer(timer)

    async def attach(self, browser_leg: str) -> None:
        """The agent's audio is (again) ``browser_leg``; the carrier's side goes on without a seam."""
        self.browser_leg = browser_leg
        try:
            await self._bridge()
        except MediaError as error:
            self._audio_failed(error)

    async def answer_far_end(self, offer: FarEndOffer) -> None:
        """Answer a re-INVITE (hold, resume, a moved address). Refusing it leaves the call as it was (RFC 3261 14.2)."""
        try:
            offer.answer(await self._renegotiate(offer.sdp))
        except (OfferAnswerError, MediaError) as error:
            logger.warning("call=%s re-INVITE refused: %s", self.call.id, error)
            offer.answer(None)

    def _send_invite(self) -> None:
        offer = make_offer(
            host=self.host, port=self.port, codecs=self.route.codecs, session_id=self._session_id, version=1
        )
        self.dialog = self.sip.invite(
            self.route.trunk,
            call_id=self.call.id,
            number=self.call.number,
            caller=self.route.caller,
            sdp=offer,
            on_event=self._on_sip,
        )

    @property
    def _session_id(self) -> int:
        """The SDP origin's session id (RFC 8866 5.2): numeric, the same for the whole call."""
        return int(self.call.id[:12], 16)

    def _on_sip(self, event: sip_events.SipEvent) -> None:
        happened = _translate(event)
        if happened is not None:
            self.post(happened)

    async def _connect_audio(self, sdp: str) -> None:
        try:
            remote = read_answer(sdp, codecs=self.route.codecs)
            await self._connect(remote)
            await self._bridge()
        except (OfferAnswerError, MediaError) as error:
            self._audio_failed(error)

    def _audio_failed(self, error: OfferAnswerError | MediaError) -> None:
        logger.warning("call=%s audio not connected: %s", self.call.id, error)
        self.post(events.AudioFailed(str(error)))

    async def _connect(self, remote: RemoteAudio) -> None:
        await self.media.connect_carrier_leg(
            self.carrier_leg,
            host=remote.host,
            port=remote.port,
            codec=remote.codec,
            payload_type=remote.payload_type,
            dtmf_payload_type=remote.dtmf_payload_type,
            sends=remote.sends,
            receives=remote.receives,
        )

    async def _bridge(self) -> None:
        if self.browser_leg and self.bridged_to != self.browser_leg:
            await self.media.bridge(self.browser_leg, self.carrier_leg)
            self.bridged_to = self.browser_leg

    async def _renegotiate(self, sdp: str) -> str:
        self.sdp_version += 1
        if not sdp:
            return self._fresh_offer()
        answer, remote = answer_offer(
            sdp,
            host=self.host,
            port=self.port,
            codecs=self.route.codecs,
            session_id=self._session_id,
            version=self.sdp_version,
        )
        await self._connect(remote)
        return answer

    def _fresh_offer(self) -> str:
        """A re-INVITE without an offer is answered with ours; the far end's answer comes in its ACK."""
        return make_offer(
            host=self.host,
            port=self.port,
            codecs=self.route.codecs,
            session_id=self._session_id,
            version=self.sdp_version,
        )

    def _hang_up(self, reason: str) -> None:
        if self.dialog is not None:
            self.dialog.hang_up(reason=reason)

    async def _release_media(self) -> None:
        statistics = await self.media.close_carrier_leg(self.carrier_leg)
        logger.info("call=%s audio released: %s", self.call.id, statistics)

    def _start_timer(self, timer: Timer, seconds: float) -> None:
        self._stop_timer(timer)
        fire = partial(self.post, events.TimerFired(timer))
        self.timers[timer] = asyncio.get_running_loop().call_later(seconds, fire)

    def _stop_timer(self, timer: Timer) -> None:
        handle = self.timers.pop(timer, None)
        if handle is not None:
            handle.cancel()


def _translate(event: sip_events.SipEvent) -> CallHappening | None:
    """What a SIP event means to the call machine; ``None`` where the agent would see no difference."""
    match event:
        case sip_events.Ringing(sdp=sdp):
            return events.CarrierRang(sdp)
        case sip_events.Progress(sdp=str() as sdp):
            return events.CarrierRang(sdp)
        case sip_events.Answered(sdp=sdp):
            return events.CarrierAnswered(sdp)
        case sip_events.Rejected(code=code, phrase=phrase, reason=reason):
            return events.CarrierRejected(code, reason or phrase)
        case sip_events.HungUp(reason=reason):
            return events.CarrierHungUp(reason)
        case sip_events.Failed(cause=cause):
            return events.CarrierFailed(_FAULTS[cause])
        case sip_events.MediaChanged(sdp=sdp, answer=answer):
            return FarEndOffer(sdp, answer)
        case sip_events.MediaAnswered(sdp=sdp):
            return FarEndAnswer(sdp)
        case _:
            return None
