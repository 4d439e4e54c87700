"""The whole switchboard: one desk per agent, the SIP user agent and the media service that all of them share."""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.db import database_sync_to_async
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from widget import conf
from widget.calls.call import Limits
from widget.media import events as media_events
from widget.media.service import MediaService
from widget.sip.user_agent import UserAgent
from widget.switchboard import gauges, journal
from widget.switchboard.capacity import Capacity
from widget.switchboard.configuration import media_config, sip_config
from widget.switchboard.desk import Desk
from widget.switchboard.gauges import Gauges
from widget.switchboard.health_monitor import HealthMonitor
from widget.switchboard.inbound import InboundOffered, Reception
from widget.switchboard.items import Item, Stop
from widget.switchboard.ladder import Ladder
from widget.switchboard.layer_faults import LAYER_FAULTS
from widget.switchboard.messages import Message, PageJoined, PageLeft, agent_group, presence_group, unpack
from widget.switchboard.services import Services
from widget.switchboard.trunk_directory import TrunkDirectory
from widget.switchboard.trunk_load import TrunkLoad
from widget.switchboard.trunk_test import TrunkTests
from widget.switchboard.web_processes import WebProcesses, process_of

logger = logging.getLogger(__name__)

FAREWELL_SECONDS = 2
"""How long sockets may take to pass on the last news when the server stops."""
STOP_SECONDS = 5
"""How long BYEs and CANCELs may take when the server stops."""


class Exchange:
    """Owns every live call of this process. ``start`` before the first message, ``stop`` before the loop ends."""

    def __init__(self, layer: BaseChannelLayer) -> None:
        settings = conf.current()
        self.layer = layer
        #: Which switchboard this is: web processes notice when another one took its place.
        self.born = uuid.uuid4().hex
        self.web = WebProcesses(self._web_process_gone)
        self.trunks = TrunkDirectory()
        load = TrunkLoad()
        media = MediaService(media_config(settings), on_event=self._media_happened)
        capacity = Capacity(max_calls=settings.max_calls, max_cpu=settings.max_relay_cpu, statistics=media.statistics)
        self.reception = Reception(self.trunks, load, self._offer, admits=capacity.admits)
        ladder = Ladder(settings.sip_ladder_days)
        sip = UserAgent(
            sip_config(settings),
            on_invite=self.reception.receive,
            admits=self.trunks.admits,
            observer=ladder.observer,
        )
        self.services = Services(
            sip=sip,
            media=media,
            capacity=capacity,
            limits=Limits(settings.ring_seconds, settings.max_call_seconds, settings.reattach_seconds),
            send=self._send,
            announce=self._announce,
            announce_presence=self._announce_presence,
            offer=self._offer,
            ladder=ladder,
            load=load,
            health=HealthMonitor(
                sip,
                lambda: [known.trunk for known in self.trunks.known],
                seconds=settings.trunk_check_seconds,
                failures=settings.trunk_check_failures,
            ),
        )
        self._tests = TrunkTests(self.services)
        self._desks: dict[int, Desk] = {}
        self._running: set[asyncio.Task[None]] = set()
        #: The agents of the sockets that are open, by their channels.
        self._pages: dict[str, int] = {}
        self._no_pages = asyncio.Event()
        self._no_pages.set()

    async def start(self) -> None:
        """Bind the ports, then close what an earlier process left open, then sign in at the carriers.

        In this order: a second switchboard on the same machine fails at the ports and touches no record.
        """
        await self.services.sip.start()
        await self.services.media.start()
        orphans = await database_sync_to_async(journal.close_orphans)()
        if orphans:
            logger.warning("%d calls of an earlier process were still open; their records say orphaned", orphans)
        await self.trunks.start(self.services.sip)
        self.services.ladder.start()
        self.services.health.start()
        gauges.provide(self.gauges)
        logger.info("switchboard ready, SIP on %s:%d", *self.services.sip.address)

    async def stop(self) -> None:
        """Refuse new calls, end the live ones properly, write every record, close every port."""
        self.services.is_draining = True
        gauges.withdraw()
        await self._tests.stop()
        await self.services.health.stop()
        await self.trunks.stop()
        await self.reception.stop()
        for desk in self._desks.values():
            desk.post(Stop())
        if self._running:
            await asyncio.wait(self._running, timeout=STOP_SECONDS)
        await self.services.bridges.stop(timeout_seconds=STOP_SECONDS)
        await self._wait_for_pages()
        await self.services.sip.close(timeout_seconds=STOP_SECONDS)
        await self.reception.counts.stop()
        await self.services.ladder.stop()
        await self.services.media.close()
        for task in self._running:
            task.cancel()
        logger.info("switchboard stopped")

    def test_trunk(self, message: dict[str, Any]) -> None:
        """An admin wants to know what is wrong with a trunk; never waits."""
        self._tests.start(message)

    def gauges(self) -> Gauges:
        """How much is going on."""
        return Gauges(
            calls=sum(desk.live is not None for desk in list(self._desks.values())),
            bridged=len(self.services.bridges),
            max_calls=self.services.capacity.max_calls,
            refused=self.services.capacity.refused,
            is_draining=self.services.is_draining,
            relays=self.services.media.statistics(),
            transcoding=self.services.media.transcoding.statistics(),
        )

    def receive(self, packed: dict[str, Any]) -> None:
        """Hand a consumer's message to the desk of its agent; never waits."""
        try:
            message = unpack(packed)
        except (KeyError, TypeError):
            logger.exception("a message of another version was dropped")
            return
        self._obey(message)

    async def answer_pulse(self, channel: str) -> None:
        """A web process shows that it is alive, and asks the same of us."""
        self.web.heard(channel)
        gauges = self.gauges().pack()
        await self._send(channel, {"type": "switchboard.alive", "born": self.born, "gauges": gauges})

    def _obey(self, message: Message) -> None:
        self._count_page(message)
        self.desk(message.agent).post(message)

    def _web_process_gone(self, process: str) -> None:
        """A web process died without a word: its pages left."""
        gone = {channel: agent for channel, agent in self._pages.items() if process_of(channel) == process}
        logger.warning("a web process fell silent, and with it %d pages", len(gone))
        for channel, agent in gone.items():
            self._obey(PageLeft(agent=agent, channel=channel, signed_out=False))

    def _count_page(self, message: Message) -> None:
        if isinstance(message, PageJoined):
            self._pages[message.channel] = message.agent
            self.web.heard(message.channel)
        elif isinstance(message, PageLeft):
            self._pages.pop(message.channel, None)
        if self._pages:
            self._no_pages.clear()
        else:
            self._no_pages.set()

    async def _wait_for_pages(self) -> None:
        """Let the sockets send how their calls ended; they were told to close behind it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._no_pages.wait()

    def desk(self, agent_id: int) -> Desk:
        desk = self._desks.get(agent_id)
        if desk is None:
            desk = self._desks[agent_id] = Desk(agent_id, self.services)
            task = asyncio.get_running_loop().create_task(desk.run(), name=f"desk of agent {agent_id}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return desk

    def _offer(self, agent_id: int, offered: InboundOffered) -> None:
        self.desk(agent_id).post(offered)

    def _media_happened(self, event: media_events.MediaEvent) -> None:
        match event:
            case media_events.RelayLost(leg_ids):
                logger.error("the media relay died with %d legs", len(leg_ids))
                self._tell(self.services.legs.agents_of(leg_ids), event)
                self.services.bridges.relay_lost(leg_ids)
            case media_events.CarriersSilent(leg_ids):
                self.services.bridges.fell_silent(leg_ids)
            case media_events.CallQuality(leg_id=leg_id):
                self._tell(self.services.legs.agents_of([leg_id]), event)
            case media_events.BrowserLegConnected(leg_id) | media_events.BrowserLegFailed(leg_id, _):
                self._tell(self.services.legs.agents_of([leg_id]), event)

    def _tell(self, agents: Iterable[int], event: Item) -> None:
        for agent_id in agents:
            self.desk(agent_id).post(event)

    async def _send(self, channel: str, message: dict[str, Any]) -> None:
        try:
            await self.layer.send(channel, message)
        except ChannelFull:
            logger.warning("a socket does not read its messages; %s is dropped", message["type"])
        except LAYER_FAULTS as error:
            logger.error("the channel layer is away (%r); %s is dropped", error, message["type"])

    async def _announce(self, agent_id: int) -> None:
        await self._tell_group(agent_group(agent_id), "agent.changed")

    async def _announce_presence(self, group_id: int) -> None:
        await self._tell_group(presence_group(group_id), "presence.changed")

    async def _tell_group(self, group: str, kind: str) -> None:
        """No call depends on whether pages can be told: they come again and read the database."""
        try:
            await self.layer.group_send(group, {"type": kind})
        except LAYER_FAULTS as error:
            logger.error("the channel layer is away (%r); %s is dropped", error, kind)


class SwitchboardConsumer(AsyncConsumer):  # type: ignore[misc]  # channels has no types
    """The switchboard's ear on the channel layer. It only passes on, so it is never busy."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    async def desk_message(self, message: dict[str, Any]) -> None:
        self.exchange.receive(message)

    async def web_pulse(self, message: dict[str, Any]) -> None:
        await self.exchange.answer_pulse(message["channel"])

    async def trunk_test(self, message: dict[str, Any]) -> None:
        self.exchange.test_trunk(message)

    async def trunks_changed(self, message: dict[str, Any]) -> None:
        self.exchange.trunks.changed()
