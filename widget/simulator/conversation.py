"""The audio of one call: its socket, what is played, what is heard, and the recordings."""

import logging
import secrets
from collections.abc import Callable, Sequence
from typing import TypeAlias

from widget.media.rtp import RtpHeader
from widget.simulator import audio
from widget.simulator.changes import Changes
from widget.simulator.digits import DigitReceiver
from widget.simulator.impairment import GOOD_LINE, Impairment
from widget.simulator.numbers import Behaviour
from widget.simulator.recordings import Recordings
from widget.simulator.rtp_endpoint import RtpEndpoint
from widget.simulator.rtp_streams import RtpCounters
from widget.simulator.sources import Echo, Loop, Nothing, Playback, Queue, Source
from widget.sip.offer_answer import RemoteAudio, answer_offer, make_offer, read_answer

logger = logging.getLogger(__name__)

MAX_DIGITS = 1000
"""Digits remembered and logged for one call; who sends more is not pressing keys."""

Program: TypeAlias = Callable[[str], Source]
"""Makes what is played, for the codec that was agreed on."""


def ringback(codec: str) -> Source:
    """The ringback tone, as early media."""
    return Loop(codec, audio.ringback())


def announcement(codec: str) -> Source:
    """The spoken announcement, once."""
    return Playback(codec, audio.announcement())


PROGRAMS: dict[Behaviour, Program] = {
    Behaviour.ECHO: Echo,
    Behaviour.ANNOUNCE: announcement,
    Behaviour.DIGITS: Queue,
    Behaviour.NOTHING: Nothing,
}


class Conversation:
    """One call's audio between the first session description and the end. ``label`` names the call in the log."""

    def __init__(
        self,
        *,
        codecs: Sequence[str],
        changes: Changes,
        label: str,
        recordings: Recordings | None = None,
        line: Impairment = GOOD_LINE,
    ) -> None:
        self._codecs = codecs
        self._changes = changes
        self._label = label
        self._session_id = secrets.randbits(31)
        self._version = 0
        self._remote: RemoteAudio | None = None
        self._program: Program | None = None
        self._source: Source | None = None
        self._digit_receiver = DigitReceiver()
        self._endpoint = RtpEndpoint(self, line)
        self._recordings = recordings
        self.digits = ""
        self.finished = False

    async def open(self, host: str) -> None:
        """Bind the socket. Raises OSError."""
        await self._endpoint.open(host)

    @property
    def counters(self) -> RtpCounters:
        """What passed so far."""
        return self._endpoint.counters

    @property
    def held(self) -> bool:
        """Whether the peer receives nothing at the moment."""
        return self._remote is not None and not self._remote.receives

    def answer(self, offer: str) -> str:
        """Our answer to the peer's offer; from now on that is where audio goes. Raises OfferAnswerError."""
        host, port = self._endpoint.address
        answer, remote = answer_offer(
            offer,
            host=host,
            port=port,
            codecs=self._codecs,
            session_id=self._session_id,
            version=self._version + 1,
            in_our_order=False,
        )
        self._version += 1
        self._connect(remote)
        return answer

    def offer(self) -> str:
        """Our offer, when the peer left it to us (RFC 3261 section 13.2.1)."""
        host, port = self._endpoint.address
        self._version += 1
        return make_offer(host=host, port=port, codecs=self._codecs, session_id=self._session_id, version=self._version)

    def accept(self, answer: str) -> None:
        """The peer's answer to our offer. Raises OfferAnswerError."""
        self._connect(read_answer(answer, codecs=self._codecs))

    def play(self, program: Program) -> None:
        """Play this from now on, in whatever codec is or will be agreed on."""
        self._program = program
        self._start_program()

    def close(self) -> None:
        """Stop; the recordings are finished by their owner."""
        self._endpoint.close()

    def audio_heard(self, header: RtpHeader, payload: bytes) -> None:
        """Called by the endpoint."""
        if isinstance(self._source, Echo):
            self._source.hear(payload)
        if self._recordings:
            self._recordings.heard.add(header, self._decode(payload))
        self._changes.notify()

    def event_heard(self, header: RtpHeader, payload: bytes) -> None:
        """Called by the endpoint."""
        digit = self._digit_receiver.hear(ssrc=header.ssrc, timestamp=header.timestamp, payload=payload)
        if digit is None or len(self.digits) >= MAX_DIGITS:
            return
        logger.info("call=%s digit %s", self._label, digit)
        self.digits += digit
        if isinstance(self._source, Queue):
            self._source.append(audio.digit_tone(digit))
        self._changes.notify()

    def audio_sent(self, header: RtpHeader, payload: bytes) -> None:
        """Called by the endpoint."""
        if self._recordings:
            self._recordings.sent.add(header, self._decode(payload))

    def source_ended(self) -> None:
        """Called by the endpoint."""
        self.finished = True
        self._changes.notify()

    def _connect(self, remote: RemoteAudio) -> None:
        other_codec = self._remote is None or self._remote.codec != remote.codec
        self._remote = remote
        self._endpoint.connect(remote)
        if other_codec:
            self._start_program()

    def _start_program(self) -> None:
        if self._remote is not None and self._program is not None:
            self._source = self._program(self._remote.codec)
            self._endpoint.play(self._source)

    def _decode(self, payload: bytes) -> audio.Samples:
        return audio.decode(self._remote.codec, payload) if self._remote else audio.silence(0)
