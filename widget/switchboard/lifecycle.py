"""Running the switchboard: inside the web process, started with the server and stopped before it ends, or apart.

Daphne has no lifespan protocol, so its reactor's start and shutdown are used; servers that have one (Uvicorn,
Hypercorn) use that. Under anything else the first request or socket starts it.
"""

import asyncio
import logging
import os
import signal
from functools import partial
from types import FrameType
from typing import Any, Protocol

from asgiref.sync import sync_to_async
from channels.layers import BaseChannelLayer, get_channel_layer

from widget.rendering import warm_up
from widget.sip.tls import TlsError
from widget.switchboard import garbage
from widget.switchboard.exchange import Exchange, SwitchboardConsumer
from widget.switchboard.layer_faults import LAYER_FAULTS
from widget.switchboard.messages import CHANNEL

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class LayerAwayError(Exception):
    """The channel layer's store cannot be reached."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"the store of the channel layer is away; start Redis, or correct CHANNEL_LAYERS ({error})")


START_FAULTS: tuple[type[Exception], ...] = (OSError, TlsError, LayerAwayError)
"""What may keep a switchboard from starting, with a text for who runs it."""

_held: set[asyncio.Task[None]] = set()


class Switchboard(Protocol):
    """As a web process needs it: inside itself, or apart."""

    async def ensure_started(self) -> object: ...

    async def is_ready(self) -> bool:
        """Whether pages may sign in."""

    async def stop(self) -> None: ...


class InlineSwitchboard:
    """The one switchboard of this process."""

    def __init__(self) -> None:
        self._starting: asyncio.Task[Exchange] | None = None
        self._listening: asyncio.Task[None] | None = None

    async def ensure_started(self) -> Exchange:
        """Start once, whoever asks first; raises what made the start fail."""
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._start(), name="switchboard start")
        return await asyncio.shield(self._starting)

    async def is_ready(self) -> bool:
        await self.ensure_started()
        return True

    async def stop(self) -> None:
        """End every call and close every port; nothing happens when it never started."""
        if self._starting is None:
            return
        starting, self._starting = self._starting, None
        try:
            exchange = await starting
        except START_FAULTS:
            return  # whoever asked it to start was told
        await exchange.stop()
        if self._listening is not None:
            self._listening.cancel()

    async def _start(self) -> Exchange:
        layer = get_channel_layer()
        exchange = Exchange(layer)
        try:
            await _forget_stale(layer, exchange.born)
        except LAYER_FAULTS as error:
            raise LayerAwayError(error) from error
        await exchange.start()
        await sync_to_async(warm_up)()
        garbage.settle()
        self._listening = asyncio.get_running_loop().create_task(_listen(layer, exchange), name="switchboard")
        return exchange


async def run_apart(stopping: asyncio.Event) -> None:
    """Run a switchboard that is a process of its own, until ``stopping`` is set. Raises one of START_FAULTS."""
    switchboard = InlineSwitchboard()
    exchange = await switchboard.ensure_started()
    exchange.web.start()
    await stopping.wait()
    await exchange.web.stop()
    await switchboard.stop()


async def _forget_stale(layer: BaseChannelLayer, born: str) -> None:
    """What lies in the channel was meant for an earlier switchboard: nobody wants a call that was dialled then."""
    await layer.send(CHANNEL, {"type": "switchboard.begins", "born": born})
    while (await layer.receive(CHANNEL)).get("born") != born:
        pass


async def _listen(layer: BaseChannelLayer, exchange: Exchange) -> None:
    """Hear what pages say. While the layer's store is away they say nothing, and live calls need nothing."""
    consumer = SwitchboardConsumer.as_asgi(exchange=exchange)
    while True:
        try:
            await consumer({"type": "channel", "channel": CHANNEL}, partial(layer.receive, CHANNEL), _send_nowhere)
        except LAYER_FAULTS as error:
            logger.error("the channel layer is away (%r)", error)
            await asyncio.sleep(RETRY_SECONDS)


async def _send_nowhere(message: dict[str, Any]) -> None:
    """A channel consumer has no client to send to."""


def attach_to_daphne(switchboard: Switchboard) -> bool:
    """Start and stop with Daphne's reactor; False when this process does not run one."""
    try:
        from daphne.server import twisted_loop
        from twisted.internet import reactor
        from twisted.internet.defer import Deferred
    except ImportError:
        return False

    def start() -> None:
        _stop_first(switchboard, reactor, twisted_loop)
        twisted_loop.create_task(_start_or_exit(switchboard, reactor))

    def stop() -> "Deferred[None]":
        return Deferred.fromFuture(asyncio.ensure_future(switchboard.stop(), loop=twisted_loop))

    reactor.callWhenRunning(start)
    reactor.addSystemEventTrigger("before", "shutdown", stop)  # type: ignore[arg-type]  # zope's stub drops self
    return True


def _stop_first(switchboard: Switchboard, reactor: Any, loop: asyncio.AbstractEventLoop) -> None:
    """On a signal end the calls while the sockets still live, and only then the server; a second signal does not wait.

    Daphne cancels its sockets at the very start of its shutdown, so whatever runs within it reaches no page any more.
    """

    def end(number: int, frame: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, before[each])
        loop.call_soon_threadsafe(stopping.set)

    async def stop_then_end() -> None:
        await stopping.wait()
        await switchboard.stop()
        reactor.stop()

    stopping = asyncio.Event()
    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    task = loop.create_task(stop_then_end(), name="switchboard stop")
    # Or it would be collected while it waits.
    _held.add(task)
    task.add_done_callback(_held.discard)


async def _start_or_exit(switchboard: Switchboard, reactor: Any) -> None:
    """A server whose switchboard cannot start is of no use: it says why and ends, so that who supervises it sees it."""
    try:
        await switchboard.ensure_started()
    except START_FAULTS as error:
        logger.critical("the switchboard cannot start: %s", error)
        reactor.addSystemEventTrigger("after", "shutdown", _exit_as_failed)
        reactor.stop()


def _exit_as_failed() -> None:
    """Daphne's command would end as if all were well."""
    logging.shutdown()
    os._exit(1)
