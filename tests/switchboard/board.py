"""A whole switchboard without a browser: real SIP and relay, simulated carrier, an aiortc peer in the agent's place."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole
from aiortc.mediastreams import AudioStreamTrack
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer

from tests.web.factories import make_agent, make_application
from widget.models import Agent, Call, CallEvent, Trunk
from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.config import CarrierConfig
from widget.switchboard import messages
from widget.switchboard.exchange import Exchange
from widget.switchboard.messages import agent_group

SETTINGS = {
    "SIP_HOST": "127.0.0.1",
    "SIP_PORT": 0,
    "ALLOW_LOOPBACK_MEDIA": True,
    "MEDIA_ADDRESSES": ["127.0.0.1"],
    "SECRET_KEYS": ["dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="],
}
WAIT_SECONDS = 20


class Seat:
    """One signed-in agent: its page's channel and its audio."""

    def __init__(self, board: "Board", agent: Agent) -> None:
        self.board = board
        self.agent = agent
        self.channel = ""
        #: Types of what was heard while waiting for an answer.
        self.heard: list[str] = []
        self.peer: RTCPeerConnection | None = None

    async def join(self, *, resumes: bool = False) -> None:
        """A (new) page signs in."""
        self.channel = await self.board.layer.new_channel()
        await self.board.layer.group_add(agent_group(self.agent.pk), self.channel)
        self.say(messages.PageJoined(agent=self.agent.pk, channel=self.channel, resumes=resumes))

    def leave(self, *, signed_out: bool = False) -> None:
        self.say(messages.PageLeft(agent=self.agent.pk, channel=self.channel, signed_out=signed_out))

    def say(self, message: messages.Message) -> None:
        self.board.exchange.receive(messages.pack(message))

    async def command(self, kind: Callable[..., messages.Command], /, **fields: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        command = kind(agent=self.agent.pk, channel=self.channel, command=uuid.uuid4().hex, **fields)
        self.say(command)
        return await self.answer(command.command)

    async def answer(self, command: str) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                message: dict[str, Any] = await self.board.layer.receive(self.channel)
                self.heard.append(message["type"])
                if message["type"] == "command.done" and message["command"] == command:
                    return message

    async def connect_audio(self) -> None:
        """Offer audio as a browser does, and wait until the switchboard says that it is up."""
        await self.hang_up_audio()
        peer = self.peer = RTCPeerConnection()
        peer.on("track", MediaBlackhole().addTrack)
        peer.addTrack(AudioStreamTrack())
        await peer.setLocalDescription(await peer.createOffer())
        reply = await self.command(messages.OfferAudio, sdp=peer.localDescription.sdp)
        await peer.setRemoteDescription(RTCSessionDescription(reply["result"]["sdp"], "answer"))
        await self.until(lambda agent: agent.leg_connected)

    async def hang_up_audio(self) -> None:
        if self.peer is not None:
            await self.peer.close()
            self.peer = None

    async def sign_in(self) -> None:
        await self.join()
        await self.connect_audio()

    async def dial(self, phone: str) -> dict[str, Any]:
        return await self.command(messages.Dial, phone=phone, info="")

    async def hang_up(self) -> dict[str, Any]:
        return await self.command(messages.HangUp)

    async def until(self, holds: Callable[[Agent], bool]) -> Agent:
        """Wait for a state of the agent's row; every change is announced, so nothing is polled."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                row = await Agent.objects.aget(pk=self.agent.pk)
                if holds(row):
                    return row
                await self.board.layer.receive(self.channel)

    async def until_call(self, holds: Callable[[Call], bool]) -> Call:
        """Wait for a state of the agent's latest call."""
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                call = await Call.objects.filter(agent=self.agent).order_by("-started_at").afirst()
                if call is not None and holds(call):
                    return call
                await self.board.layer.receive(self.channel)

    async def until_legs(self, holds: Callable[[], bool]) -> None:
        """Wait for a state of the relays, which changes with what the agent is told."""
        async with asyncio.timeout(WAIT_SECONDS):
            while not holds():
                await self.board.layer.receive(self.channel)

    async def told_to_close(self) -> None:
        """Wait until the server says goodbye."""
        async with asyncio.timeout(WAIT_SECONDS):
            while (await self.board.layer.receive(self.channel))["type"] != "server.stopping":
                pass

    async def ended(self) -> Call:
        return await self.until_call(lambda call: call.state == "ended")

    async def talking(self) -> Call:
        return await self.until_call(lambda call: call.state == "talking")

    async def statuses(self) -> list[int]:
        """What the page heard of its calls: the ``callStatus`` of every event, in order."""
        events = CallEvent.objects.filter(call__agent=self.agent).order_by("pk")
        return [event.data["callStatus"] async for event in events]


class Board:
    """The exchange, the carrier and the agents of one test."""

    def __init__(self, exchange: Exchange, carrier: SimulatedCarrier) -> None:
        self.exchange = exchange
        self.carrier = carrier
        self.layer = exchange.layer
        self.seats: list[Seat] = []

    async def seat(self, account: str = "demo_001") -> Seat:
        agent = await sync_to_async(self._agent)(account)
        seat = Seat(self, agent)
        self.seats.append(seat)
        return seat

    def _agent(self, account: str) -> Agent:
        application = Trunk.objects.get().application
        return make_agent(application, account)


def _set_up(host: str, port: int) -> None:
    Trunk.objects.create(
        application=make_application(), name="Carrier", host=host, port=port, username="demo", password="demo"
    )


@asynccontextmanager
async def running_board(**carrier: Any) -> AsyncIterator[Board]:
    """Start everything on loopback ports, and stop it in the order in which a server stops."""
    async with SimulatedCarrier(CarrierConfig(**carrier)) as simulated:
        await sync_to_async(_set_up)(*simulated.address)
        exchange = Exchange(get_channel_layer())
        await exchange.start()
        board = Board(exchange, simulated)
        try:
            yield board
        finally:
            for seat in board.seats:
                seat.leave()
                await seat.hang_up_audio()
            await exchange.stop()
            await board.layer.flush()
