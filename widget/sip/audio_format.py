"""The audio encodings that we speak, as session descriptions write them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

TELEPHONE_EVENT = "telephone-event"
COMFORT_NOISE = "CN"
DYNAMIC = range(96, 128)


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """One payload type of an audio stream. `clock_rate` counts its RTP timestamps, which for G.722 is not its sampling
    rate (RFC 3551 section 4.5.2); `parameters` are those of fmtp."""

    encoding: str
    payload_type: int
    clock_rate: int = 8000
    channels: int = 1
    parameters: str = ""

    @property
    def kind(self) -> tuple[str, int, int]:
        """What a payload type stands for, whatever its number."""
        return self.encoding, self.clock_rate, self.channels

    @property
    def lines(self) -> str:
        """rtpmap and fmtp."""
        channels = f"/{self.channels}" if self.channels > 1 else ""
        text = f"a=rtpmap:{self.payload_type} {self.encoding}/{self.clock_rate}{channels}\r\n"
        return text + (f"a=fmtp:{self.payload_type} {self.parameters}\r\n" if self.parameters else "")


CODECS = MappingProxyType(
    {
        "PCMU": AudioFormat("PCMU", 0),
        "PCMA": AudioFormat("PCMA", 8),
        "G722": AudioFormat("G722", 9),
        "opus": AudioFormat("opus", 107, 48_000, 2, "useinbandfec=1"),
    }
)
"""By the names of our settings, as we offer them. Opus is always written with two channels (RFC 7587 section 7)."""
STATIC = MappingProxyType({0: CODECS["PCMU"], 8: CODECS["PCMA"], 9: CODECS["G722"], 13: AudioFormat(COMFORT_NOISE, 13)})
"""Payload types that need no rtpmap (RFC 3551 section 6)."""
ENCODINGS = MappingProxyType({name.lower(): name for name in (*CODECS, TELEPHONE_EVENT, COMFORT_NOISE)})
"""Encoding names are case-insensitive (RFC 8866 section 6.6)."""


def telephone_event(payload_type: int, clock_rate: int) -> AudioFormat:
    """The sixteen digits (RFC 4733 section 2.4.1)."""
    return AudioFormat(TELEPHONE_EVENT, payload_type, clock_rate, parameters="0-15")


def offered_formats(codecs: Sequence[AudioFormat]) -> list[AudioFormat]:
    """The codecs, and telephone-event at each of their clock rates (RFC 4733 section 2.5.1.2)."""
    rates = {codec.clock_rate for codec in codecs}
    return [*codecs, *(telephone_event(number, rate) for number, rate in ((101, 8000), (102, 48_000)) if rate in rates)]


def renumber(formats: Sequence[AudioFormat], used: Sequence[AudioFormat]) -> list[AudioFormat]:
    """The formats under the numbers that are `used` for them already; nothing else takes these numbers, as a number
    keeps its meaning for the whole session (RFC 3264 section 8.3.2)."""
    known = {each.kind: each.payload_type for each in used}
    taken = {*known.values(), *(each.payload_type for each in formats)}
    free = iter([number for number in DYNAMIC if number not in taken])
    renumbered = []
    for each in formats:
        number = known.get(each.kind, each.payload_type)
        if each.kind not in known and number in known.values():
            number = next(free)
        renumbered.append(replace(each, payload_type=number))
    return renumbered
