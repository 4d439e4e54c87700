"""Where the packets that the carrier sends come from: one payload of 20 ms whenever the sender asks. Pure.

A source belongs to one codec, because it deals in encoded payloads.
"""

from typing import Protocol

from widget.simulator.audio import FRAME_SAMPLES, SILENCE, Samples, encode


class Source(Protocol):
    """Something that can be sent."""

    def next_payload(self) -> bytes | None:
        """The next 160 octets; None when the source has come to its end."""


class Silence:
    """Comfort silence without end."""

    def __init__(self, codec: str) -> None:
        self._payload = SILENCE[codec] * FRAME_SAMPLES

    def next_payload(self) -> bytes | None:
        """160 octets of silence."""
        return self._payload


class Playback:
    """Samples played once; the last packet is filled up with silence."""

    def __init__(self, codec: str, samples: Samples) -> None:
        encoded = encode(codec, samples)
        self._encoded = encoded + SILENCE[codec] * (-len(encoded) % FRAME_SAMPLES)
        self._position = 0

    def next_payload(self) -> bytes | None:
        """The next 160 octets, None after the last."""
        start = self._position
        self._position += FRAME_SAMPLES
        return self._encoded[start : self._position] or None


class Loop:
    """Samples played again and again."""

    def __init__(self, codec: str, samples: Samples) -> None:
        if not samples:
            raise ValueError("There must be at least one sample to repeat.")
        self._codec, self._samples = codec, samples
        self._playback = Playback(codec, samples)

    def next_payload(self) -> bytes | None:
        """The next 160 octets."""
        payload = self._playback.next_payload()
        if payload is None:
            self._playback = Playback(self._codec, self._samples)
            payload = self._playback.next_payload()
        return payload


class Queue:
    """Samples appended while it plays, silence in between: the digit tones of a call."""

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._silence = SILENCE[codec]
        self._pending = bytearray()

    def append(self, samples: Samples) -> None:
        """Play these samples after what is already waiting."""
        self._pending += encode(self._codec, samples)

    def next_payload(self) -> bytes | None:
        """The next 160 octets, filled up with silence."""
        payload = bytes(self._pending[:FRAME_SAMPLES])
        del self._pending[:FRAME_SAMPLES]
        return payload.ljust(FRAME_SAMPLES, self._silence)


class Echo:
    """What was heard, sent back as the same octets, 20 to 40 ms later.

    Two packets are collected before the first is sent, so that packets arriving a little late do not tear holes into
    the speech; the same again after the other side paused. When its clock is faster than ours the oldest packets are
    left out.
    """

    PREFILL = 2 * FRAME_SAMPLES
    LIMIT = 10 * FRAME_SAMPLES

    def __init__(self, codec: str) -> None:
        self._silence = SILENCE[codec] * FRAME_SAMPLES
        self._heard = bytearray()
        self._flowing = False

    def hear(self, payload: bytes) -> None:
        """Take a received payload, of any length."""
        self._heard += payload
        if len(self._heard) > self.LIMIT:
            del self._heard[: len(self._heard) - self.PREFILL]

    def next_payload(self) -> bytes | None:
        """The next 160 octets heard, or silence while there are too few."""
        needed = FRAME_SAMPLES if self._flowing else self.PREFILL
        self._flowing = len(self._heard) >= needed
        if not self._flowing:
            return self._silence
        payload = bytes(self._heard[:FRAME_SAMPLES])
        del self._heard[:FRAME_SAMPLES]
        return payload
