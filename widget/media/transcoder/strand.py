"""One direction of one call: RTP of one codec in, RTP of another out.

What comes out is one stream with a clock of its own. Losses stay visible as gaps in its sequence numbers, so that the
listener's own concealment works; pauses are gaps in its timestamps alone. Digits take their turn in it under the same
numbers (RFC 4733 section 2.5.1.4). ``now`` is in monotonic seconds.
"""

from collections.abc import Iterator
from typing import Final

from av import FFmpegError

from widget.media.dtmf import scale_duration
from widget.media.relay.conversion import Conversion, Kind
from widget.media.relay.stream import random_word
from widget.media.rtp import SEQUENCE_MASK, TIMESTAMP_MASK, RtpHeader
from widget.media.transcoder.codecs import CLOCK_RATES
from widget.media.transcoder.noise import Noise, level_of, payload_of
from widget.media.transcoder.path import Path
from widget.media.transcoder.reordering import Incoming, Reordering

#: Opus says "nothing changes" in payloads no longer than this (DTX, RFC 6716 section 3.1).
_DTX_SIZE: Final = 2
#: A step in the source's timestamps beyond this is another clock, and not a pause.
_LONGEST_PAUSE_SECONDS: Final = 60
#: A digit is no shorter (ITU-T Q.24).
_DIGIT_SECONDS: Final = 0.04


class Strand:
    """``push`` takes what arrives, ``due`` is asked every few milliseconds while there :attr:`is_pending` something."""

    def __init__(self) -> None:
        self.heard_at = 0.0
        self._source: int | None = None
        self._begin(None)

    def _begin(self, source: int | None) -> None:
        """Another source: the relay takes the new SSRC for what it is, and goes on without a gap."""
        self._source, self._ssrc = source, random_word()
        self._order = Reordering()
        self._path = Path()
        self._sequence, self._timestamp = 0, random_word()
        #: Where the source's clock stands at the end of what we had of it.
        self._expected: int | None = None
        #: A digit's timestamp, as it came and as it goes.
        self._event: int | None = None
        self._event_timestamp = 0
        self._has_marker = True
        self._noise: Noise | None = None
        self._noise_due = 0.0
        self._conversion: Conversion | None = None

    @property
    def is_pending(self) -> bool:
        """Whether something is to leave though nothing arrives."""
        return self._order.is_waiting or self._noise is not None

    def push(self, packet: Incoming, now: float) -> Iterator[bytes]:
        """RTP packets to send for the one that arrived."""
        self.heard_at = now
        if packet.ssrc != self._source:
            self._begin(packet.ssrc)
        for ordered, lost in self._order.push(packet, now):
            yield from self._take(ordered, lost, now)

    def due(self, now: float) -> Iterator[bytes]:
        """What has waited long enough, and noise where the source pauses."""
        for ordered, lost in self._order.due(now):
            yield from self._take(ordered, lost, now)
        while self._noise is not None and self._conversion is not None and now >= self._noise_due:
            yield self._fill(self._noise, self._conversion)

    def _take(self, packet: Incoming, lost: int, now: float) -> Iterator[bytes]:
        self._conversion = packet.conversion
        match packet.conversion.kind:
            case Kind.AUDIO:
                yield from self._take_audio(packet, lost, now)
            case Kind.EVENT:
                self._noise = None
                yield from self._take_event(packet, lost)
            case Kind.NOISE:
                self._pass_time(packet, lost)
                yield from self._pause(packet.conversion, packet.payload, now)

    def _take_audio(self, packet: Incoming, lost: int, now: float) -> Iterator[bytes]:
        conversion = packet.conversion
        if not packet.payload:
            # It only keeps a path open (RFC 6263), or is all padding; to a decoder it would mean the end.
            self._pass_time(packet, lost)
            return
        try:
            audio = self._path.decode(conversion, packet.payload)
        except FFmpegError:
            # As good as lost: the next one finds the gap.
            self._sequence += lost + 1
            return
        self._pass_time(packet, lost)
        self._advance_source(conversion, self._path.heard_seconds)
        if conversion.source == "opus" and len(packet.payload) <= _DTX_SIZE:
            yield from self._pause(conversion, payload_of(audio), now)
            return
        self._noise = None
        for payload in self._path.encode(conversion, audio):
            yield self._emit(conversion.payload_type, payload, self._timestamp, marker=self._take_marker())
            self._advance(conversion, self._path.packet_seconds)

    def _take_event(self, packet: Incoming, lost: int) -> Iterator[bytes]:
        """All packets of one digit have the timestamp of its start."""
        conversion, number = packet.conversion, packet.conversion.event_payload_type
        self._pass_time(packet, lost)
        if number is None:
            return
        is_new = packet.timestamp != self._event
        if is_new:
            self._begin_event(packet)
        rates = conversion.source_event_rate, conversion.event_rate
        payload = scale_duration(packet.payload, source=rates[0], destination=rates[1])
        yield self._emit(number, payload, self._event_timestamp, marker=is_new)
        self._has_marker = True

    def _begin_event(self, packet: Incoming) -> None:
        if self._event is not None and self._timestamp == self._event_timestamp:
            # Two digits in a row whose source counts otherwise than its audio: they must differ.
            self._advance(packet.conversion, _DIGIT_SECONDS)
        self._event, self._event_timestamp = packet.timestamp, self._timestamp

    def _pause(self, conversion: Conversion, payload: bytes, now: float) -> Iterator[bytes]:
        """The source rests: say so where the listener makes its own noise, else make it for them."""
        if conversion.noise_payload_type is not None:
            self._has_marker = True
            yield self._emit(conversion.noise_payload_type, payload, self._timestamp, marker=False)
            return
        if self._noise is None:
            self._noise_due = now
        self._noise = Noise(level_of(payload))
        yield from self.due(now)

    def _fill(self, noise: Noise, conversion: Conversion) -> bytes:
        payload, seconds = self._path.encode_noise(conversion, noise), self._path.packet_seconds
        packet = self._emit(conversion.payload_type, payload, self._timestamp, marker=self._take_marker())
        self._noise_due += seconds
        self._advance_source(conversion, seconds)
        self._advance(conversion, seconds)
        return packet

    def _emit(self, payload_type: int, payload: bytes, timestamp: int, *, marker: bool) -> bytes:
        header = RtpHeader(
            payload_type=payload_type,
            sequence=self._sequence & SEQUENCE_MASK,
            timestamp=timestamp & TIMESTAMP_MASK,
            ssrc=self._ssrc,
            marker=marker,
        )
        self._sequence += 1
        return header.pack() + payload

    def _take_marker(self) -> bool:
        """The first packet after a pause has one (RFC 3551 section 4.1)."""
        marker, self._has_marker = self._has_marker, False
        return marker

    # Two clocks

    def _pass_time(self, packet: Incoming, lost: int) -> None:
        """Bring our clock to where the packet stands on the source's. One that overlaps with what we had, because noise
        was made for its pause, simply follows."""
        conversion, rate = packet.conversion, CLOCK_RATES[packet.conversion.source]
        gap = self._gap(packet.timestamp, rate)
        self._sequence += self._lost_packets(lost, gap / rate)
        if gap > 0:
            self._path.drop_rest()
            self._advance(conversion, gap / rate)
            self._expected = packet.timestamp
            self._has_marker = self._has_marker or lost == 0

    def _gap(self, timestamp: int, rate: int) -> int:
        """How far a packet is ahead of what we had, in the source's units; negative for one that is behind."""
        if self._expected is None:
            self._expected = timestamp
        gap = (timestamp - self._expected) & TIMESTAMP_MASK
        gap -= TIMESTAMP_MASK + 1 if gap > TIMESTAMP_MASK // 2 else 0
        if abs(gap) > _LONGEST_PAUSE_SECONDS * rate:
            self._expected, gap = timestamp, 0
        return gap

    def _lost_packets(self, lost: int, gap_seconds: float) -> int:
        """As packets of ours: a lost one of 60 ms is three of 20."""
        ours, theirs = self._path.packet_seconds, self._path.heard_seconds
        if not ours or not theirs:
            return lost
        return round(min(lost * theirs, max(gap_seconds, 0.0)) / ours)

    def _advance(self, conversion: Conversion, seconds: float) -> None:
        self._timestamp += round(seconds * CLOCK_RATES[conversion.destination])

    def _advance_source(self, conversion: Conversion, seconds: float) -> None:
        if self._expected is not None:
            self._expected += round(seconds * CLOCK_RATES[conversion.source])
