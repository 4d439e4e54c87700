"""Where a call may run: trunks in the order in which they are tried, and what each wants of it; pure."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from widget.calls.rewriting import NumberRule, rewrite
from widget.sip.trunk import Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkLimits:
    """What a trunk takes: calls at a time, and new ones per second; 0 = no limit."""

    calls: int = 0
    per_second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkAudio:
    """What a trunk wants of the audio. ``srtp``: off, optional or required; ``dtmf``: rfc4733 or info.

    ``latches``: audio may come from another address than SDP names. ``shares_port``: its calls share a port of ours,
    which cannot be where they latch.
    """

    srtp: str = "off"
    ptime_ms: int = 20
    dtmf: str = "rfc4733"
    latches: bool = False
    shares_port: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``codecs`` in the trunk's order of preference; ``caller`` is the number that the called party sees.

    ``called_rules`` say how the trunk writes called numbers. The lowest ``priority`` is tried first; ``weight`` is the
    share among equals.
    """

    trunk: Trunk
    codecs: tuple[str, ...]
    caller: str
    audio: TrunkAudio = field(default_factory=TrunkAudio)
    limits: TrunkLimits = field(default_factory=TrunkLimits)
    called_rules: tuple[NumberRule, ...] = ()
    priority: int = 1
    weight: int = 1

    def written(self, number: str) -> str:
        """The called number as this trunk wants it."""
        return rewrite(number, self.called_rules)


def in_order(routes: Iterable[Route], chance: random.Random) -> list[Route]:
    """By priority; among equals by chance, in proportion to the weight (RFC 2782, "Weight").

    Of weight 0: only after all others of its priority.
    """
    return sorted(routes, key=lambda route: (route.priority, *_drawn(route.weight, chance)))


def _drawn(weight: int, chance: random.Random) -> tuple[bool, float]:
    """A mark by which to sort: the time of the first event of a process that runs at the rate ``weight``.

    Sorting by it is drawing without replacement in proportion to the weights (Efraimidis and Spirakis, 2006).
    """
    return weight == 0, chance.expovariate(weight or 1)
