"""What the media side reports by itself, on the event loop, and the counters of a closed leg."""

from dataclasses import dataclass

from widget.media.quality import LegMeasure


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CallQuality:
    """How a bridged call is, after its first two seconds, then every 5 s, and at once when one side falls silent or is
    heard again.

    ``leg_id`` is the carrier leg's; ``mos`` (1 to 4.5) of the worse direction; ``verdict`` the slug of a
    ``quality.Verdict``; ``browser`` and ``carrier`` are what it was judged by.
    """

    leg_id: str
    mos: float
    verdict: str
    browser: LegMeasure
    carrier: LegMeasure

    @property
    def loss(self) -> float:
        """The worst of both legs and directions, 0 to 1."""
        return max(self.browser.worst_loss, self.carrier.worst_loss)

    @property
    def jitter_seconds(self) -> float:
        return max(self.browser.worst_jitter_seconds, self.carrier.worst_jitter_seconds)

    @property
    def round_trip_seconds(self) -> float | None:
        """Over both legs, as far as they tell; ``None`` if neither does."""
        known = [leg.round_trip_seconds for leg in (self.browser, self.carrier) if leg.round_trip_seconds is not None]
        return sum(known) if known else None


@dataclass(frozen=True, slots=True)
class CarriersSilent:
    """Nothing at all has come for long from either of two carrier legs that are joined to each other."""

    leg_ids: tuple[str, ...]


MediaEvent = BrowserLegConnected | BrowserLegFailed | RelayLost | CallQuality | CarriersSilent


@dataclass(frozen=True, slots=True, kw_only=True)
class LegStatistics:
    """Counters of a carrier leg, seen from the relay; bytes are whole RTP packets without UDP and IP headers.

    ``strays`` came from another address than the negotiated one, ``foreign`` carried a payload type that was not
    negotiated, ``unwanted`` arrived while held or unbridged, ``rtcp`` were control packets, ``rejected`` failed SRTP's
    authentication or were replayed.
    """

    received_packets: int = 0
    received_bytes: int = 0
    sent_packets: int = 0
    sent_bytes: int = 0
    strays: int = 0
    foreign: int = 0
    unwanted: int = 0
    rtcp: int = 0
    rejected: int = 0
