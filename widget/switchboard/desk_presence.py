"""Whether the agent is there: their pages and their audio."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict

from channels.db import database_sync_to_async

from widget.calls import events
from widget.errors import InvalidOptionsError, NoTrunkError
from widget.media import events as media_events
from widget.switchboard import journal, trunks
from widget.switchboard.desk_core import DeskCore
from widget.switchboard.items import Item, PageGraceRanOut
from widget.switchboard.live_call import LiveCall
from widget.switchboard.messages import OfferAudio, PageJoined, PageLeft
from widget.switchboard.replies import Reply
from widget.switchboard.route import Route
from widget.switchboard.services import Services

logger = logging.getLogger(__name__)

PAGE_GRACE_SECONDS = 10
"""How long an agent without a call may be without a socket before their audio is closed."""
DEFAULT_CODECS = ("PCMU", "PCMA")


class DeskPresence(DeskCore):
    """``pages`` holds the channel of the page in use: at most one, for the latest wins."""

    def __init__(self, agent_id: int, services: Services) -> None:
        super().__init__(agent_id, services)
        self.pages: set[str] = set()

    async def _page_moved(self, item: PageJoined | PageLeft | PageGraceRanOut) -> None:
        match item:
            case PageJoined():
                await self._page_joined(item)
            case PageLeft():
                await self._page_left(item)
            case PageGraceRanOut():
                await self._drop_audio()

    async def _audio_moved(self, item: Item) -> None:
        match item:
            case media_events.BrowserLegConnected(leg_id):
                await self._audio_connected(leg_id)
            case media_events.BrowserLegFailed(leg_id, reason):
                await self._audio_failed(leg_id, reason)
            case media_events.RelayLost(leg_ids):
                await self._relay_lost(leg_ids)

    # Pages

    async def _page_joined(self, page: PageJoined) -> None:
        """The latest page wins; an earlier one is told that it lost."""
        profile = await database_sync_to_async(journal.agent_profile)(self.agent_id)
        self.wrap_up.seconds = profile.wrap_up_seconds
        self.group_id = profile.group_id
        for other in self.pages - {page.channel}:
            await self.services.send(other, {"type": "page.displaced"})
        self.pages = {page.channel}
        self._timers.stop(PageGraceRanOut)
        logger.info("%s page joined (account %s)", self._who, profile.account)
        if not page.resumes:
            await self._drop_audio()
        await self.services.announce(self.agent_id)

    async def _page_left(self, page: PageLeft) -> None:
        if page.channel not in self.pages:
            return
        self.pages.discard(page.channel)
        logger.info("%s page left", self._who)
        if page.signed_out and self.live is None:
            await self._drop_audio()
        elif self.audio.leg and self.live is None:
            self._timers.start(PageGraceRanOut, PAGE_GRACE_SECONDS)
        await self._review_presence()

    async def _review_presence(self) -> None:
        """An agent is here while a page or its audio is."""
        if self.pages or self.audio.leg or not self.agent.present:
            return
        self.agent = self.agent.left()
        if self.live is not None:
            await self.live.apply(events.AgentLeft())
        await self._write_agent()

    @property
    def _who(self) -> str:
        """For the log: what happens to the agent during a call belongs to that call's story."""
        return f"agent={self.agent_id}" + (f" call={self.live.call.id}" if self.live is not None else "")

    # Audio between browser and server

    async def _offer_audio(self, offer: OfferAudio) -> Reply:
        if offer.channel not in self.pages:
            raise InvalidOptionsError("an offer of a page that is not signed in")
        beside = "" if self.live is None or self._is_crowded() else self.live.carrier_leg
        return {"sdp": await self.audio.offer(offer.sdp, codecs=await self._codecs(), beside=beside)}

    def _is_crowded(self) -> bool:
        """Whether the relay of our audio has one call too many while another has room."""
        services = self.services
        return services.capacity.crowds(services.media.statistics_beside(self.audio.leg))

    async def _make_room(self) -> None:
        """Have the page renew its audio where there is room: the call follows it, and nobody hears anything of it."""
        if self._is_crowded():
            for page in self.pages:
                await self.services.send(page, {"type": "audio.renew"})

    async def _codecs(self) -> Sequence[str]:
        """The trunk's preference, so that browser and carrier agree and nothing has to be converted."""
        try:
            routes: tuple[Route, ...] = await database_sync_to_async(trunks.routes_of)(self.agent_id)
        except NoTrunkError:
            return DEFAULT_CODECS
        return routes[0].codecs

    async def _agree_on_codec(self, live: LiveCall) -> None:
        """Have the browser speak what the carrier took, so that it passes as it is."""
        spoken = live.audio.spoken
        if spoken is None or spoken == self.audio.spoken:
            return
        self.audio.spoken = spoken
        for page in self.pages:
            await self.services.send(page, {"type": "audio.spoken", **asdict(spoken)})

    async def _audio_connected(self, leg: str) -> None:
        before = self.audio.leg
        if not self.audio.connected(leg):
            return
        self.agent = self.agent.arrived(wraps_up=bool(self.wrap_up.call_id))
        logger.info("%s audio connected", self._who)
        if self.live is not None:
            await self.live.attach(leg)
            await self.live.apply(events.AgentReturned())
            await self._agree_on_codec(self.live)
        await self.audio.close(before)
        await self._write_agent()

    async def _audio_failed(self, leg: str, reason: str) -> None:
        if self.audio.failed(leg):
            logger.info("%s audio lost: %s", self._who, reason)
            await self._write_agent()
            await self._review_presence()

    async def _drop_audio(self) -> None:
        """Close the audio of a page that is gone; the carrier's side of a live call stays up."""
        if await self.audio.drop():
            await self._write_agent()
            await self._review_presence()

    async def _relay_lost(self, legs: Collection[str]) -> None:
        if self.live is not None and self.live.carrier_leg in legs:
            await self._call_happened(self.live.call.id, events.RelayLost())
        consulted = self.live and self.live.consulted
        if consulted is not None and consulted.carrier_leg in legs:
            await self._call_happened(consulted.call.id, events.RelayLost())
        for leg in self.audio.among(legs):
            await self._audio_failed(leg, "relay lost")
