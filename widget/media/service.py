"""What the switchboard uses: browser legs, carrier legs, and the bridge between them."""

import asyncio
import ipaddress
import itertools
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial

from widget.media.addresses import (
    CarrierPorts,
    browser_addresses,
    interface_addresses,
    local_address_towards,
    open_browser_sockets,
    resolve,
    transmit,
)
from widget.media.aiortc_hooks import LocalCandidate
from widget.media.browser_leg import BrowserLeg, BrowserLegCallbacks, BrowserMedia
from widget.media.config import MediaConfig
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import BrowserLegConnected, BrowserLegFailed, LegStatistics, MediaEvent, RelayLost
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    BrowserSilent,
    CarrierRemoved,
    Datagram,
    Message,
    RemoveBrowser,
    RemoveCarrier,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
)
from widget.media.supervisor import RelaySupervisor

_STATISTICS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Carrier:
    number: int
    socket: socket.socket


class MediaService:
    """One relay process and the legs on it. Leg ids are the caller's; every method belongs to one event loop.

    ``on_event`` is called on that loop. All requests raise :class:`MediaError` and leave nothing behind then; closing
    what is not there is no error.
    """

    def __init__(self, config: MediaConfig, *, on_event: Callable[[MediaEvent], None]) -> None:
        self._config = config
        self._on_event = on_event
        self._numbers = itertools.count(1)
        # The relay knows legs by number: one that replaces another of the same id is another one there.
        self._browsers: dict[str, int] = {}
        self._numbered: dict[int, BrowserLeg] = {}
        self._carriers: dict[str, _Carrier] = {}
        self._ports = CarrierPorts(config.carrier_ports)
        self._sockets: list[socket.socket] = []
        self._candidates: list[LocalCandidate] = []
        self._relay: RelaySupervisor | None = None
        self._removing: dict[int, asyncio.Future[LegStatistics]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def relay_pid(self) -> int | None:
        """The running relay's process id; ``None`` while there is none."""
        return self._relay.pid if self._relay is not None else None

    @property
    def candidates(self) -> list[tuple[str, int]]:
        """Addresses that browsers are offered."""
        return [(candidate.host, candidate.port) for candidate in self._candidates]

    async def start(self) -> None:
        """Bind the browser sockets and start the relay. Raises :class:`OSError` if an address cannot be bound."""
        addresses = browser_addresses(self._config, interface_addresses())
        self._sockets = open_browser_sockets(addresses, self._config.browser_port)
        self._candidates = [
            LocalCandidate(address.public, opened.getsockname()[1], partial(transmit, opened))
            for address, opened in zip(addresses, self._sockets, strict=True)
        ]
        self._relay = RelaySupervisor(
            self._sockets,
            silence_seconds=self._config.browser_silence_seconds,
            on_message=self._hear,
            on_lost=self._relay_lost,
        )
        await self._relay.ensure()

    async def close(self) -> None:
        """Close all legs, the relay and the sockets."""
        await asyncio.gather(*(self.close_browser_leg(leg_id) for leg_id in list(self._browsers)))
        await asyncio.gather(*(self.close_carrier_leg(leg_id) for leg_id in list(self._carriers)))
        await asyncio.gather(*self._tasks)
        if self._relay is not None:
            await self._relay.close()
        for opened in self._sockets:
            opened.close()
        self._sockets, self._candidates = [], []

    # Browser legs

    async def open_browser_leg(self, leg_id: str, offer_sdp: str, *, codecs: Sequence[str]) -> str:
        """Answer a browser's offer; returns SDP with all candidates. A leg of the same id is replaced.

        ``BrowserLegConnected`` or ``BrowserLegFailed`` follows.
        """
        await self._ensure_relay()
        await self.close_browser_leg(leg_id)
        number = next(self._numbers)
        callbacks = BrowserLegCallbacks(
            selected=partial(self._browser_selected, number),
            connected=partial(self._browser_connected, leg_id, number),
            failed=partial(self._browser_failed, leg_id, number),
        )
        leg = BrowserLeg(self._candidates, connect_seconds=self._config.connect_seconds, callbacks=callbacks)
        self._browsers[leg_id], self._numbered[number] = number, leg
        self._send(AddBrowser(leg=number, ufrag=leg.ufrag))
        try:
            return await leg.answer(offer_sdp, codecs=codecs)
        except MediaError:
            await self.close_browser_leg(leg_id)
            raise

    async def close_browser_leg(self, leg_id: str) -> None:
        """End a browser leg; a carrier leg that it was bridged to stays open, in silence."""
        number = self._browsers.pop(leg_id, None)
        if number is not None:
            # The leg's own goodbye (DTLS close_notify) does not pass through the relay.
            self._send(RemoveBrowser(leg=number))
            await self._numbered.pop(number).close()

    def _browser_selected(self, number: int, index: int, address: tuple[str, int]) -> None:
        self._send(SetBrowserAddress(leg=number, socket=index, host=address[0], port=address[1]))

    def _browser_connected(self, leg_id: str, number: int, media: BrowserMedia) -> None:
        keys = SetKeys(
            leg=number,
            profile=media.keys.profile,
            receive_key=media.keys.receive_key.hex(),
            send_key=media.keys.send_key.hex(),
            ssrc=media.ssrc,
            payload_types=media.payload_types,
        )
        self._send(keys)
        self._on_event(BrowserLegConnected(leg_id))

    def _browser_failed(self, leg_id: str, number: int, failure: MediaFailure) -> None:
        if self._browsers.get(leg_id) == number:
            self._spawn(self.close_browser_leg(leg_id))
            self._on_event(BrowserLegFailed(leg_id, failure.value))

    # Carrier legs

    async def open_carrier_leg(self, leg_id: str, *, remote_host: str) -> tuple[str, int]:
        """Open a port for one call's RTP; returns host and even port for our SDP.

        ``remote_host`` is the trunk's address or name: it decides which of our addresses the carrier can reach.
        """
        await self._ensure_relay()
        if leg_id in self._carriers:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"carrier leg {leg_id} is already open")
        local = self._config.carrier_host or local_address_towards(await resolve(remote_host))
        opened = self._ports.open(local)
        carrier = _Carrier(next(self._numbers), opened)
        self._carriers[leg_id] = carrier
        self._send(AddCarrier(leg=carrier.number), fds=[opened.fileno()])
        return self._config.carrier_advertised_host or local, opened.getsockname()[1]

    async def connect_carrier_leg(
        self,
        leg_id: str,
        *,
        host: str,
        port: int,
        codec: str,
        payload_type: int,
        dtmf_payload_type: int | None,
        sends: bool,
        receives: bool,
    ) -> None:
        """Tell what was negotiated, again whenever that changes. Only this address is heard from then on.

        ``sends`` and ``receives`` are the carrier's directions; both False is silence both ways (hold).
        """
        carrier = self._carrier(leg_id)
        address = ipaddress.ip_address(await resolve(host))
        family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
        if address.is_multicast or family != carrier.socket.family or not 0 < port < 65536:
            raise MediaError(MediaFailure.BAD_ADDRESS, f"no RTP to {host} port {port}")
        terms = SetCarrier(
            leg=carrier.number,
            host=str(address),
            port=port,
            codec=codec,
            payload_type=payload_type,
            dtmf_payload_type=dtmf_payload_type,
            sends=sends,
            # 0.0.0.0 is how older agents hold (RFC 3264 section 8.4).
            receives=receives and not address.is_unspecified,
        )
        self._send(terms)

    async def close_carrier_leg(self, leg_id: str) -> LegStatistics:
        """End a carrier leg and return its counters; zeros if the relay cannot tell any more."""
        carrier = self._carriers.pop(leg_id, None)
        if carrier is None:
            return LegStatistics()
        self._send(RemoveCarrier(leg=carrier.number))
        removed = self._removing[carrier.number] = asyncio.get_running_loop().create_future()
        try:
            return await asyncio.wait_for(removed, _STATISTICS_SECONDS)
        except TimeoutError:
            return LegStatistics()
        finally:
            self._removing.pop(carrier.number, None)
            self._ports.close(carrier.socket)

    # Bridges

    async def bridge(self, browser_leg_id: str, carrier_leg_id: str) -> None:
        """Pass audio between two legs, whatever else they were joined to. The carrier hears one continuous stream."""
        number = self._browsers.get(browser_leg_id)
        if number is None:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"browser leg {browser_leg_id}")
        self._send(Bridge(carrier=self._carrier(carrier_leg_id).number, browser=number))

    async def unbridge(self, carrier_leg_id: str) -> None:
        """Silence between a carrier leg and whatever it was joined to."""
        carrier = self._carriers.get(carrier_leg_id)
        if carrier is not None:
            self._send(Bridge(carrier=carrier.number, browser=None))

    # Relay

    async def _ensure_relay(self) -> None:
        if self._relay is None:
            raise MediaError(MediaFailure.RELAY_UNAVAILABLE, "not started")
        await self._relay.ensure()

    def _send(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        if self._relay is not None:
            self._relay.send(message, fds=fds)

    def _hear(self, message: Message) -> None:
        match message:
            case Datagram():
                self._deliver(message)
            case CarrierRemoved():
                removed = self._removing.get(message.leg)
                if removed is not None and not removed.done():
                    removed.set_result(LegStatistics(**message.counters))
            case BrowserSilent():
                if message.leg in self._numbered:
                    self._numbered[message.leg].fail(MediaFailure.SILENT)

    def _deliver(self, message: Datagram) -> None:
        """Hand a datagram to its leg's ICE agent. A response goes to whoever asked: the address may still be
        another leg's, until this very response proves that it changed hands."""
        if message.data[:1] == b"\x01":
            waiting = (leg for leg in self._numbered.values() if leg.connection.awaits(message.socket, message.data))
            leg = next(waiting, None)
        else:
            leg = self._numbered.get(message.leg)
        if leg is not None:
            leg.connection.receive(message.socket, message.data, (message.host, message.port))

    def _relay_lost(self) -> None:
        """Nothing of the dead relay's legs can be saved; free their ports and peer connections, then say so."""
        leg_ids = (*self._browsers, *self._carriers)
        for leg_id in list(self._browsers):
            self._spawn(self.close_browser_leg(leg_id))
        for carrier in self._carriers.values():
            self._ports.close(carrier.socket)
        self._carriers.clear()
        for removed in self._removing.values():
            if not removed.done():
                removed.set_result(LegStatistics())
        self._on_event(RelayLost(leg_ids))

    def _carrier(self, leg_id: str) -> _Carrier:
        carrier = self._carriers.get(leg_id)
        if carrier is None:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"carrier leg {leg_id}")
        return carrier

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
