"""What the media side reports by itself, on the event loop, and the counters of a closed leg."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BrowserLegConnected:
    """ICE and DTLS are done and the relay has the keys: audio passes as soon as the leg is bridged."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class BrowserLegFailed:
    """The browser leg is gone and already closed here; ``reason`` is the slug of a ``MediaFailure``."""

    leg_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RelayLost:
    """The relay process died and no fresh one took its legs over, or that one died as well within seconds: these legs,
    browser and carrier, are closed. The next request starts a fresh relay."""

    leg_ids: tuple[str, ...]


MediaEvent = BrowserLegConnected | BrowserLegFailed | RelayLost


@dataclass(frozen=True, slots=True, kw_only=True)
class LegStatistics:
    """Counters of a carrier leg, seen from the relay; bytes are whole RTP packets without UDP and IP headers.

    ``strays`` came from another address than the negotiated one, ``foreign`` carried a payload type that was not
    negotiated, ``unwanted`` arrived while held or unbridged, ``rtcp`` were control packets.
    """

    received_packets: int = 0
    received_bytes: int = 0
    sent_packets: int = 0
    sent_bytes: int = 0
    strays: int = 0
    foreign: int = 0
    unwanted: int = 0
    rtcp: int = 0
