"""The media service as the tests use it: started, with its events in a queue and its peers closed at the end."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tests.media.browser_peer import BrowserPeer
from tests.media.carrier_peer import CarrierPeer
from widget.media.carrier_terms import CarrierTerms
from widget.media.config import BrowserAddress, MediaConfig
from widget.media.events import BrowserLegConnected, CallQuality, MediaEvent
from widget.media.relay.commands import MAX_MESSAGES
from widget.media.service import MediaService

CONFIG = MediaConfig(browser_addresses=(BrowserAddress("127.0.0.1"),), browser_silence_seconds=2)

#: For tests in which browsers say nothing for as long as a busy machine takes.
PATIENT = replace(CONFIG, browser_silence_seconds=60)


TERMS: dict[str, Any] = {
    "codec": "PCMU",
    "payload_type": 0,
    "dtmf_payload_type": 101,
    "sends": True,
    "receives": True,
}


class MediaBench:
    """A started service, its events in order, and peers that are closed with it."""

    def __init__(self, config: MediaConfig = CONFIG) -> None:
        self.events: asyncio.Queue[MediaEvent] = asyncio.Queue()
        self.service = MediaService(config, on_event=self.events.put_nowait)
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
        self,
        leg_id: str = "browser",
        codecs: Sequence[str] = ("PCMU", "PCMA"),
        *,
        is_wide: bool = False,
        beside: str = "",
    ) -> BrowserPeer:
        """A connected browser."""
        peer = BrowserPeer(is_wide=is_wide)
        self.peers.push_async_callback(peer.close)
        answer = await self.service.open_browser_leg(leg_id, await peer.offer(), codecs=codecs, beside=beside)
        await peer.accept(answer)
        assert await self.event() == BrowserLegConnected(leg_id)
        return peer

    async def carrier(
        self, leg_id: str = "carrier", *, peer: CarrierPeer | None = None, beside: str = "", **terms: Any
    ) -> CarrierPeer:
        """A carrier with an open and connected leg."""
        peer = peer or CarrierPeer()
        self.peers.callback(peer.close)
        peer.remote = await self.service.open_carrier_leg(leg_id, remote_host="127.0.0.1", beside=beside)
        await self.connect(leg_id, peer, **terms)
        return peer

    async def connect(self, leg_id: str, peer: CarrierPeer, **terms: Any) -> None:
        agreed = CarrierTerms(host="127.0.0.1", port=peer.port, **(TERMS | terms))
        await self.service.connect_carrier_leg(leg_id, agreed)

    @property
    def relay_pid(self) -> int:
        """Of the only relay."""
        (pid,) = self.service.relay_pids
        return pid

    async def kill_relay(self, pid: int = 0) -> None:
        """Kill a relay (the only one) and wait until its successor has taken over all that it was told."""
        pid = pid or self.relay_pid
        process = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        dead = asyncio.Event()
        asyncio.get_running_loop().add_reader(process, dead.set)
        await asyncio.wait_for(dead.wait(), 5)
        asyncio.get_running_loop().remove_reader(process)
        os.close(process)
        await self.settle()

    def is_calm(self) -> bool:
        """Whether nothing happened since; how good calls are does not count."""
        return all(isinstance(self.events.get_nowait(), CallQuality) for _ in range(self.events.qsize()))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so that nothing tells of."""
        for _ in range(4000):
            if holds():
                return
            await asyncio.sleep(0.005)
        raise TimeoutError

    async def settle(self) -> None:
        """Until each relay has applied everything said so far and read all that had arrived at its sockets.

        Closing a leg is answered in order. A relay takes at most ``MAX_MESSAGES`` in a row before it looks at its
        other sockets, and it may find the next one before it does: so many that two such rows have passed.
        """
        for host in self.service._hosts:
            await host.ensure()
            for _ in range(MAX_MESSAGES + 1):
                await host.carriers.open("settle", remote_host="127.0.0.1")
                await host.carriers.close("settle")
