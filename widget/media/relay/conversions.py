"""What the transcoder is to make of a bridge's payloads, where they do not pass as they are. Pure."""

from dataclasses import replace
from typing import Final

from widget.media.relay.conversion import BROWSER_PACKET_MS, TRANSCODED, Conversion, Kind
from widget.media.relay.payloads import (
    COMFORT_NOISE,
    STATIC_COMFORT_NOISE,
    TELEPHONE_EVENT,
    clock_rate,
    events_at,
    heard_encoding,
    numbers,
    taken_by,
)
from widget.media.relay.protocol import SetCarrier

#: Payload type → what goes in front of such a packet on its way to the transcoder.
Conversions = dict[int, bytes]
#: Comfort noise is defined for 8 kHz alone in practice (RFC 3389 section 4).
_NOISE_RATE: Final = 8000


def can_transcode(encoding: str) -> bool:
    return encoding in TRANSCODED


def browser_codec(payload_types: dict[str, int], terms: SetCarrier) -> str | None:
    """What the browser hears and speaks on a call that must be transcoded: the first that it negotiated. ``None`` where
    its audio passes as it is, or cannot be had at all."""
    if heard_encoding(payload_types, terms) is not None or not can_transcode(terms.codec):
        return None
    return next(filter(can_transcode, payload_types), None)


def spoken(payload_types: dict[str, int], terms: SetCarrier) -> str | None:
    """The codec on the browser's side of a bridge, whether it passes or is transcoded; ``None`` for none."""
    return heard_encoding(payload_types, terms) or browser_codec(payload_types, terms)


def towards_carrier(payload_types: dict[str, int], terms: SetCarrier) -> Conversions:
    """For what the browser sends; empty where nothing has to be transcoded, or the carrier wants to hear nothing."""
    codec = browser_codec(payload_types, terms)
    if codec is None or not terms.receives:
        return {}
    audio = Conversion(
        kind=Kind.AUDIO,
        source=codec,
        destination=terms.codec,
        payload_type=terms.payload_type,
        event_payload_type=terms.dtmf_payload_type,
        noise_payload_type=terms.comfort_noise_payload_type if terms.clock_rate == _NOISE_RATE else None,
        event_rate=terms.dtmf_clock_rate,
        packet_ms=terms.packet_ms,
    )
    found = ((number, _of_browsers(encoding, audio)) for encoding, number in payload_types.items())
    return {number: conversion.pack() for number, conversion in found if conversion is not None}


def _of_browsers(encoding: str, audio: Conversion) -> Conversion | None:
    if can_transcode(encoding):
        return replace(audio, source=encoding)
    if encoding == COMFORT_NOISE:
        return replace(audio, kind=Kind.NOISE)
    if encoding.startswith(TELEPHONE_EVENT) and audio.event_payload_type is not None:
        return replace(audio, kind=Kind.EVENT, source_event_rate=clock_rate(encoding))
    return None


def between(source: SetCarrier, destination: SetCarrier) -> Conversions:
    """For what one carrier sends to another; empty where it passes, or is not to."""
    if not destination.receives:
        return {}
    return towards_browser(taken_by(destination), source, packet_ms=destination.packet_ms)


def towards_browser(
    payload_types: dict[str, int], terms: SetCarrier, *, packet_ms: int = BROWSER_PACKET_MS
) -> Conversions:
    """For what the carrier sends; its own numbers count before ours, see ``SetCarrier``."""
    codec = browser_codec(payload_types, terms)
    if codec is None or not terms.sends:
        return {}
    events = events_at(payload_types, clock_rate(codec))
    audio = Conversion(
        kind=Kind.AUDIO,
        source=terms.codec,
        destination=codec,
        payload_type=payload_types[codec],
        event_payload_type=payload_types[events] if events is not None else None,
        noise_payload_type=payload_types.get(COMFORT_NOISE) if clock_rate(codec) == _NOISE_RATE else None,
        source_event_rate=terms.dtmf_clock_rate,
        event_rate=clock_rate(events or TELEPHONE_EVENT),
        packet_ms=packet_ms,
    )
    table = dict.fromkeys(
        numbers(terms.comfort_noise_payload_type, STATIC_COMFORT_NOISE), replace(audio, kind=Kind.NOISE)
    )
    if events is not None and terms.dtmf_payload_type is not None:
        event = replace(audio, kind=Kind.EVENT)
        table |= dict.fromkeys(numbers(terms.heard_dtmf_payload_type, terms.dtmf_payload_type), event)
    table |= dict.fromkeys(numbers(terms.heard_payload_type, terms.payload_type), audio)
    return {number: conversion.pack() for number, conversion in table.items()}
