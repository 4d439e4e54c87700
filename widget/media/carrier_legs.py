"""Carrier legs as the control process holds them: a port per call, what was negotiated, the counters at the end."""

import asyncio
import ipaddress
import itertools
import logging
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from widget.media.addresses import CarrierPorts, PortPair, anywhere, local_address_for, resolve, widen
from widget.media.carrier_terms import CarrierTerms
from widget.media.config import MediaConfig
from widget.media.digits import Keys
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import LegStatistics
from widget.media.relay.progress import LegProgress
from widget.media.relay.protocol import AddCarrier, CarrierRemoved, Message, RemoveCarrier, ShareSocket
from widget.media.relay_memory import RelayMemory

logger = logging.getLogger(__name__)

#: Whether a relay lives is the supervisor's business; this is for one that lives and forgot a leg.
_LAST_WORD_SECONDS = 10.0
#: So many packets from elsewhere, and none from where the carrier should be, are worth a line in the log.
_SUSPICIOUS_STRAYS = 50


class Send(Protocol):
    """Tells the relay something."""

    def __call__(self, message: Message, *, fds: Sequence[int] = ()) -> None: ...


@dataclass(slots=True)
class CarrierPool:
    """What all relays share: a leg keeps its port and its number when it moves from one to another."""

    ports: CarrierPorts
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


@dataclass(slots=True)
class Carrier:
    """An open leg: its number in the relay, its ports, the keys that are being pressed."""

    number: int
    ports: PortPair
    keys: Keys
    terms: CarrierTerms | None = None
    is_sharing: bool = False


class CarrierLegs:
    """The open carrier legs of one relay by id. ``send`` reaches it, ``has_relay`` says whether it can answer."""

    def __init__(self, config: MediaConfig, pool: CarrierPool, send: Send, memory: RelayMemory) -> None:
        self._config = config
        self._send = send
        self._memory = memory
        self._pool = pool
        self.has_relay = False
        self._carriers: dict[str, Carrier] = {}
        self._names: dict[int, str] = {}
        self._warned: set[int] = set()
        #: What calls share, by our address; the relay knows these by their place. And where those who share are heard.
        self._shared: dict[str, PortPair] = {}
        self._heard_at: dict[int, tuple[str, int]] = {}
        self._removing: dict[int, asyncio.Future[dict[str, int] | None]] = {}

    def __len__(self) -> int:
        return len(self._carriers)

    def __contains__(self, leg_id: str) -> bool:
        return leg_id in self._carriers

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._carriers))

    def number(self, leg_id: str) -> int:
        """By what the relay knows a leg; raises :class:`MediaError` if it is not open."""
        carrier = self._carriers.get(leg_id)
        if carrier is None:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"carrier leg {leg_id}")
        return carrier.number

    def codec(self, leg_id: str) -> str:
        """What was negotiated on an open leg, "" before."""
        carrier = self._carriers.get(leg_id)
        return carrier.terms.codec if carrier is not None and carrier.terms is not None else ""

    def name(self, number: int) -> str | None:
        """The id of an open leg, by the relay's number."""
        return self._names.get(number)

    async def open(self, leg_id: str, *, remote_host: str, shares_port: bool = False) -> tuple[str, int]:
        """See ``MediaService.open_carrier_leg``."""
        remote = await resolve(remote_host) if remote_host else anywhere()
        local = self._config.carrier_host or local_address_for(remote)
        if leg_id in self._carriers:
            raise MediaError(MediaFailure.LEG_IN_USE, f"carrier leg {leg_id}")
        opened = self._share(local) if shares_port else self._pool.ports.open(local)
        carrier = self._carriers[leg_id] = self._new(opened)
        self._names[carrier.number] = leg_id
        carrier.is_sharing = shares_port
        self._add(carrier.number, opened, list(self._shared).index(local) if shares_port else None)
        return self._config.advertise(local, remote), opened.media.getsockname()[1]

    def _new(self, opened: PortPair) -> Carrier:
        number = next(self._pool.numbers)
        return Carrier(number, opened, Keys(number, self._send))

    def _share(self, host: str) -> PortPair:
        """This relay's one pair for all calls that share a port of ``host``; it stays open until :meth:`release`."""
        if host not in self._shared:
            opened = self._shared[host] = self._pool.ports.open(host)
            widen(opened.media)
            fds = [opened.media.fileno(), opened.control.fileno()]
            self._send(ShareSocket(socket=len(self._shared) - 1), fds=fds)
        return self._shared[host]

    def _add(self, number: int, opened: PortPair, shared: int | None) -> None:
        fds = [opened.media.fileno(), opened.control.fileno()] if shared is None else []
        self._send(AddCarrier(leg=number, socket=shared), fds=fds)

    def _claim(self, number: int, place: tuple[str, int]) -> None:
        """On a shared port nothing but its address tells a call: two at one cannot be told apart."""
        if any(other != number and taken == place for other, taken in self._heard_at.items()):
            raise MediaError(MediaFailure.ADDRESS_TAKEN, f"another call is at {place[0]} port {place[1]}")
        self._heard_at[number] = place

    def press(self, leg_id: str, digits: str) -> None:
        """See ``MediaService.press``."""
        carrier = self._carriers.get(leg_id)
        if carrier is None or carrier.terms is None:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"carrier leg {leg_id}")
        if carrier.terms.dtmf_payload_type is None:
            raise MediaError(MediaFailure.NO_TELEPHONE_EVENT, f"carrier leg {leg_id}")
        if not carrier.keys.press(digits, clock_rate=carrier.terms.dtmf_clock_rate):
            raise MediaError(MediaFailure.TOO_MANY_KEYS, f"carrier leg {leg_id}")

    async def connect(self, leg_id: str, terms: CarrierTerms) -> None:
        """Tell the relay what was negotiated; ``terms.host`` may be a name."""
        address = ipaddress.ip_address(await resolve(terms.host))
        number = self.number(leg_id)
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        if address.is_multicast or family != self._carriers[leg_id].ports.media.family or not 0 < terms.port < 65536:
            raise MediaError(MediaFailure.BAD_ADDRESS, f"no RTP to {terms.host} port {terms.port}")
        # 0.0.0.0 is how older agents hold (RFC 3264 section 8.4).
        receives = terms.receives and not address.is_unspecified
        if terms.rtcp_host and ipaddress.ip_address(terms.rtcp_host).version != address.version:
            raise MediaError(MediaFailure.BAD_ADDRESS, f"no RTCP to {terms.rtcp_host}")
        if self._carriers[leg_id].is_sharing:
            self._claim(number, (str(address), terms.port))
        self._carriers[leg_id].terms = terms
        self._send(terms.secured(number))
        self._send(terms.agreed(number, host=str(address), receives=receives))

    async def give(self, leg_id: str) -> tuple[Carrier, bool]:
        """A leg that another relay goes on with, and whether this one told where it stands. Keys that were not pressed
        yet are forgotten."""
        carrier = self._detach(leg_id)
        try:
            return carrier, await self._remove(leg_id, carrier.number) is not None
        except asyncio.CancelledError:
            self._free(carrier)
            raise

    def take(self, leg_id: str, carrier: Carrier) -> None:
        """A leg of another relay."""
        carrier.keys = Keys(carrier.number, self._send)
        self._carriers[leg_id] = carrier
        self._names[carrier.number] = leg_id

    async def close(self, leg_id: str) -> LegStatistics:
        """See ``MediaService.close_carrier_leg``."""
        if leg_id not in self._carriers:
            return LegStatistics()
        carrier = self._detach(leg_id)
        counters = None
        try:
            counters = await self._remove(leg_id, carrier.number)
        finally:
            self._free(carrier)
            totals = self._memory.totals(carrier.number, counters)
        return LegStatistics(**totals)

    def _detach(self, leg_id: str) -> Carrier:
        carrier = self._carriers.pop(leg_id)
        carrier.keys.release()
        del self._names[carrier.number]
        self._warned.discard(carrier.number)
        self._heard_at.pop(carrier.number, None)
        return carrier

    async def _remove(self, leg_id: str, number: int) -> dict[str, int] | None:
        """Take a leg out of the relay; its last word on it, ``None`` if it cannot speak any more."""
        self._send(RemoveCarrier(leg=number))
        if not self.has_relay:
            return None
        removed = self._removing[number] = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(removed, _LAST_WORD_SECONDS)
        except TimeoutError:
            logger.warning("The relay does not say how leg %s ended", leg_id)
            return None
        finally:
            del self._removing[number]

    def learn(self, progress: LegProgress) -> None:
        """Say once what an operator could not see otherwise: audio comes, but from another address than negotiated."""
        if progress.received_packets or progress.strays < _SUSPICIOUS_STRAYS or progress.leg in self._warned:
            return
        name = self._names.get(progress.leg)
        if name is None:
            return
        self._warned.add(progress.leg)
        logger.warning("call=%s hears nothing: RTP comes only from an address that was not negotiated", name)

    def removed(self, message: CarrierRemoved) -> None:
        """The relay's last word on a leg."""
        waiting = self._removing.get(message.leg)
        if waiting is not None and not waiting.done():
            waiting.set_result(message.counters)

    def settle(self) -> None:
        """The relay died: what it said last of closing legs is all there is."""
        self.has_relay = False
        for waiting in self._removing.values():
            if not waiting.done():
                waiting.set_result(None)

    def lose(self) -> None:
        """There is no relay any more: free all ports."""
        for carrier in self._carriers.values():
            carrier.keys.release()
            self._free(carrier)
        self._carriers.clear()
        self._names.clear()
        self._heard_at.clear()
        self.release()
        self.settle()

    def release(self) -> None:
        """Close what was shared; there is no leg left."""
        shared, self._shared = self._shared, {}
        for opened in shared.values():
            self._pool.ports.close(opened)

    def _free(self, carrier: Carrier) -> None:
        """Give a leg's port back; a shared one stays."""
        if not carrier.is_sharing:
            self._pool.ports.close(carrier.ports)
