"""How good a call is, and whose fault it is if it is not: the E-model (ITU-T G.107) and a verdict in words. Pure.

Only what can be counted goes in: the codec, loss, its burstiness, delay. Noise, echo and levels are taken at the
model's defaults.
"""

import enum
import math
from dataclasses import dataclass
from typing import Final

from widget.media.codings import G711, Coding, coding_of

#: What one packet and the listener's jitter buffer add to the way, besides the network.
_FRAME_SECONDS: Final = 0.02
_BUFFER_JITTERS: Final = 2
#: Seconds without a packet, where there should be some, until it is called silence. Legs are looked at once a second,
#: so it is named within three.
SILENT_SECONDS: Final = 1.8
#: A part of the way is to blame from these on.
_BLAMED_LOSS: Final = 0.01
_BLAMED_JITTER_SECONDS: Final = 0.03
_BLAMED_ROUND_TRIP_SECONDS: Final = 0.3
#: What jitter buffers do not make up for.
_BLAMED_LAG_SECONDS: Final = 0.1


class Verdict(enum.Enum):
    """``value`` is the stable slug. Silence beats everything: what is not there cannot be bad."""

    GOOD = "good"
    AGENT_NETWORK = "agent_network"
    OUR_SERVER = "our_server"
    CARRIER = "carrier"
    AGENT_SILENT = "agent_silent"
    CARRIER_SILENT = "carrier_silent"
    BOTH_SILENT = "both_silent"


@dataclass(frozen=True, slots=True)
class ServerMeasure:
    """Our own part: the share of packets that could not be sent on, and for how long at most the relay stood still."""

    loss: float = 0.0
    lag_seconds: float = 0.0

    @property
    def blame(self) -> float:
        return max(self.loss / _BLAMED_LOSS, self.lag_seconds / _BLAMED_LAG_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegMeasure:
    """One leg over a few seconds. ``loss`` and ``burst_ratio`` are of what came from it (1 = losses at random),
    ``far_loss`` and ``far_jitter_seconds`` are what it says of our packets, ``None`` if it says nothing.
    ``silent_seconds`` counts since the last packet, 0 also where none is wanted. ``codec`` is the one on this leg."""

    loss: float = 0.0
    burst_ratio: float = 1.0
    jitter_seconds: float = 0.0
    far_loss: float | None = None
    far_jitter_seconds: float | None = None
    round_trip_seconds: float | None = None
    silent_seconds: float = 0.0
    codec: str = ""

    @property
    def is_silent(self) -> bool:
        """There should be audio from this leg, and there is none."""
        return self.silent_seconds >= SILENT_SECONDS

    @property
    def worst_loss(self) -> float:
        return max(self.loss, self.far_loss or 0.0)

    @property
    def worst_jitter_seconds(self) -> float:
        return max(self.jitter_seconds, self.far_jitter_seconds or 0.0)

    @property
    def blame(self) -> float:
        """How far this leg is beyond what is tolerable; under 1 it is not."""
        return max(
            self.worst_loss / _BLAMED_LOSS,
            self.worst_jitter_seconds / _BLAMED_JITTER_SECONDS,
            (self.round_trip_seconds or 0.0) / _BLAMED_ROUND_TRIP_SECONDS,
        )


def rating(*, loss: float, burst_ratio: float, delay_seconds: float, coding: Coding = G711) -> float:
    """G.107's transmission rating R: ``loss`` 0 to 1, one way's delay from mouth to ear."""
    if loss >= 1:
        # The model's curve would leave some quality to nothing.
        return 0.0
    return coding.rated(100 * loss, burst_ratio) - _delay_impairment(1000 * delay_seconds)


def _delay_impairment(delay_ms: float) -> float:
    """Idd of G.107 section 7.4: long delays disturb the turns of a conversation, even without echo."""
    if delay_ms <= 100:
        return 0.0
    x = math.log2(delay_ms / 100)
    return 25 * (math.pow(1 + math.pow(x, 6), 1 / 6) - 3 * math.pow(1 + math.pow(x / 3, 6), 1 / 6) + 2)


def mos(transmission_rating: float) -> float:
    """The mean opinion score that a rating means (G.107 annex B), 1 to 4.5."""
    rated = min(max(transmission_rating, 0.0), 100.0)
    # The polynomial dips just under 1 for the very worst ratings.
    return max(1.0, 1 + 0.035 * rated + rated * (rated - 60) * (100 - rated) * 7e-6)


def burst_ratio(*, lost: int, gaps: int, loss: float) -> float:
    """G.107's BurstR: the mean length of losses, against what it were if they fell at random; at least 1."""
    return max(1.0, lost / gaps * (1 - loss)) if gaps else 1.0


def one_way_seconds(*legs: LegMeasure) -> float:
    """The delay from mouth to ear across both legs, as far as it is known: half the round trips, a packet, a buffer."""
    network = sum((leg.round_trip_seconds or 0.0) / 2 for leg in legs)
    buffer = max(leg.worst_jitter_seconds for leg in legs) * _BUFFER_JITTERS
    return network + _FRAME_SECONDS + max(buffer, _FRAME_SECONDS)


def call_rating(browser: LegMeasure, carrier: LegMeasure, server: ServerMeasure) -> float:
    """R of the worse direction. Losses on the way add up."""
    delay = one_way_seconds(browser, carrier)
    directions = ((browser, carrier.far_loss), (carrier, browser.far_loss))
    return min(
        rating(
            loss=1 - (1 - _heard_loss(source)) * (1 - server.loss) * (1 - (far_loss or 0.0)),
            burst_ratio=source.burst_ratio,
            delay_seconds=delay,
            coding=coding_of(browser.codec, carrier.codec),
        )
        for source, far_loss in directions
    )


def leg_rating(leg: LegMeasure) -> float:
    """R of one leg by itself, as if the rest of the way were perfect."""
    loss = 1 - (1 - _heard_loss(leg)) * (1 - (leg.far_loss or 0.0))
    delay = one_way_seconds(leg)
    return rating(loss=loss, burst_ratio=leg.burst_ratio, delay_seconds=delay, coding=coding_of(leg.codec))


def _heard_loss(source: LegMeasure) -> float:
    """What is not there at all is lost whole."""
    return 1.0 if source.is_silent else source.loss


def verdict(browser: LegMeasure, carrier: LegMeasure, server: ServerMeasure) -> Verdict:
    """The first thing to look at."""
    silent = browser.is_silent, carrier.is_silent
    if any(silent):
        return _SILENCES[silent]
    blames = {
        Verdict.AGENT_NETWORK: browser.blame,
        Verdict.OUR_SERVER: server.blame,
        Verdict.CARRIER: carrier.blame,
    }
    worst = max(blames, key=lambda part: blames[part])
    return worst if blames[worst] >= 1 else Verdict.GOOD


_SILENCES: Final = {
    (True, False): Verdict.AGENT_SILENT,
    (False, True): Verdict.CARRIER_SILENT,
    (True, True): Verdict.BOTH_SILENT,
}
