"""The switchboard as a web process sees it when it is a process of its own (``manage.py switchboard``): by its answers.

While it does not answer, sockets are told to come again; when another one answers than before, they start anew, for it
knows neither their pages nor their audio.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from asgiref.sync import sync_to_async
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer, get_channel_layer

from widget.rendering import warm_up
from widget.switchboard import gauges
from widget.switchboard.gauges import Gauges
from widget.switchboard.layer_faults import LAYER_FAULTS
from widget.switchboard.messages import CHANNEL
from widget.switchboard.web_processes import PULSE_SECONDS

logger = logging.getLogger(__name__)

#: A switchboard that answers no pulse within this is away.
ANSWER_SECONDS: Final = 5.0
#: How long a socket that comes first waits to hear from the switchboard.
READY_SECONDS: Final = 3.0
#: A full channel is one that nobody reads.
FAULTS: Final = (ChannelFull, *LAYER_FAULTS)


class RemoteSwitchboard:
    """``on_change`` is awaited when the switchboard went away, or was replaced by another one."""

    def __init__(self, on_change: Callable[[], Awaitable[None]]) -> None:
        self._on_change = on_change
        self._tasks: list[asyncio.Task[None]] = []
        self._there = asyncio.Event()
        self._heard_at = 0.0
        self._born = ""
        self._gauges: Gauges | None = None

    async def is_ready(self) -> bool:
        """Whether a switchboard answers; the first to ask waits for a moment."""
        await self.ensure_started()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                await self._there.wait()
        return self._there.is_set()

    async def ensure_started(self) -> None:
        """Begin to listen for the switchboard; it may come later."""
        if self._tasks:
            return
        gauges.provide(lambda: self._gauges)
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._watch(get_channel_layer()), name="pulse to the switchboard"),
            loop.create_task(sync_to_async(warm_up)(), name="first rendering"),
        ]

    async def stop(self) -> None:
        """The web process ends: its sockets are to come again, here or at another one."""
        for task in self._tasks:
            task.cancel()
        gauges.withdraw()
        await self._on_change()

    async def _watch(self, layer: BaseChannelLayer) -> None:
        """One channel for as long as the layer's store stays, with one receiver that is never cancelled meanwhile: what
        Redis hands to one that was cancelled is lost."""
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    channel = await layer.new_channel()
                    group.create_task(self._listen(layer, channel))
                    group.create_task(self._beat(layer, channel))
            except* FAULTS as errors:
                await self._lost(errors.exceptions[0])
            await asyncio.sleep(PULSE_SECONDS)

    async def _beat(self, layer: BaseChannelLayer, channel: str) -> None:
        while True:
            await layer.send(CHANNEL, {"type": "web.pulse", "channel": channel})
            await asyncio.sleep(PULSE_SECONDS)
            silent = time.monotonic() - self._heard_at
            if silent > ANSWER_SECONDS:
                await self._lost(f"for {silent:.0f} s")

    async def _listen(self, layer: BaseChannelLayer, channel: str) -> None:
        while True:
            await self._heard(await layer.receive(channel))

    async def _heard(self, answer: dict[str, Any]) -> None:
        self._heard_at = time.monotonic()
        before, self._born = self._born, answer["born"]
        self._gauges = Gauges.unpack(answer["gauges"])
        if before and before != self._born:
            logger.warning("another switchboard answers: the pages of this process sign in anew")
            await self._on_change()
        self._there.set()

    async def _lost(self, why: object) -> None:
        self._gauges = None
        if self._there.is_set():
            self._there.clear()
            logger.error("the switchboard does not answer (%s)", why)
            await self._on_change()
