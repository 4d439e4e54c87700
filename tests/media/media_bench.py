"""The media service as the tests use it: started, with its events in a queue and its peers closed at the end."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from typing import Any

from tests.media.browser_peer import BrowserPeer
from tests.media.carrier_peer import CarrierPeer
from widget.media.carrier_terms import CarrierTerms
from widget.media.config import BrowserAddress, MediaConfig
from widget.media.events import BrowserLegConnected, CallQuality, MediaEvent
from widget.media.relay.commands import MAX_MESSAGES
from widget.media.service import MediaService

CONFIG = MediaConfig(browser_addresses=(BrowserAddress("127.0.0.1"),), browser_silence_seconds=2)


TERMS: dict[str, Any] = {
    "codec": "PCMU",
    "payload_type": 0,
    "dtmf_payload_type": 101,
    "sends": True,
    "receives": True,
}


class MediaBench:
    """A started service, its events in order, and peers that are closed with it."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self.service = MediaService(CONFIG, on_event=self.events.put_nowait)
        self.peers = contextlib.AsyncExitStack()

    async def event(self) -> MediaEvent:
        """The next event that says what happened; how good a call is comes apart from that."""
        while isinstance(event := await asyncio.wait_for(self.events.get(), 8), CallQuality):
            pass
        return event

    async def quality(self) -> CallQuality:
        """The next word on how good a call is."""
        while not isinstance(event := await asyncio.wait_for(self.events.get(), 12), CallQuality):
            pass
        return event

    async def browser(
        self, leg_id: str = "browser", codecs: Sequence[str] = ("PCMU", "PCMA"), *, is_wide: bool = False
    ) -> BrowserPeer:
        """A connected browser."""
        peer = BrowserPeer(is_wide=is_wide)
        self.peers.push_async_callback(peer.close)
        await peer.accept(await self.service.open_browser_leg(leg_id, await peer.offer(), codecs=codecs))
        assert await self.event() == BrowserLegConnected(leg_id)
        return peer

    async def carrier(self, leg_id: str = "carrier", **terms: Any) -> CarrierPeer:
        """A carrier with an open and connected leg."""
        peer = CarrierPeer()
        self.peers.callback(peer.close)
        peer.remote = await self.service.open_carrier_leg(leg_id, remote_host="127.0.0.1")
        await self.connect(leg_id, peer, **terms)
        return peer

    async def connect(self, leg_id: str, peer: CarrierPeer, **terms: Any) -> None:
        agreed = CarrierTerms(host="127.0.0.1", port=peer.port, **(TERMS | terms))
        await self.service.connect_carrier_leg(leg_id, agreed)

    @property
    def relay_pid(self) -> int:
        pid = self.service.relay_pid
        assert pid is not None
        return pid

    async def kill_relay(self) -> None:
        """Kill the relay and wait until its successor has taken over all that it was told."""
        process = os.pidfd_open(self.relay_pid)
        os.kill(self.relay_pid, signal.SIGKILL)
        dead = asyncio.Event()
        asyncio.get_running_loop().add_reader(process, dead.set)
        await asyncio.wait_for(dead.wait(), 5)
        asyncio.get_running_loop().remove_reader(process)
        os.close(process)
        await self.settle()

    async def settle(self) -> None:
        """Until the relay has applied everything said so far and read all that had arrived at its sockets.

        Closing a leg is answered in order. The relay takes at most ``MAX_MESSAGES`` in a row before it looks at its
        other sockets, and it may find the next one before it does: so many that two such rows have passed.
        """
        for _ in range(MAX_MESSAGES + 1):
            await self.service.open_carrier_leg("settle", remote_host="127.0.0.1")
            await self.service.close_carrier_leg("settle")
