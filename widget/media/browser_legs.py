"""Browser legs as the control process holds them: what aiortc does for each, and what the relay is told of it."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial

from widget.media.aiortc_hooks import LocalCandidate
from widget.media.browser_leg import BrowserLeg, BrowserLegCallbacks, BrowserMedia
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import BrowserLegConnected, BrowserLegFailed
from widget.media.relay.protocol import (
    AddBrowser,
    Datagram,
    Message,
    RemoveBrowser,
    SetBrowserAddress,
    SetKeys,
)


class BrowserLegs:
    """The open browser legs of one relay by id. ``send`` reaches it; the caller sees to it that there is one."""

    def __init__(
        self,
        *,
        connect_seconds: float,
        send: Callable[[Message], None],
        on_event: Callable[[BrowserLegConnected | BrowserLegFailed], None],
    ) -> None:
        self._connect_seconds = connect_seconds
        self._send = send
        self._on_event = on_event
        #: Where browsers reach the relay, to be set before the first leg.
        self.candidates: list[LocalCandidate] = []
        self._numbers = itertools.count(1)
        # The relay knows legs by number: one that replaces another of the same id is another one there.
        self._browsers: dict[str, int] = {}
        self._numbered: dict[int, BrowserLeg] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._browsers)

    def __contains__(self, leg_id: str) -> bool:
        return leg_id in self._browsers

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._browsers))

    def number(self, leg_id: str) -> int:
        """By what the relay knows an open leg."""
        return self._browsers[leg_id]

    async def open(self, leg_id: str, offer_sdp: str, *, codecs: Sequence[str]) -> str:
        """See ``MediaService.open_browser_leg``."""
        number = next(self._numbers)
        callbacks = BrowserLegCallbacks(
            selected=partial(self._selected, number),
            connected=partial(self._connected, leg_id, number),
            failed=partial(self._failed, leg_id, number),
        )
        leg = BrowserLeg(self.candidates, connect_seconds=self._connect_seconds, callbacks=callbacks)
        self._browsers[leg_id], self._numbered[number] = number, leg
        self._send(AddBrowser(leg=number, ufrag=leg.ufrag))
        try:
            return await leg.answer(offer_sdp, codecs=codecs)
        except MediaError:
            self._detach(leg_id, number)
            await leg.close()
            raise

    def encodings(self, leg_id: str) -> tuple[str, ...]:
        """What a leg's answer lets pass, see ``relay.protocol.SetKeys``."""
        return tuple(self._numbered[self._browsers[leg_id]].payload_types)

    async def close(self, leg_id: str) -> None:
        """End a leg."""
        leg = self._detach(leg_id, self._browsers.get(leg_id))
        if leg is not None:
            # The leg's own goodbye (DTLS close_notify) does not pass through the relay.
            await leg.close()

    async def settle(self) -> None:
        """Wait for what is still being closed."""
        await asyncio.gather(*self._tasks)

    def _detach(self, leg_id: str, number: int | None) -> BrowserLeg | None:
        """Forget a leg, here and in the relay, unless another has taken its id; what is left is to close it."""
        if number is None or self._browsers.get(leg_id) != number:
            return None
        del self._browsers[leg_id]
        self._send(RemoveBrowser(leg=number))
        return self._numbered.pop(number)

    def _selected(self, number: int, index: int, address: tuple[str, int]) -> None:
        # A check may still be answered while the leg closes.
        if number in self._numbered:
            self._send(SetBrowserAddress(leg=number, socket=index, host=address[0], port=address[1]))

    def _connected(self, leg_id: str, number: int, media: BrowserMedia) -> None:
        if number not in self._numbered:
            return
        keys = SetKeys(
            leg=number,
            profile=media.keys.profile,
            receive_key=media.keys.receive_key.hex(),
            send_key=media.keys.send_key.hex(),
            ssrc=media.ssrc,
            payload_types=media.payload_types,
        )
        self._send(keys)
        self._on_event(BrowserLegConnected(leg_id))

    def _failed(self, leg_id: str, number: int, failure: MediaFailure) -> None:
        leg = self._detach(leg_id, number)
        if leg is not None:
            self._spawn(leg.close())
            self._on_event(BrowserLegFailed(leg_id, failure.value))

    def silent(self, number: int) -> None:
        """The relay hears nothing of a leg any more."""
        if number in self._numbered:
            self._numbered[number].fail(MediaFailure.SILENT)

    def deliver(self, message: Datagram) -> None:
        """Hand a datagram to its leg's ICE agent. A response goes to whoever asked: the address may still be
        another leg's, until this very response proves that it changed hands."""
        leg = self._numbered.get(message.leg)
        if message.data[:1] == b"\x01" and not (
            leg is not None and leg.connection.awaits(message.socket, message.data)
        ):
            leg = self._asker(message)
        if leg is not None:
            leg.connection.receive(message.socket, message.data, (message.host, message.port))

    def _asker(self, response: Datagram) -> BrowserLeg | None:
        legs = self._numbered.values()
        return next((leg for leg in legs if leg.connection.awaits(response.socket, response.data)), None)

    def lose(self) -> None:
        """There is no relay any more: end all peer connections."""
        for leg in self._numbered.values():
            self._spawn(leg.close())
        self._numbered.clear()
        self._browsers.clear()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
