"""One call of the simulated carrier: runs the script of its number."""

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from widget.simulator.changes import Changes
from widget.simulator.config import CarrierConfig
from widget.simulator.conversation import PROGRAMS, Conversation, ringback
from widget.simulator.numbers import ANY_OTHER, Behaviour, Refusal, Scenario
from widget.simulator.recordings import Recordings
from widget.simulator.rtp_streams import RtpCounters
from widget.sip.events import Cancelled, Confirmed, Failed, HungUp, IncomingEvent, MediaAnswered, MediaChanged, Referred
from widget.sip.incoming import IncomingCall
from widget.sip.offer_answer import OfferAnswerError

logger = logging.getLogger(__name__)

NOT_ACCEPTABLE = Refusal(488, "Not Acceptable Here")
UNAVAILABLE = Refusal(480, "Temporarily Unavailable")
NO_MEDIA = Refusal(503, "Service Unavailable")


class CallEnd(Enum):
    """How a call ended, as the carrier saw it."""

    IGNORED = "ignored"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    CALLER_HUNG_UP = "caller_hung_up"
    CARRIER_HUNG_UP = "carrier_hung_up"
    FAILED = "failed"


def name_of(call_id: str) -> str:
    """A Call-ID as it may stand in a log line and in a file name: the caller chose it, so it is hostile.

    What had to be changed or cut gets a digest, so that different calls keep different names.
    """
    safe = re.sub(r"[^A-Za-z0-9@._-]", "_", call_id).lstrip(".")[:100]
    if safe == call_id and safe:
        return safe
    return f"{safe}-{hashlib.sha256(call_id.encode()).hexdigest()[:12]}"


class SimulatedCall:
    """What a test or an integrator sees of a call, during it and afterwards.

    All times are aware datetimes in UTC, None while it has not come to that.
    """

    def __init__(self, incoming: IncomingCall, scenario: Scenario, config: CarrierConfig) -> None:
        self.number = incoming.number
        self.caller = incoming.caller
        self.call_id = incoming.call_id
        self.name = name_of(incoming.call_id)
        self.scenario = scenario
        self.started_at = datetime.now(UTC)
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.end: CallEnd | None = None
        self.response_code: int | None = None
        self.transferred_to = ""
        self.recording: Path | None = None
        self.sent_recording: Path | None = None
        self._config = config
        self._changes = Changes()
        self._conversation: Conversation | None = None
        self._recordings: Recordings | None = None
        self._local_description = ""
        self._incoming = incoming
        self._task: asyncio.Task[None] | None = None
        incoming.on_event = self._handle

    def __repr__(self) -> str:
        return f"<SimulatedCall {self.name} to {self.number}: {self.end.value if self.end else 'live'}>"

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.end is None

    @property
    def held(self) -> bool:
        """Whether the caller has told us to send nothing (RFC 3264 section 8.4)."""
        return self._conversation is not None and self._conversation.held

    @property
    def digits(self) -> str:
        """The digits received so far."""
        return self._conversation.digits if self._conversation else ""

    @property
    def counters(self) -> RtpCounters:
        """RTP packets so far."""
        return self._conversation.counters if self._conversation else RtpCounters()

    def start(self) -> None:
        """Begin the script. To be called before the user agent's callback returns, which sends 100 unless we ignore."""
        logger.info("call=%s from %r to %r: %s", self.name, self.caller, self.number, self.scenario.summary)
        if not self.scenario.responds:
            self._incoming.ignore()
            self._finish(CallEnd.IGNORED)
            return
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"simulated call {self.name}")
        self._task.add_done_callback(self._script_ended)

    def hang_up(self) -> None:
        """End the call from the carrier's side: BYE once it is answered, 480 before. Harmless when it is over."""
        if self.answered_at is None:
            self.refuse(UNAVAILABLE)
        elif self.live:
            logger.info("call=%s hanging up", self.name)
            self._incoming.hang_up()
            self._finish(CallEnd.CARRIER_HUNG_UP)

    def refuse(self, refusal: Refusal) -> None:
        """Give the final response that refuses the call. Harmless once it is answered or over."""
        if self.live and self.answered_at is None:
            self._incoming.reject(refusal.code, refusal.phrase)
            self.response_code = refusal.code
            self._finish(CallEnd.REFUSED)

    async def wait_until(self, condition: Callable[[], bool]) -> None:
        """Return once the condition holds; it is looked at again whenever anything happens on this call."""
        await self._changes.wait_until(condition)

    async def wait_answered(self) -> None:
        """Return once the call is answered or over."""
        await self.wait_until(lambda: self.answered_at is not None or not self.live)

    async def wait_ended(self) -> None:
        """Return once the call is over and its recordings have their names."""
        await self.wait_until(lambda: not self.live)

    async def _run(self) -> None:
        try:
            await self._follow_script()
        except OfferAnswerError as error:
            logger.info("call=%s offer refused: %s", self.name, error.reason)
            self.refuse(NOT_ACCEPTABLE)
        except OSError as error:
            logger.warning("call=%s no socket for its audio: %s", self.name, error)
            self.refuse(NO_MEDIA)

    def _script_ended(self, task: asyncio.Task[None]) -> None:
        """A fault of ours must neither pass unseen nor leave the caller waiting."""
        if not task.cancelled() and (fault := task.exception()) is not None:
            logger.error("call=%s script failed", self.name, exc_info=fault)
            self.hang_up()

    async def _follow_script(self) -> None:
        await self._ring()
        if self.scenario.refusal:
            self.refuse(self.scenario.refusal)
            return
        await self._answer()
        await self._converse()

    async def _ring(self) -> None:
        seconds = self.scenario.ring_seconds
        if self.scenario.early_media:
            conversation = await self._open_conversation()
            conversation.play(ringback)
            self._incoming.ring(183, self._description(conversation))
        elif seconds != 0:
            self._incoming.ring()
        logger.info("call=%s ringing", self.name)
        await self._pause(seconds)

    async def _answer(self) -> None:
        conversation = await self._open_conversation()
        description = self._description(conversation)
        conversation.play(PROGRAMS[self.scenario.behaviour])
        self._incoming.answer(description)
        self._incoming.refuse_transfers(self.scenario.refuses_refer_with)
        self.response_code = 200
        self.answered_at = datetime.now(UTC)
        logger.info("call=%s answered", self.name)
        self._changes.notify()

    async def _converse(self) -> None:
        conversation = await self._open_conversation()
        if self.scenario.behaviour is Behaviour.ANNOUNCE:
            await self.wait_until(lambda: conversation.finished)
        else:
            await self._pause(self.scenario.hang_up_after_seconds)
        self.hang_up()

    async def _pause(self, seconds: float | None) -> None:
        """So long, or until the task is cancelled."""
        if seconds is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(seconds * self._config.time_scale)

    async def _open_conversation(self) -> Conversation:
        if self._conversation is None:
            directory = self._config.record_directory
            self._recordings = Recordings(directory, self.name) if directory else None
            self._conversation = Conversation(
                codecs=self._config.codecs,
                changes=self._changes,
                label=self.name,
                recordings=self._recordings,
                line=self.scenario.line,
            )
            await self._conversation.open(self._config.host)
        return self._conversation

    def _description(self, conversation: Conversation) -> str:
        """The same in the 183 and the 200 (RFC 3261 section 13.3.1.4)."""
        if not self._local_description:
            offer = self._incoming.sdp
            self._local_description = conversation.answer(offer) if offer else conversation.offer()
        return self._local_description

    def _handle(self, event: IncomingEvent) -> None:
        match event:
            case Cancelled():
                self._finish(CallEnd.CANCELLED)
            case HungUp(local=local):
                self._finish(CallEnd.CARRIER_HUNG_UP if local else CallEnd.CALLER_HUNG_UP)
            case Failed(cause=cause):
                logger.warning("call=%s failed: %s", self.name, cause.value)
                self._finish(CallEnd.FAILED)
            case Confirmed(sdp=sdp) if sdp:
                self._accept(sdp)
            case MediaAnswered(sdp=sdp):
                self._accept(sdp)
            case MediaChanged():
                self._renegotiate(event)
            case Referred():
                self._transfer(event)
        self._changes.notify()

    def _transfer(self, referred: Referred) -> None:
        """Do to the new number as its script says, at once, and report it; the caller then hangs up this call."""
        number = referred.target.partition("@")[0].partition(":")[2].removeprefix("+")
        refusal = self._config.numbers.get(number, ANY_OTHER).refusal
        logger.info("call=%s to be transferred to %r", self.name, number)
        self.transferred_to = "" if refusal else number
        if refusal:
            referred.report(refusal.code, refusal.phrase)
        else:
            referred.report(180, "Ringing")
            referred.report(200, "OK")

    def _accept(self, sdp: str) -> None:
        """The caller's answer to an offer of ours; without a usable one there is no call."""
        if self._conversation is None:
            return
        try:
            self._conversation.accept(sdp)
        except OfferAnswerError as error:
            logger.info("call=%s answer refused: %s", self.name, error.reason)
            self.hang_up()

    def _renegotiate(self, change: MediaChanged) -> None:
        """Hold, resume, another address: 488 leaves the call as it was."""
        if self._conversation is None:
            change.answer(None)
            return
        try:
            change.answer(self._conversation.answer(change.sdp) if change.sdp else self._conversation.offer())
        except OfferAnswerError as error:
            logger.info("call=%s new offer refused: %s", self.name, error.reason)
            change.answer(None)
        else:
            logger.info("call=%s media changed", self.name)

    def _finish(self, end: CallEnd) -> None:
        if not self.live:
            return
        self.end = end
        self.ended_at = datetime.now(UTC)
        if self._task:
            self._task.cancel()
        if self._conversation:
            self._conversation.close()
        if self._recordings:
            self.recording, self.sent_recording = self._recordings.finish()
        logger.info("call=%s ended: %s", self.name, end.value)
        self._changes.notify()
