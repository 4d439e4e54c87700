"""One relay process and the legs on it; ``service.py`` has one for each core."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from widget.media.addresses import (
    browser_addresses,
    interface_addresses,
    open_browser_sockets,
    transmit,
)
from widget.media.aiortc_hooks import LocalCandidate
from widget.media.browser_legs import BrowserLegs
from widget.media.carrier_legs import Carrier, CarrierLegs, CarrierPool
from widget.media.config import MediaConfig
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import CarriersSilent, MediaEvent, RelayLost
from widget.media.joined_watch import JoinedWatch
from widget.media.monitor import Monitor, Watched
from widget.media.relay.protocol import (
    Bridge,
    BrowserSilent,
    CarrierRemoved,
    ControlPacket,
    Datagram,
    Health,
    Join,
    Message,
    Progress,
    SetTranscoder,
    TranscoderWanted,
)
from widget.media.relay_health import MediaStatistics, RelayHealth
from widget.media.relay_memory import CarrierMemory, RelayMemory
from widget.media.supervisor import RelaySupervisor
from widget.media.transcoding import Transcoding

logger = logging.getLogger(__name__)

#: Seconds from 1900 to 1970.
_NTP_EPOCH = 2_208_988_800


@dataclass(frozen=True, slots=True)
class MovingLeg:
    """A carrier leg between two relays: its ports, what a relay has to be told of it, and how it has been."""

    leg_id: str
    carrier: Carrier
    remembered: CarrierMemory
    watched: Watched


class RelayHost:
    """One relay process and its legs, ``browsers`` and ``carriers``.

    ``number`` says which of several it is and with it its port, ``pool`` is what all of them share. When it is not
    started, or has no relay and gets none, what needs one raises :class:`MediaError`.
    """

    def __init__(
        self,
        config: MediaConfig,
        number: int,
        pool: CarrierPool,
        *,
        transcoding: Transcoding,
        on_event: Callable[[MediaEvent], None],
    ) -> None:
        self._number = number
        self._transcoding = transcoding
        self._giving: asyncio.Task[None] | None = None
        self._config = config
        self._port = config.browser_port and config.browser_port + number
        self._on_event = on_event
        self._memory = RelayMemory()
        self.browsers = BrowserLegs(connect_seconds=config.connect_seconds, send=self._send, on_event=on_event)
        self.carriers = CarrierLegs(config, pool, self._send, self._memory)
        self._monitor = Monitor(
            send=self._send,
            name=self.carriers.name,
            emit=on_event,
            epoch=time.time() + _NTP_EPOCH - time.monotonic(),
        )
        self._joined = JoinedWatch(silence_seconds=config.joined_silence_seconds)
        self._health = RelayHealth()
        self._sockets: list[socket.socket] = []
        self._relay: RelaySupervisor | None = None

    @property
    def pid(self) -> int | None:
        """The running relay's process id; ``None`` while there is none."""
        return self._relay.pid if self._relay is not None else None

    def busyness(self) -> tuple[bool, int, int]:
        """To compare with other relays: calls count before agents who have none yet."""
        return self.pid is None, len(self.carriers), len(self.browsers)

    def statistics(self) -> MediaStatistics:
        """How much there is to do, and what was kept out."""
        return self._health.statistics(browser_legs=len(self.browsers), carrier_legs=len(self.carriers))

    async def start(self) -> None:
        """Bind the browser sockets and start the relay. Raises :class:`OSError` if an address cannot be bound."""
        addresses = browser_addresses(self._config, interface_addresses())
        self._sockets = open_browser_sockets(addresses, self._port)
        self.browsers.candidates = [
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

    async def ensure(self) -> None:
        """Have a live relay."""
        if self._relay is None:
            raise MediaError(MediaFailure.RELAY_UNAVAILABLE, "not started")
        await self._relay.ensure()

    async def close(self) -> None:
        """Close all legs, the relay and the sockets."""
        await asyncio.gather(*(self.browsers.close(leg_id) for leg_id in self.browsers))
        await asyncio.gather(*(self.carriers.close(leg_id) for leg_id in self.carriers))
        await self.browsers.settle()
        if self._giving is not None:
            await asyncio.wait([self._giving])
        if self._relay is not None:
            await self._relay.close()
        self.carriers.release()
        for opened in self._sockets:
            opened.close()
        self._sockets, self.browsers.candidates = [], []

    # Bridges

    def bridge(self, browser_leg_id: str, carrier_leg_id: str) -> None:
        """Join two legs of this relay."""
        self._send(Bridge(carrier=self.carriers.number(carrier_leg_id), browser=self.browsers.number(browser_leg_id)))

    def join(self, carrier_leg_id: str, other_leg_id: str) -> None:
        """Join two carrier legs of this relay."""
        self._send(Join(carrier=self.carriers.number(carrier_leg_id), other=self.carriers.number(other_leg_id)))

    def unbridge(self, carrier_leg_id: str) -> None:
        """Silence between a carrier leg and whatever it was joined to."""
        self._send(Bridge(carrier=self.carriers.number(carrier_leg_id), browser=None))

    async def give(self, carrier_leg_id: str) -> MovingLeg:
        """Let go of a carrier leg, for another relay to go on with; its ports stay open."""
        number = self.carriers.number(carrier_leg_id)
        remembered, watched = self._memory.carrier(number), self._monitor.give(number)
        carrier, remembered.is_exact = await self.carriers.give(carrier_leg_id)
        self._memory.forget(number)
        return MovingLeg(carrier_leg_id, carrier, remembered, watched)

    def take(self, moving: MovingLeg) -> None:
        """Go on with another relay's carrier leg: the carrier hears one continuous stream."""
        now = time.monotonic()
        self.carriers.take(moving.leg_id, moving.carrier)
        self._monitor.take(moving.watched, now)
        for message, fds in self._memory.take(moving.remembered, now):
            self._tell(message, fds=fds)

    # Relay

    def _send(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        now = time.monotonic()
        self._monitor.note(message, now)
        self._joined.note(message, now)
        self._memory.remember(message, fds)
        self._tell(message, fds=fds)

    def _tell(self, message: Message, *, fds: Sequence[int] = ()) -> None:
        if self._relay is not None:
            self._relay.send(message, fds=fds)

    def _take_over(self) -> None:
        """Hand all legs to a relay that has just started."""
        now = time.monotonic()
        self.carriers.has_relay = True
        self._monitor.restart(now)
        for message, fds in self._memory.take_over(now):
            self._tell(message, fds=fds)

    def _hear(self, message: Message) -> None:
        match message:
            case Datagram():
                self.browsers.deliver(message)
            case CarrierRemoved():
                self.carriers.removed(message)
            case Progress():
                self._learn(message)
            case Health():
                self._health.learn(message, time.monotonic())
            case ControlPacket():
                self._monitor.hear(message)
            case TranscoderWanted():
                self._giving = asyncio.create_task(self._give_transcoder())
            case BrowserSilent():
                self.browsers.silent(message.leg)

    async def _give_transcoder(self) -> None:
        try:
            fd = await self._transcoding.socket_for(self._number)
        except MediaError:
            logger.exception("No transcoder: calls that need one stay silent")
            return
        self._send(SetTranscoder(), fds=[fd])

    def _learn(self, progress: Progress) -> None:
        now = time.monotonic()
        for leg in progress.legs:
            self._memory.learn(leg)
            self._monitor.learn(leg, now)
            if leg.is_carrier:
                self.carriers.learn(leg)
                self._listen_for_silence(self._joined.learn(leg, now))

    def _listen_for_silence(self, pair: tuple[int, int] | None) -> None:
        if pair is not None:
            self._on_event(CarriersSilent(tuple(filter(None, map(self.carriers.name, pair)))))

    def _relay_died(self) -> None:
        self._health.died()
        self.carriers.settle()

    def _relay_lost(self) -> None:
        """There is no relay to take the legs over; free their ports and peer connections, then say so."""
        leg_ids = (*self.browsers, *self.carriers)
        self.browsers.lose()
        self.carriers.lose()
        self._memory.clear()
        self._monitor.clear()
        self._joined.clear()
        self._on_event(RelayLost(leg_ids))
