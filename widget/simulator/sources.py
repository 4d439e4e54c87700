"""Where the audio that the carrier sends comes from: the payload of one packet whenever the sender asks. Pure.

A source belongs to one codec, because it deals in encoded payloads. It is asked for as many octets as a packet carries:
160 for the usual 20 ms.
"""

from typing import Protocol

from widget.simulator.audio import SAMPLE_RATE, SILENCE, Samples, encode


class Source(Protocol):
    """Something that can be sent."""

    def read(self, octets: int) -> bytes | None:
        """Exactly so many octets; None when the source has come to its end."""


class Silence:
    """Comfort silence without end."""

    def __init__(self, codec: str) -> None:
        self._octet = SILENCE[codec]

    def read(self, octets: int) -> bytes | None:
        """Silence."""
        return self._octet * octets


class Nothing:
    """Not even silence: no packet is sent."""

    def __init__(self, codec: str) -> None:
        """Of a codec like every source."""

    def read(self, octets: int) -> bytes | None:
        """The end, at once."""
        return None


class Playback:
    """Samples played once; the last packet is filled up with silence."""

    def __init__(self, codec: str, samples: Samples) -> None:
        self._encoded = encode(codec, samples)
        self._silence = SILENCE[codec]
        self._position = 0

    def read(self, octets: int) -> bytes | None:
        """The next octets, None after the last."""
        start = self._position
        self._position += octets
        payload = self._encoded[start : self._position]
        return payload.ljust(octets, self._silence) if payload else None


class Loop:
    """Samples played again and again, without a seam."""

    def __init__(self, codec: str, samples: Samples) -> None:
        if not samples:
            raise ValueError("There must be at least one sample to repeat.")
        self._encoded = encode(codec, samples)
        self._position = 0

    def read(self, octets: int) -> bytes | None:
        """The next octets."""
        payload = b""
        while len(payload) < octets:
            end = self._position + octets - len(payload)
            payload += self._encoded[self._position : end]
            self._position = end if end < len(self._encoded) else 0
        return payload


class Queue:
    """Samples appended while it plays, silence in between: the digit tones of a call.

    Nothing is appended while ``LIMIT`` octets (a minute) are waiting: a flood of digits must not eat the memory.
    """

    LIMIT = 60 * SAMPLE_RATE

    def __init__(self, codec: str) -> None:
        self._codec = codec
        self._silence = SILENCE[codec]
        self._pending = bytearray()

    def append(self, samples: Samples) -> None:
        """Play these samples after what is already waiting."""
        if len(self._pending) < self.LIMIT:
            self._pending += encode(self._codec, samples)

    def read(self, octets: int) -> bytes | None:
        """The next octets, filled up with silence."""
        payload = bytes(self._pending[:octets])
        del self._pending[:octets]
        return payload.ljust(octets, self._silence)


class Echo:
    """What was heard, sent back as the same octets, one to two packets later.

    The first packet waits for one turn, so that packets arriving a little late do not tear holes into the speech; the
    same again after the other side paused. When its clock is faster than ours the oldest audio is left out once
    ``LIMIT`` octets (200 ms) are waiting.
    """

    LIMIT = 1600

    def __init__(self, codec: str) -> None:
        self._silence = SILENCE[codec]
        self._heard = bytearray()
        self._waited = False

    def hear(self, payload: bytes) -> None:
        """Take a received payload, of any length."""
        self._heard += payload
        if len(self._heard) > self.LIMIT:
            del self._heard[: len(self._heard) - 2 * len(payload)]

    def read(self, octets: int) -> bytes | None:
        """The next octets heard, or silence while there are too few."""
        ready = len(self._heard) >= octets
        sends, self._waited = ready and self._waited, ready
        if not sends:
            return self._silence * octets
        payload = bytes(self._heard[:octets])
        del self._heard[:octets]
        return payload
