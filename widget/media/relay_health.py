"""What the relays of a service say of themselves, over all that there were. Pure; times are monotonic seconds."""

from collections import deque
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Final

from widget.media.relay.protocol import Health

#: The CPU's share is that of so long: a call's set-up must not count as load.
_SHARE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaStatistics:
    """Of one relay, now: legs that are open, and which share of one core it takes (0 to 1). In all since the start: CPU
    seconds, relays that died, datagrams from nowhere known, STUN and DTLS held back as a flood, SRTP that was refused
    (forged or repeated) and how much of it was repeated, messages lost between relay and service."""

    browser_legs: int
    carrier_legs: int
    cpu_share: float
    cpu_seconds: float
    restarts: int
    strays: int
    held_back: int
    rejected: int
    replayed: int
    undelivered: int


_NAMES: Final = tuple(item.name for item in fields(MediaStatistics))
_NOTHING: Final = Health(cpu_seconds=0, strays=0, held_back=0, rejected=0, replayed=0, undelivered=0)


class RelayHealth:
    """Fed with every sign of life."""

    def __init__(self) -> None:
        self.restarts = 0
        #: Of one core; 0 until there is something to compare.
        self.cpu_share = 0.0
        self._before = self._latest = _NOTHING
        self._window: deque[tuple[float, float]] = deque()

    def learn(self, health: Health, now: float) -> None:
        self._latest = health
        self._window.append((now, health.cpu_seconds))
        while now - self._window[0][0] > _SHARE_SECONDS:
            self._window.popleft()
        self.cpu_share = self._share()

    def died(self) -> None:
        """What it did counts on; its successor begins at nothing."""
        self.restarts += 1
        self._before, self._latest = _sum(self._before, self._latest), _NOTHING
        self._window.clear()
        self.cpu_share = 0.0

    def _share(self) -> float:
        (begun, used_before), (now, used) = self._window[0], self._window[-1]
        return (used - used_before) / (now - begun) if now > begun else 0.0

    def statistics(self, *, browser_legs: int, carrier_legs: int) -> MediaStatistics:
        total = _sum(self._before, self._latest)
        return MediaStatistics(
            browser_legs=browser_legs,
            carrier_legs=carrier_legs,
            cpu_share=self.cpu_share,
            cpu_seconds=total.cpu_seconds,
            restarts=self.restarts,
            strays=total.strays,
            held_back=total.held_back,
            rejected=total.rejected,
            replayed=total.replayed,
            undelivered=total.undelivered,
        )


def total(relays: Iterable[MediaStatistics]) -> MediaStatistics:
    """Over several relays; the CPU's share is in cores then."""
    told = [astuple(one) for one in relays]
    return MediaStatistics(**dict(zip(_NAMES, map(sum, zip(*told, strict=True)), strict=True)))


def _sum(one: Health, other: Health) -> Health:
    return Health(
        cpu_seconds=one.cpu_seconds + other.cpu_seconds,
        strays=one.strays + other.strays,
        held_back=one.held_back + other.held_back,
        rejected=one.rejected + other.rejected,
        replayed=one.replayed + other.replayed,
        undelivered=one.undelivered + other.undelivered,
    )
