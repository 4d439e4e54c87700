import asyncio
import contextlib

import pytest

from tests.media.browser_peer import BrowserPeer
from tests.media.carrier_peer import CarrierPeer
from widget.media.config import BrowserAddress, MediaConfig
from widget.media.service import MediaService

CONFIG = MediaConfig(browser_addresses=(BrowserAddress("127.0.0.1"),), browser_silence_seconds=2)


class Bench:
    """A started service, its events in order, and peers that are closed with it."""

    def __init__(self):
        self.events: asyncio.Queue = asyncio.Queue()
        self.service = MediaService(CONFIG, on_event=self.events.put_nowait)
        self.peers = contextlib.AsyncExitStack()

    async def event(self):
        return await asyncio.wait_for(self.events.get(), 8)

    async def browser(self, leg_id="browser", codecs=("PCMU", "PCMA")) -> BrowserPeer:
        """A connected browser."""
        peer = BrowserPeer()
        self.peers.push_async_callback(peer.close)
        await peer.accept(await self.service.open_browser_leg(leg_id, await peer.offer(), codecs=codecs))
        assert (await self.event()).leg_id == leg_id
        return peer

    async def carrier(self, leg_id="carrier", **terms) -> CarrierPeer:
        """A carrier with an open and connected leg."""
        peer = CarrierPeer()
        self.peers.callback(peer.close)
        peer.remote = await self.service.open_carrier_leg(leg_id, remote_host="127.0.0.1")
        await self.connect(leg_id, peer, **terms)
        return peer

    async def connect(self, leg_id, peer, **terms):
        defaults = {"codec": "PCMU", "payload_type": 0, "dtmf_payload_type": 101, "sends": True, "receives": True}
        await self.service.connect_carrier_leg(leg_id, host="127.0.0.1", port=peer.port, **{**defaults, **terms})

    async def settle(self):
        """Until the relay has applied everything said so far: closing a leg is answered in order."""
        await self.service.open_carrier_leg("settle", remote_host="127.0.0.1")
        await self.service.close_carrier_leg("settle")


@pytest.fixture
async def bench():
    bench = Bench()
    await bench.service.start()
    try:
        async with bench.peers:
            yield bench
    finally:
        await bench.service.close()
