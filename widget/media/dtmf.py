"""Telephone events (RFC 4733): digits as RTP payloads, as values. Sending them in time is the caller's business."""

import struct
from dataclasses import dataclass
from typing import Final

DIGITS: Final = "0123456789*#ABCD"
#: Event payloads count time in RTP timestamp units, and a digit's duration field holds at most this many.
MAX_DURATION: Final = 0xFFFF
DEFAULT_VOLUME: Final = 10

_PAYLOAD = struct.Struct("!BBH")


@dataclass(frozen=True, slots=True)
class DtmfEvent:
    """One telephone-event payload (RFC 4733 section 2.3).

    ``event`` 0-15 are the DTMF digits; ``volume`` is the power level in dBm0 without its minus sign (0-63);
    ``duration`` is in timestamp units (8 per millisecond) since the event began; ``end`` marks its last packets.
    """

    event: int
    end: bool = False
    volume: int = DEFAULT_VOLUME
    duration: int = 0

    @property
    def digit(self) -> str | None:
        """The key that was pressed; ``None`` for events that are no DTMF digit."""
        return DIGITS[self.event] if self.event < len(DIGITS) else None


def pack(event: DtmfEvent) -> bytes:
    """The four octets of the payload."""
    flags = event.volume & 0x3F | (0x80 if event.end else 0)
    return _PAYLOAD.pack(event.event, flags, min(event.duration, MAX_DURATION))


def unpack(payload: bytes) -> DtmfEvent | None:
    """Read the first event of a payload; ``None`` if it is too short."""
    if len(payload) < _PAYLOAD.size:
        return None
    event, flags, duration = _PAYLOAD.unpack_from(payload)
    return DtmfEvent(event=event, end=flags >= 0x80, volume=flags & 0x3F, duration=duration)


def scale_duration(payload: bytes, *, source: int, destination: int) -> bytes:
    """The payload with its duration in units of another clock rate (both in Hz); what is no event stays as it is."""
    if len(payload) != _PAYLOAD.size:
        return payload
    event, flags, duration = _PAYLOAD.unpack(payload)
    return _PAYLOAD.pack(event, flags, min(duration * destination // source, MAX_DURATION))


def digit_to_event(digit: str) -> int:
    """The event code of a key; raises :class:`ValueError` for anything but ``0-9 * # A-D``."""
    if len(digit) != 1:
        raise ValueError(f"not a single DTMF digit: {digit!r}")
    return DIGITS.index(digit.upper())


def press(digit: str, *, duration: int, step: int) -> list[DtmfEvent]:
    """The payloads of one key press, in order: one every ``step`` timestamp units, the last three times.

    All carry the RTP timestamp of the press's start, the first the marker bit (RFC 4733 section 2.5.1).
    """
    event = digit_to_event(digit)
    running = [DtmfEvent(event, duration=elapsed) for elapsed in range(step, duration, step)]
    return running + [DtmfEvent(event, end=True, duration=duration)] * 3
