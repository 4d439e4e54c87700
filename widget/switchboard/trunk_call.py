"""The last step of a trunk's test: a call to a number that the admin entered, taken back as soon as it rings."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from widget.media.errors import MediaError
from widget.models import new_call_id
from widget.sip.events import (
    Answered,
    Failed,
    FailureCause,
    HungUp,
    MediaChanged,
    Progress,
    Rejected,
    Ringing,
    SipEvent,
)
from widget.sip.offer_answer import OfferAnswerError
from widget.sip.outgoing import OutgoingCall
from widget.sip.uri import InvalidUriError
from widget.switchboard.carrier_audio import CarrierAudio
from widget.switchboard.findings import Finding, Step, fail, ok
from widget.switchboard.route import Route
from widget.switchboard.services import Services

ATTEMPT_SECONDS = 25.0
AFTER_PROGRESS_SECONDS = 6.0
"""Some carriers never send 180, only early media."""
END_SECONDS = 5.0
REACHED = frozenset({408, 480, 486, 487, 600, 603})
"""The destination itself, or nobody there, said so: the carrier carried the call."""
NUMBER = frozenset({404, 410, 416, 484, 604})
CODEC = frozenset({415, 488, 606})
TOO_LARGE = frozenset({413, 513})
EXTENSIONS = frozenset({420, 421})
REASONS = {
    **dict.fromkeys(NUMBER, "number_unknown"),
    **dict.fromkeys(CODEC, "codec"),
    **dict.fromkeys((401, 402, 403, 407), "call_forbidden"),
    **dict.fromkeys(TOO_LARGE, "too_large"),
    **dict.fromkeys(EXTENSIONS, "extension"),
    422: "session_timer",
}
FAILURES = {
    FailureCause.NO_RESPONSE: "call_silent",
    FailureCause.TIMEOUT: "call_silent",
    FailureCause.TRANSPORT: "call_unreachable",
    FailureCause.LOST: "call_lost",
    FailureCause.BAD_ANSWER: "bad_answer",
}


@dataclass(slots=True)
class TrialCall:
    """One attempt; ``number`` as the admin wrote it."""

    services: Services
    route: Route
    number: str
    events: asyncio.Queue[SipEvent] = field(default_factory=asyncio.Queue)
    started: float = field(default_factory=time.monotonic)
    rang_after: float | None = None

    async def run(self) -> Finding:
        """Place it, wait for what it comes to, take it back."""
        audio = CarrierAudio.on(self.route, leg=new_call_id(), media=self.services.media)
        try:
            await audio.open(await self.services.sip.address_of(self.route.trunk))
            return await self._call(audio)
        except MediaError as error:
            return fail(Step.CALL, "no_audio", detail=str(error))
        except InvalidUriError:
            return fail(Step.CALL, "number", number=self.number)
        finally:
            await audio.close()

    async def _call(self, audio: CarrierAudio) -> Finding:
        self.started = time.monotonic()
        call = self.services.sip.invite(
            self.route.trunk,
            call_id=f"test-{new_call_id()}",
            number=self.route.written(self.number),
            caller=self.route.caller,
            sdp=audio.offer(),
            on_event=self.events.put_nowait,
        )
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                return await self._wait(audio)
        except TimeoutError:
            return fail(Step.CALL, "no_outcome", seconds=int(ATTEMPT_SECONDS))
        finally:
            await self._take_back(call)

    async def _wait(self, audio: CarrierAudio) -> Finding:
        while True:
            try:
                async with asyncio.timeout(AFTER_PROGRESS_SECONDS if self.rang_after is not None else None):
                    event = await self.events.get()
            except TimeoutError:
                return ok(Step.CALL, "progresses", seconds=self._delay())
            found = await self._judge(event, audio)
            if found is not None:
                return found

    async def _judge(self, event: SipEvent, audio: CarrierAudio) -> Finding | None:
        match event:
            case Progress():
                self._delay()
                return None
            case Ringing():
                return ok(Step.CALL, "rings", seconds=self._delay())
            case MediaChanged(sdp=sdp, answer=answer):
                return await self._offered(sdp, answer, audio)
            case Answered(sdp=sdp):
                return await self._answered(sdp, audio)
            case Rejected(code=code, phrase=phrase):
                return self._rejected(code, f"{code} {phrase}".strip())
            case Failed(cause=cause):
                return fail(Step.CALL, self._failure(cause), realm="", answer="")
        return None

    def _failure(self, cause: FailureCause) -> str:
        """Credentials that are not there cannot have been wrong."""
        if cause is not FailureCause.AUTHENTICATION:
            return FAILURES[cause]
        trunk = self.route.trunk
        return "refused" if trunk.username and trunk.password else "call_wants_account"

    async def _answered(self, sdp: str, audio: CarrierAudio) -> Finding:
        try:
            if sdp:
                await audio.accept(sdp)
        except OfferAnswerError as error:
            return self._no_codec(error)
        except MediaError as error:
            return fail(Step.CALL, "no_audio", detail=str(error))
        codec = audio.remote.codec if audio.remote else ""
        return ok(Step.CALL, "answered", seconds=self._delay(), codec=codec)

    async def _offered(self, sdp: str, answer: Callable[[str | None], None], audio: CarrierAudio) -> Finding | None:
        """The trunk wants the carrier to offer; Answered follows."""
        try:
            answer(await audio.answer(sdp))
        except OfferAnswerError as error:
            return self._no_codec(error)
        except MediaError as error:
            return fail(Step.CALL, "no_audio", detail=str(error))
        return None

    def _no_codec(self, error: OfferAnswerError) -> Finding:
        return fail(Step.CALL, "codec", answer=str(error), codecs=", ".join(self.route.codecs))

    def _rejected(self, code: int, answer: str) -> Finding:
        caller = self.route.trunk.caller(self.route.caller)
        number, codecs = self.route.written(self.number), ", ".join(self.route.codecs)
        facts = {"answer": answer, "number": number, "codecs": codecs, "caller": caller}
        if code in REACHED:
            return ok(Step.CALL, "reached", **facts)
        if code in REASONS:
            return fail(Step.CALL, REASONS[code], **facts)
        if 300 <= code < 400:
            return fail(Step.CALL, "redirected", **facts)
        return fail(Step.CALL, "carrier_error" if code >= 500 else "rejected", **facts)

    def _delay(self) -> float:
        """Seconds from the INVITE to the first sign of ringing: the post-dial delay of RFC 6076 section 4.3.1."""
        if self.rang_after is None:
            self.rang_after = time.monotonic() - self.started
        return round(self.rang_after, 2)

    async def _take_back(self, call: OutgoingCall) -> None:
        """CANCEL or BYE, and a moment for the carrier to confirm it."""
        call.hang_up()
        try:
            async with asyncio.timeout(END_SECONDS):
                while not call.ended:
                    if isinstance(await self.events.get(), Rejected | HungUp | Failed):
                        return
        except TimeoutError:
            call.give_up()
