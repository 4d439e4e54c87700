"""What the switchboard uses: browser legs, carrier legs, and the bridge between them."""

import asyncio
from collections.abc import Callable, Sequence

from widget.media.addresses import CarrierPorts
from widget.media.carrier_legs import CarrierPool
from widget.media.carrier_terms import CarrierTerms
from widget.media.config import MediaConfig
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import LegStatistics, MediaEvent
from widget.media.relay.conversions import can_transcode
from widget.media.relay.payloads import passes
from widget.media.relay_health import MediaStatistics
from widget.media.relay_host import RelayHost
from widget.media.transcoding import Transcoding


class MediaService:
    """The relays of this machine and the legs on them. Leg ids are the caller's; every method belongs to one loop.

    ``on_event`` is called on it. All requests raise :class:`MediaError` and leave nothing behind then; closing
    what is not there is no error. Which relay a leg is in is our business: a new one goes where there is least to do,
    or beside another leg, and a carrier leg follows the browser leg that it is joined to.
    """

    def __init__(self, config: MediaConfig, *, on_event: Callable[[MediaEvent], None]) -> None:
        pool = CarrierPool(CarrierPorts(config.carrier_ports))
        #: For calls whose two sides share no codec.
        self.transcoding = Transcoding(max_calls=config.max_transcoded_calls)
        self._hosts = [
            RelayHost(config, number, pool, transcoding=self.transcoding, on_event=on_event)
            for number in range(config.relays)
        ]

    @property
    def relay_pids(self) -> list[int]:
        """The running relays' process ids."""
        return [host.pid for host in self._hosts if host.pid is not None]

    @property
    def candidates(self) -> list[tuple[str, int]]:
        """Addresses that browsers are offered, of all relays."""
        return [(candidate.host, candidate.port) for host in self._hosts for candidate in host.browsers.candidates]

    def statistics(self) -> tuple[MediaStatistics, ...]:
        """How much each relay has to do, and what it kept out."""
        return tuple(host.statistics() for host in self._hosts)

    def statistics_beside(self, leg_id: str) -> MediaStatistics | None:
        """Of the relay that a browser leg is in."""
        host = self._of_browser(leg_id)
        return host.statistics() if host is not None else None

    async def start(self) -> None:
        """Bind the browser sockets and start the relays. Raises :class:`OSError` if an address cannot be bound."""
        try:
            for host in self._hosts:
                await host.start()
        except OSError:
            await self.close()
            raise

    async def close(self) -> None:
        """Close all legs, the relays and the sockets."""
        await asyncio.gather(*(host.close() for host in self._hosts))
        await self.transcoding.close()

    # Browser legs

    async def open_browser_leg(self, leg_id: str, offer_sdp: str, *, codecs: Sequence[str], beside: str = "") -> str:
        """Answer a browser's offer; returns SDP with all candidates. A leg of the same id is replaced.

        ``beside``: the carrier leg that it is for. ``BrowserLegConnected`` or ``BrowserLegFailed`` follows.
        """
        host = self._of_carrier(beside) or self._calmest()
        await host.ensure()
        await self.close_browser_leg(leg_id)
        return await host.browsers.open(leg_id, offer_sdp, codecs=codecs)

    def encodings(self, leg_id: str) -> tuple[str, ...]:
        """What a browser leg's answer lets pass, see ``relay.protocol.SetKeys``."""
        host = self._of_browser(leg_id)
        return host.browsers.encodings(leg_id) if host is not None else ()

    async def close_browser_leg(self, leg_id: str) -> None:
        """End a browser leg; a carrier leg that it was bridged to stays open, in silence."""
        host = self._of_browser(leg_id)
        if host is not None:
            await host.browsers.close(leg_id)

    # Carrier legs

    async def open_carrier_leg(
        self, leg_id: str, *, remote_host: str, beside: str = "", shares_port: bool = False
    ) -> tuple[str, int]:
        """Open a port for one call's RTP; returns host and even port for our SDP.

        ``remote_host`` is the trunk's address or name, "" when nobody knows it yet: it decides which of our addresses
        the carrier can reach.
        ``beside``: the browser leg that it is for. With ``shares_port`` the port is that of all calls that share one,
        where there is only one relay: a call that shares a port cannot move to another. If two of them turn out to be
        at the same address, connecting the second raises ``ADDRESS_TAKEN``.
        """
        if self._of_carrier(leg_id) is not None:
            raise MediaError(MediaFailure.LEG_IN_USE, f"carrier leg {leg_id}")
        host = self._of_browser(beside) or self._calmest()
        await host.ensure()
        return await host.carriers.open(
            leg_id, remote_host=remote_host, shares_port=shares_port and len(self._hosts) == 1
        )

    async def connect_carrier_leg(self, leg_id: str, terms: CarrierTerms) -> None:
        """Tell what was negotiated, again whenever that changes."""
        await self._with_carrier(leg_id).carriers.connect(leg_id, terms)

    def press(self, leg_id: str, digits: str) -> None:
        """Send keys (``0-9 * # A-D``) to the carrier as telephone events, in turn and in place of audio; raises
        :class:`ValueError` for what is no key, :class:`MediaError` where the carrier takes none."""
        self._with_carrier(leg_id).carriers.press(leg_id, digits)

    async def close_carrier_leg(self, leg_id: str) -> LegStatistics:
        """End a carrier leg and return its counters; zeros if the relay cannot tell any more."""
        self.transcoding.release(leg_id)
        host = self._of_carrier(leg_id)
        return await host.carriers.close(leg_id) if host is not None else LegStatistics()

    # Bridges

    async def bridge(self, browser_leg_id: str, carrier_leg_id: str) -> None:
        """Pass audio between two legs, whatever else they were joined to. The carrier hears one continuous stream, also
        when its leg has to move into the browser leg's relay first."""
        host = self._of_browser(browser_leg_id)
        if host is None:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"browser leg {browser_leg_id}")
        holder = self._with_carrier(carrier_leg_id)
        if holder is not host:
            host.take(await holder.give(carrier_leg_id))
        host.bridge(browser_leg_id, carrier_leg_id)

    async def join(self, carrier_leg_id: str, other_leg_id: str) -> None:
        """Pass audio between two connected carrier legs, without an agent. Each carrier hears one continuous stream.
        Codecs that differ are transcoded, where one more call may be."""
        host, holder = self._with_carrier(carrier_leg_id), self._with_carrier(other_leg_id)
        codecs = host.carriers.codec(carrier_leg_id), holder.carriers.codec(other_leg_id)
        await self._ready_for(carrier_leg_id, *codecs)
        if holder is not host:
            host.take(await holder.give(other_leg_id))
        self.transcoding.release(other_leg_id)
        host.join(carrier_leg_id, other_leg_id)

    async def _ready_for(self, leg_id: str, codec: str, others: str) -> None:
        if codec and passes(codec, others):
            self.transcoding.release(leg_id)
            return
        if not can_transcode(codec) or not can_transcode(others):
            raise MediaError(MediaFailure.NO_COMMON_CODEC, f"{codec or 'nothing'} and {others or 'nothing'}")
        self.transcoding.admit(leg_id)
        await self.transcoding.ready()

    async def unbridge(self, carrier_leg_id: str) -> None:
        """Silence between a carrier leg and whatever it was joined to."""
        host = self._of_carrier(carrier_leg_id)
        if host is not None:
            host.unbridge(carrier_leg_id)

    # Relays

    def _of_browser(self, leg_id: str) -> RelayHost | None:
        return next((host for host in self._hosts if leg_id in host.browsers), None)

    def _of_carrier(self, leg_id: str) -> RelayHost | None:
        return next((host for host in self._hosts if leg_id in host.carriers), None)

    def _with_carrier(self, leg_id: str) -> RelayHost:
        host = self._of_carrier(leg_id)
        if host is None:
            raise MediaError(MediaFailure.UNKNOWN_LEG, f"carrier leg {leg_id}")
        return host

    def _calmest(self) -> RelayHost:
        """Where there is least to do; a relay that is being replaced has enough to do."""
        return min(self._hosts, key=RelayHost.busyness)
