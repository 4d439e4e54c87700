"""A call that the simulated carrier makes: somebody out there dials one of the application's numbers."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from widget.simulator.call import CallEnd, name_of
from widget.simulator.changes import Changes
from widget.simulator.config import CarrierConfig
from widget.simulator.conversation import PROGRAMS, Conversation
from widget.simulator.numbers import Behaviour
from widget.simulator.rtp_streams import RtpCounters
from widget.sip.events import Answered, Failed, HungUp, MediaAnswered, MediaChanged, Rejected, Ringing, SipEvent
from widget.sip.offer_answer import OfferAnswerError
from widget.sip.outgoing import OutgoingCall
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport, Trunk
from widget.sip.user_agent import UserAgent

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whom to call, as whom, and what to say: an announcement ends the call, everything else leaves that to others."""

    number: str
    host: str
    port: int
    caller: str = "12025550199"
    behaviour: Behaviour = Behaviour.ECHO
    transport: Transport = Transport.UDP
    tls: TlsOptions = field(default_factory=TlsOptions)


class PlacedCall:
    """What a test or an integrator sees of it. Times are aware datetimes in UTC, None while it has not come to that."""

    def __init__(self, wish: Wish, config: CarrierConfig) -> None:
        self.wish = wish
        self.call_id = secrets.token_hex(16)
        self.rang = False
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.end: CallEnd | None = None
        self.response_code: int | None = None
        self._config = config
        self._changes = Changes()
        self._conversation = Conversation(
            codecs=config.codecs, changes=self._changes, label=name_of(self.call_id), recordings=None
        )
        self._call: OutgoingCall | None = None

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.end is None

    @property
    def held(self) -> bool:
        """Whether we were told to send nothing."""
        return self._conversation.held

    @property
    def digits(self) -> str:
        """The digits received so far."""
        return self._conversation.digits

    @property
    def counters(self) -> RtpCounters:
        """RTP packets so far."""
        return self._conversation.counters

    async def place(self, agent: UserAgent) -> None:
        """Send the INVITE. Raises OSError without a socket for the audio, InvalidUriError for the number."""
        await self._conversation.open(self._config.host)
        wish = self.wish
        self._call = agent.invite(
            Trunk(id=0, host=wish.host, port=wish.port, transport=wish.transport, tls=wish.tls),
            call_id=self.call_id,
            number=wish.number,
            caller=wish.caller,
            sdp=self._conversation.offer(),
            on_event=self._handle,
        )
        logger.info("call=%s calling %s at %s:%d", self.call_id, wish.number, wish.host, wish.port)

    def hang_up(self) -> None:
        """CANCEL or BYE, as its state asks. Harmless when it is over."""
        if self._call:
            self._call.hang_up()

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; it is looked at again whenever anything happens on this call."""
        await self._changes.wait_until(condition)

    async def wait_answered(self) -> None:
        """Return once it is answered or over."""
        await self.wait_until(lambda: self.answered_at is not None or not self.live)

    async def wait_ended(self) -> None:
        """Return once it is over."""
        await self.wait_until(lambda: not self.live)

    def _handle(self, event: SipEvent) -> None:
        match event:
            case Ringing():
                self.rang = True
            case Answered(sdp=sdp):
                self.answered_at = datetime.now(UTC)
                self._conversation.play(PROGRAMS[self.wish.behaviour])
                self._accept(sdp)
            case MediaAnswered(sdp=sdp):
                self._accept(sdp)
            case MediaChanged():
                self._renegotiate(event)
            case Rejected(code=code):
                self.response_code = code
                self._finish(CallEnd.REFUSED if self.answered_at is None else CallEnd.FAILED)
            case HungUp(local=local):
                self._finish(CallEnd.CARRIER_HUNG_UP if local else CallEnd.CALLER_HUNG_UP)
            case Failed():
                self._finish(CallEnd.FAILED)
        self._changes.notify()

    def _accept(self, sdp: str) -> None:
        try:
            self._conversation.accept(sdp)
        except OfferAnswerError as error:
            logger.info("call=%s answer refused: %s", self.call_id, error.reason)
            self.hang_up()

    def _renegotiate(self, change: MediaChanged) -> None:
        """Hold, resume, another address: 488 leaves the call as it was."""
        try:
            change.answer(self._conversation.answer(change.sdp) if change.sdp else self._conversation.offer())
        except OfferAnswerError as error:
            logger.info("call=%s new offer refused: %s", self.call_id, error.reason)
            change.answer(None)

    def _finish(self, end: CallEnd) -> None:
        self.end = end
        self.ended_at = datetime.now(UTC)
        self._conversation.close()
        logger.info("call=%s ended: %s", self.call_id, end.value)

    async def talk(self) -> None:
        """Until the announcement is over, then hang up; for any other behaviour until the other side does."""
        await self.wait_until(lambda: self._conversation.finished or not self.live)
        self.hang_up()
        await self.wait_ended()
