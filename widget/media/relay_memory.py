"""What a relay was told and where its legs stood: all that a fresh one needs to go on with a dead one's calls. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from widget.media.relay.progress import COUNTERS, LegProgress
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    ControlPacket,
    Join,
    Message,
    RemoveBrowser,
    RemoveCarrier,
    SecureCarrier,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
    ShareSocket,
)

#: How far our streams jump ahead when a fresh relay takes over: beyond what the dead one can have sent since it last
#: told (SRTP must never use an index twice), and so far that receivers take it for a restart and not for loss
#: (RFC 3550 appendix A.1), but well under the 2**15 that would confuse their roll-over counters.
TAKE_OVER_JUMP = 8192
#: The same for a stream that jumped twice and is not known to have been heard since (a call on hold, relays that
#: die at once): the jumps together must stay below 2**15.
SHORT_JUMP = 1024

Told = tuple[Message, Sequence[int]]


@dataclass(slots=True)
class _Browser:
    added: AddBrowser
    keys: SetKeys | None = None
    address: SetBrowserAddress | None = None
    latest: LegProgress | None = None
    jumps: int = 0


@dataclass(slots=True)
class CarrierMemory:
    """What a relay was told of a carrier leg. ``is_exact``: ``latest`` is its last word, there is nothing to jump."""

    added: AddCarrier
    fds: Sequence[int]
    terms: SetCarrier | None = None
    secured: SecureCarrier | None = None
    browser: int | None = None
    #: The carrier leg that it is joined to instead.
    other: int | None = None
    is_closing: bool = False
    is_exact: bool = False
    #: What dead relays counted, and what the present one told last.
    before: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    latest: LegProgress | None = None
    jumps: int = 0

    def counted(self, last_word: dict[str, int] | None = None) -> dict[str, int]:
        """By all relays; ``last_word`` is the present one's, if it had any."""
        last = last_word or (self.latest.counted if self.latest else {})
        return {name: self.before[name] + last.get(name, 0) for name in COUNTERS}


class RelayMemory:
    """Every message to the relay passes :meth:`remember`, every progress of a leg :meth:`learn`."""

    def __init__(self) -> None:
        self._browsers: dict[int, _Browser] = {}
        self._shared: list[Told] = []
        self._carriers: dict[int, CarrierMemory] = {}

    def remember(self, message: Message, fds: Sequence[int] = ()) -> None:
        """``fds`` must stay open until the leg is removed."""
        match message:
            case AddBrowser():
                self._browsers[message.leg] = _Browser(message)
            case SetKeys():
                self._browsers[message.leg].keys = message
            case SetBrowserAddress():
                self._browsers[message.leg].address = message
            case RemoveBrowser():
                del self._browsers[message.leg]
                self._part(message.leg)
            case ShareSocket() | AddCarrier():
                self._add(message, fds)
            case SetCarrier() | SecureCarrier():
                self._agree(message)
            case Bridge() | Join():
                self._tie(message)
            case ControlPacket():
                self._count_control(message)
            case RemoveCarrier():
                self._unjoin(message.leg)
                self._carriers[message.leg].is_closing = True

    def _tie(self, message: Bridge | Join) -> None:
        if isinstance(message, Bridge):
            self._part(message.browser)
            self._unjoin(message.carrier)
            self._carriers[message.carrier].browser = message.browser
            return
        for number, other in ((message.carrier, message.other), (message.other, message.carrier)):
            self._unjoin(number)
            self._carriers[number].browser, self._carriers[number].other = None, other

    def _unjoin(self, number: int) -> None:
        """From another carrier, which hears nobody then."""
        carrier = self._carriers[number]
        other, carrier.other = self._carriers.get(carrier.other or 0), None
        if other is not None and other.other == number:
            other.other = None

    def _add(self, message: ShareSocket | AddCarrier, fds: Sequence[int]) -> None:
        if isinstance(message, ShareSocket):
            self._shared.append((message, fds))
        else:
            self._carriers[message.leg] = CarrierMemory(message, fds)

    def _count_control(self, message: ControlPacket) -> None:
        browser, carrier = self._browsers.get(message.leg), self._carriers.get(message.leg)
        if message.is_carrier and carrier is not None and carrier.secured is not None:
            carrier.secured = replace(carrier.secured, controls=carrier.secured.controls + 1)
        elif not message.is_carrier and browser is not None and browser.keys is not None:
            browser.keys = replace(browser.keys, controls=browser.keys.controls + 1)

    def _agree(self, message: SetCarrier | SecureCarrier) -> None:
        """With the same key our count of RTCP packets goes on."""
        carrier = self._carriers[message.leg]
        if isinstance(message, SetCarrier):
            carrier.terms = message
            return
        before = carrier.secured
        is_same = before is not None and before.send_key == message.send_key
        carrier.secured = replace(message, controls=before.controls) if before is not None and is_same else message

    def _part(self, browser: int | None) -> None:
        for carrier in self._carriers.values():
            if carrier.browser == browser:
                carrier.browser = None

    def learn(self, progress: LegProgress) -> None:
        """Where a leg stands: only kept, as it comes every second. It may have been removed meanwhile."""
        known = (self._carriers if progress.is_carrier else self._browsers).get(progress.leg)
        if known is not None:
            known.latest = progress

    def clear(self) -> None:
        """All calls are lost."""
        self._browsers.clear()
        self._carriers.clear()
        self._shared.clear()

    def totals(self, carrier: int, counters: dict[str, int] | None) -> dict[str, int]:
        """Forget a carrier leg; what all relays counted of it. ``counters`` are the present one's last word, if any."""
        known = self._carriers.pop(carrier, None)
        if known is None:
            return counters or {}
        return known.counted(counters)

    def carrier(self, number: int) -> CarrierMemory:
        """Of a leg that moves to another relay; it is still followed until it is forgotten."""
        return self._carriers[number]

    def forget(self, carrier: int) -> None:
        """It moved."""
        self._carriers.pop(carrier, None)

    def take(self, carrier: CarrierMemory, now: float) -> Iterator[Told]:
        """What to tell the relay to which a leg moves; it is joined to nothing there yet."""
        carrier.is_closing, carrier.browser, carrier.other = False, None, None
        self._carriers[carrier.added.leg] = carrier
        yield from _carrier_again(carrier, now)

    def take_over(self, now: float) -> Iterator[Told]:
        """What to tell a fresh relay, in order. Our streams go on a little further than where they can have been."""
        for browser in self._browsers.values():
            yield from _browser_again(browser, now)
        yield from self._shared
        for carrier in self._carriers.values():
            if not carrier.is_closing:
                yield from _carrier_again(carrier, now)
        yield from self._joined()

    def _joined(self) -> Iterator[Told]:
        """Each pair once, when both are known."""
        for number, carrier in self._carriers.items():
            if carrier.other is not None and number < carrier.other:
                yield Join(carrier=number, other=carrier.other), ()


def _browser_again(browser: _Browser, now: float) -> Iterator[Told]:
    yield browser.added, ()
    if browser.keys is not None:
        keys, jump = _stood_at(browser.keys, browser.latest), _jump(browser, browser.keys.index)
        browser.latest = None
        browser.keys = replace(keys, index=keys.index + jump, sent_at=keys.sent_at or now)
        yield browser.keys, ()
    if browser.address is not None:
        yield browser.address, ()


def _jump(leg: _Browser | CarrierMemory, begun: int) -> int:
    """How far a leg's stream goes ahead; ``begun`` is the index at which the dead relay took it up."""
    has_sent = leg.latest is not None and leg.latest.sent_index > begun
    leg.jumps = 1 if has_sent else leg.jumps + 1
    return TAKE_OVER_JUMP if leg.jumps <= 2 else SHORT_JUMP


def _stood_at(keys: SetKeys, latest: LegProgress | None) -> SetKeys:
    if latest is None:
        return keys
    return replace(
        keys,
        index=latest.sent_index,
        timestamp=latest.timestamp,
        sent_at=latest.sent_at,
        heard_ssrc=latest.heard_ssrc,
        heard_index=latest.heard_index,
    )


def _carrier_again(carrier: CarrierMemory, now: float) -> Iterator[Told]:
    added, latest = carrier.added, carrier.latest
    jump, carrier.is_exact = 0 if carrier.is_exact else _jump(carrier, added.index), False
    carrier.before, carrier.latest = carrier.counted(), None
    if latest is not None:
        added = replace(added, index=latest.sent_index, timestamp=latest.timestamp, sent_at=latest.sent_at)
    if latest is not None and carrier.secured is not None:
        carrier.secured = replace(carrier.secured, heard_ssrc=latest.heard_ssrc, heard_index=latest.heard_index)
    carrier.added = replace(added, index=added.index + jump, sent_at=added.sent_at or now)
    yield carrier.added, carrier.fds
    if carrier.secured is not None:
        yield replace(carrier.secured, is_resumed=True), ()
    if carrier.terms is not None:
        yield carrier.terms, ()
    if carrier.browser is not None:
        yield Bridge(carrier=carrier.added.leg, browser=carrier.browser), ()
