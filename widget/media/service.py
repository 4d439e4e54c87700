"""What the switchboard uses: browser legs, carrier legs, and the bridge between them."""

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

from widget.media.addresses import (
    browser_addresses,
    interface_addresses,
    open_browser_sockets,
    transmit,
)
from widget.media.aiortc_hooks import LocalCandidate
from widget.media.browser_leg import BrowserLeg, BrowserLegCallbacks, BrowserMedia
from widget.media.carrier_legs import CarrierLegs
from widget.media.carrier_terms import CarrierTerms
from widget.media.config import MediaConfig
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import BrowserLegConnected, BrowserLegFailed, LegStatistics, MediaEvent, RelayLost
from widget.media.monitor import Monitor
from widget.media.relay.protocol import (
    AddBrowser,
    Bridge,
    BrowserSilent,
    CarrierRemoved,
    ControlPacket,
    Datagram,
    Health,
    Message,
    Progress,
    RemoveBrowser,
    SetBrowserAddress,
    SetKeys,
)
from widget.media.relay_health import MediaStatistics, RelayHealth
from widget.media.relay_memory import RelayMemory
from widget.media.supervisor import RelaySupervisor

#: Seconds from 1900 to 1970.
_NTP_EPOCH = 2_208_988_800


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
        self._memory = RelayMemory()
        self._carriers = CarrierLegs(config, self._send, self._memory)
        self._monitor = Monitor(
            send=self._send,
            name=self._carriers.name,
            emit=on_event,
            epoch=time.time() + _NTP_EPOCH - time.monotonic(),
        )
        self._health = RelayHealth()
        self._sockets: list[socket.socket] = []
        self._candidates: list[LocalCandidate] = []
        self._relay: RelaySupervisor | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def relay_pid(self) -> int | None:
        """The running relay's process id; ``None`` while there is none."""
        return self._relay.pid if self._relay is not None else None

    @property
    def candidates(self) -> list[tuple[str, int]]:
        """Addresses that browsers are offered."""
        return [(candidate.host, candidate.port) for candidate in self._candidates]

    def statistics(self) -> MediaStatistics:
        """How much there is to do, and what was kept out."""
        return self._health.statistics(browser_legs=len(self._browsers), carrier_legs=len(self._carriers))

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
            on_started=self._take_over,
            on_died=self._relay_died,
            on_lost=self._relay_lost,
        )
        await self._relay.ensure()

    async def close(self) -> None:
        """Close all legs, the relay and the sockets."""
        await asyncio.gather(*(self.close_browser_leg(leg_id) for leg_id in list(self._browsers)))
        await asyncio.gather(*(self.close_carrier_leg(leg_id) for leg_id in self._carriers))
        await asyncio.gather(*self._tasks)
        if self._relay is not None:
            await self._relay.close()
        self._carriers.release()
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
            self._detach_browser(leg_id, number)
            await leg.close()
            raise

    def encodings(self, leg_id: str) -> tuple[str, ...]:
        """What a browser leg's answer lets pass, see ``relay.protocol.SetKeys``."""
        leg = self._numbered.get(self._browsers.get(leg_id, 0))
        return tuple(leg.payload_types) if leg is not None else ()

    async def close_browser_leg(self, leg_id: str) -> None:
        """End a browser leg; a carrier leg that it was bridged to stays open, in silence."""
        leg = self._detach_browser(leg_id, self._browsers.get(leg_id))
        if leg is not None:
            # The leg's own goodbye (DTLS close_notify) does not pass through the relay.
            await leg.close()

    def _detach_browser(self, leg_id: str, number: int | None) -> BrowserLeg | None:
        """Forget a leg, here and in the relay, unless another has taken its id; what is left is to close it."""
        if number is None or self._browsers.get(leg_id) != number:
            return None
        del self._browsers[leg_id]
        self._send(RemoveBrowser(leg=number))
        return self._numbered.pop(number)

    def _browser_selected(self, number: int, index: int, address: tuple[str, int]) -> None:
        # A check may still be answered while the leg closes.
        if number in self._numbered:
            self._send(SetBrowserAddress(leg=number, socket=index, host=address[0], port=address[1]))

    def _browser_connected(self, leg_id: str, number: int, media: BrowserMedia) -> None:
        if number not in self._numbered:
            return
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
        leg = self._detach_browser(leg_id, number)
        if leg is not None:
            self._spawn(leg.close())
            self._on_event(BrowserLegFailed(leg_id, failure.value))

    # Carrier legs

    async def open_carrier_leg(self, leg_id: str, *, remote_host: str, shares_port: bool = False) -> tuple[str, int]:
        """Open a port for one call's RTP; returns host and even port for our SDP.

        ``remote_host`` is the trunk's address or name: it decides which of our addresses the carrier can reach.
        With ``shares_port`` the port is that of all calls that share one; if two of them turn out to be at the same
        address, connecting the second raises ``ADDRESS_TAKEN``.
        """
        await self._ensure_relay()
        return await self._carriers.open(leg_id, remote_host=remote_host, shares_port=shares_port)

    async def connect_carrier_leg(self, leg_id: str, terms: CarrierTerms) -> None:
        """Tell what was negotiated, again whenever that changes."""
        await self._carriers.connect(leg_id, terms)

    def press(self, leg_id: str, digits: str) -> None:
        """Send keys (``0-9 * # A-D``) to the carrier as telephone events, in turn and in place of audio; raises
        :class:`ValueError` for what is no key, :class:`MediaError` where the carrier takes none."""
        self._carriers.press(leg_id, digits)

    async def close_carrier_leg(self, leg_id: str) -> LegStatistics:
        """End a carrier leg and return its counters; zeros if the relay cannot tell any more."""
        return await self._carriers.close(leg_id)

    # Bridges

    async def bridge(self, browser_leg_id: str, carrier_leg_id: str) -> None:
        """Pass audio between two legs, whatever else they were joined to. The carrier hears one continuous stream."""
        number = self._browsers.get(browser_leg_id)
        if number is None:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"browser leg {browser_leg_id}")
        self._send(Bridge(carrier=self._carriers.number(carrier_leg_id), browser=number))

    async def unbridge(self, carrier_leg_id: str) -> None:
        """Silence between a carrier leg and whatever it was joined to."""
        if carrier_leg_id in self._carriers:
            self._send(Bridge(carrier=self._carriers.number(carrier_leg_id), browser=None))

    # Relay

    async def _ensure_relay(self) -> None:
        if self._relay is None:
            raise MediaError(MediaFailure.RELAY_UNAVAILABLE, "not started")
        await self._relay.ensure()

    def _send(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        self._monitor.note(message, time.monotonic())
        self._memory.remember(message, fds)
        if self._relay is not None:
            self._relay.send(message, fds=fds)

    def _take_over(self) -> None:
        """Hand all legs to a relay that has just started."""
        if self._relay is None:
            return
        now = time.monotonic()
        self._monitor.restart(now)
        for message, fds in self._memory.take_over(now):
            self._relay.send(message, fds=fds)

    def _hear(self, message: Message) -> None:
        match message:
            case Datagram():
                self._deliver(message)
            case CarrierRemoved():
                self._carriers.removed(message)
            case Progress():
                self._learn(message)
            case Health():
                self._health.learn(message, time.monotonic())
            case ControlPacket():
                self._monitor.hear(message)
            case BrowserSilent():
                if message.leg in self._numbered:
                    self._numbered[message.leg].fail(MediaFailure.SILENT)

    def _learn(self, progress: Progress) -> None:
        now = time.monotonic()
        for leg in progress.legs:
            self._memory.learn(leg)
            self._monitor.learn(leg, now)
            if leg.is_carrier:
                self._carriers.learn(leg)

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

    def _relay_died(self) -> None:
        self._health.died()
        self._carriers.settle()

    def _relay_lost(self) -> None:
        """There is no relay to take the legs over; free their ports and peer connections, then say so."""
        leg_ids = (*self._browsers, *self._carriers)
        for leg in self._numbered.values():
            self._spawn(leg.close())
        self._numbered.clear()
        self._browsers.clear()
        self._carriers.lose()
        self._memory.clear()
        self._monitor.clear()
        self._on_event(RelayLost(leg_ids))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
