"""Which payload goes where: the tables of a bridge, built when it changes and looked up once per packet; and what
is done to payloads in place. Pure."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from widget.media.dtmf import scale_duration
from widget.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from widget.media.relay.protocol import SetCarrier
from widget.media.rtp import FIXED_HEADER, VERSION, payload_bounds

_FIRST_OCTET: Final = VERSION << 6
TELEPHONE_EVENT: Final = "telephone-event"
COMFORT_NOISE: Final = "CN"
#: Comfort noise needs no negotiation: many send it under its static number (RFC 3551 section 6).
STATIC_COMFORT_NOISE: Final = 13
#: What RTP timestamps count in; 8 kHz for all that is not named.
_WIDE_EVENT: Final = "telephone-event/48000"
CLOCK_RATES: Final = {"opus": 48000, _WIDE_EVENT: 48000}

Convert = Callable[[bytes], bytes]
#: Second octet of an incoming packet → second octet of the outgoing one, and what makes its payload of the incoming.
Route = tuple[int, Convert | None]
PayloadMap = dict[int, Route]


def _to_alaw(payload: bytes) -> bytes:
    return payload.translate(ULAW_TO_ALAW)


def _to_ulaw(payload: bytes) -> bytes:
    return payload.translate(ALAW_TO_ULAW)


_TRANSLATIONS: Final[dict[tuple[str, str], Convert]] = {("PCMU", "PCMA"): _to_alaw, ("PCMA", "PCMU"): _to_ulaw}


def clock_rate(encoding: str) -> int:
    return CLOCK_RATES.get(encoding, 8000)


def passes(source: str, destination: str) -> bool:
    """Whether one codec's payloads can be made the other's octet by octet."""
    return source == destination or (source, destination) in _TRANSLATIONS


def heard_encoding(payload_types: dict[str, int], terms: SetCarrier) -> str | None:
    """What the browser gets of the carrier's audio: its codec where the browser takes it, else what it can be made."""
    audio = [encoding for encoding in payload_types if passes(terms.codec, encoding)]
    return terms.codec if terms.codec in audio else next(iter(audio), None)


def towards_carrier(payload_types: dict[str, int], terms: SetCarrier) -> PayloadMap:
    """What the browser may send and how the carrier gets it."""
    table: PayloadMap = {}
    for encoding, payload_type in payload_types.items():
        if passes(encoding, terms.codec):
            _map(table, payload_type, terms.payload_type, _TRANSLATIONS.get((encoding, terms.codec)))
        elif encoding.startswith(TELEPHONE_EVENT) and terms.dtmf_payload_type is not None:
            _map(table, payload_type, terms.dtmf_payload_type, _scale(clock_rate(encoding), terms.dtmf_clock_rate))
        elif encoding == COMFORT_NOISE and terms.comfort_noise_payload_type is not None:
            _map(table, payload_type, terms.comfort_noise_payload_type, None)
    return _shared(tuple(table.items()))


def taken_by(terms: SetCarrier) -> dict[str, int]:
    """What a carrier takes, in the words in which a browser says it: for those to whom another carrier sends."""
    events = TELEPHONE_EVENT if terms.dtmf_clock_rate == clock_rate(TELEPHONE_EVENT) else _WIDE_EVENT
    found = {
        terms.codec: terms.payload_type,
        events: terms.dtmf_payload_type,
        COMFORT_NOISE: terms.comfort_noise_payload_type if terms.clock_rate == clock_rate(COMFORT_NOISE) else None,
    }
    return {encoding: number for encoding, number in found.items() if number is not None}


def towards_browser(payload_types: dict[str, int], terms: SetCarrier) -> PayloadMap:
    """What the carrier may send and how the browser gets it. Its own numbers count before ours, see ``SetCarrier``."""
    table: PayloadMap = {}
    _map_noise(table, payload_types, terms)
    events = events_at(payload_types, terms.clock_rate)
    if events is not None and terms.dtmf_payload_type is not None:
        scale = _scale(terms.dtmf_clock_rate, clock_rate(events))
        for number in numbers(terms.heard_dtmf_payload_type, terms.dtmf_payload_type):
            _map(table, number, payload_types[events], scale)
    encoding = heard_encoding(payload_types, terms)
    if encoding is not None:
        for number in numbers(terms.heard_payload_type, terms.payload_type):
            _map(table, number, payload_types[encoding], _TRANSLATIONS.get((terms.codec, encoding)))
    return _shared(tuple(table.items()))


@lru_cache(maxsize=256)
def _shared(entries: tuple[tuple[int, Route], ...]) -> PayloadMap:
    """One table for all calls that negotiated the same: it stays in the processor's cache. Nobody changes it."""
    return dict(entries)


def _map_noise(table: PayloadMap, payload_types: dict[str, int], terms: SetCarrier) -> None:
    if COMFORT_NOISE in payload_types and terms.clock_rate == clock_rate(COMFORT_NOISE):
        for number in numbers(terms.comfort_noise_payload_type, STATIC_COMFORT_NOISE):
            _map(table, number, payload_types[COMFORT_NOISE], None)


def numbers(heard: int | None, told: int) -> tuple[int, ...]:
    """The payload types under which something may come: our own and the far end's, see ``SetCarrier``."""
    return (told,) if heard is None else (told, heard)


def events_at(payload_types: dict[str, int], rate: int) -> str | None:
    """The browser's telephone-event at this clock rate, or any."""
    known = [encoding for encoding in payload_types if encoding.startswith(TELEPHONE_EVENT)]
    return next((encoding for encoding in known if clock_rate(encoding) == rate), next(iter(known), None))


def _scale(source: int, destination: int) -> Convert | None:
    """Durations of digits count in timestamp units."""
    return None if source == destination else partial(scale_duration, source=source, destination=destination)


def _map(table: PayloadMap, source: int, destination: int, convert: Convert | None) -> None:
    for marker in (0, 0x80):
        table[source | marker] = (destination | marker, convert)


def straighten(memory: memoryview, start: int, length: int) -> int:
    """Take CSRCs, header extension and padding out of a packet in place; its length then, 0 if it is malformed."""
    packet = memory[start : start + length]
    bounds = payload_bounds(packet) if packet[0] & 0xC0 == _FIRST_OCTET else None
    if bounds is None:
        return 0
    payload = bytes(packet[bounds[0] : bounds[1]])
    packet[FIXED_HEADER.size : FIXED_HEADER.size + len(payload)] = payload
    return FIXED_HEADER.size + len(payload)


def convert_in_place(memory: memoryview, start: int, length: int, convert: Convert) -> None:
    """Make the payload of a packet without extras another one of the same length."""
    payload = memory[start + FIXED_HEADER.size : start + length]
    payload[:] = convert(payload.tobytes())
