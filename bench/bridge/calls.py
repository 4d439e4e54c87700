"""N calls through a system: real ICE, DTLS and SRTP on the browsers' side, RTP on the carriers'; connected one after
another as fast as the system answers, then loaded at 50 packets per second each way."""

import asyncio
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from bench.bridge.browser import Browser
from bench.bridge.crowd import Crowd, Route, route
from bench.bridge.place import Place
from widget.media.rtp import RtpHeader

_CHECK_SECONDS: Final = 0.02
_CONNECT_SECONDS: Final = 20.0


class System(Protocol):
    """Something that bridges browsers to carriers."""

    async def connect(self, number: int, offer: str, carrier: tuple[str, int]) -> tuple[str, tuple[str, int]]:
        """Take a browser's offer and join it to the carrier at an address; the answer, and where it takes RTP."""


@dataclass(slots=True)
class Call:
    """One call and how it was connected; ``first_media_seconds`` from the offer to the first audio at the browser."""

    browser: Browser
    carrier_host: str
    carrier_way: Route
    first_media_seconds: float = 0.0


class Exchange:
    """The browsers and the carriers of one run, on networks of the generator's."""

    def __init__(self, place: Place) -> None:
        self.browsers = Crowd(place.browsers)
        self.carriers = Crowd(place.carriers)
        self.calls: list[Call] = []
        #: Which call lives at a host, by its four octets.
        self.by_browser: dict[bytes, Call] = {}
        self.by_carrier: dict[bytes, Call] = {}
        self._connecting: dict[bytes, Browser] = {}
        self._media_at: dict[bytes, float] = {}
        loop = asyncio.get_running_loop()
        loop.add_reader(self.browsers.socket.fileno(), self._hear)

    def close(self) -> None:
        self.suspend()
        self.browsers.close()
        self.carriers.close()

    def suspend(self) -> None:
        """From here on somebody else reads the sockets."""
        asyncio.get_running_loop().remove_reader(self.browsers.socket.fileno())

    def _hear(self) -> None:
        for slot, length, sender, host, arrived in self.browsers.receive():
            data = self.browsers.views[slot][:length].tobytes()
            browser = self._connecting.get(host)
            if browser is None and host in self.by_browser:
                browser = self.by_browser[host].browser
            if browser is None:
                continue
            if data and 128 <= data[0] < 192:
                if not 192 <= data[1] < 224:
                    self._media_at.setdefault(host, arrived / 1e9)
            else:
                browser.hear(data, sender)

    async def add(self, system: System) -> Call:
        """Connect one more call."""
        browser = self.enter()
        number = browser.number
        begin = time.time()
        address = (self.carriers.host(number), self.carriers.port)
        answer, remote = await system.connect(number, browser.offer(), address)
        await self.reach(browser, answer)
        call = await self.join(browser, remote)
        call.first_media_seconds = self._media_at[socket.inet_aton(browser.host)] - begin
        return call

    def enter(self) -> Browser:
        """One more browser, not connected yet."""
        browser = Browser(self.browsers, len(self._connecting) + len(self.calls), _nobody)
        self._connecting[socket.inet_aton(browser.host)] = browser
        return browser

    async def reach(self, browser: Browser, answer: str) -> None:
        """ICE and DTLS, as a server's answer says."""
        connected = asyncio.Event()
        browser.on_connected = connected.set
        browser.accept(answer)
        await self._checked(browser, connected)

    async def join(self, browser: Browser, remote: tuple[str, int]) -> Call:
        """The browser's call: its carrier sends to ``remote`` until the browser hears it."""
        host, carrier_host = socket.inet_aton(browser.host), self.carriers.host(browser.number)
        call = Call(browser, carrier_host, route(carrier_host, remote))
        await self._first_media(call, host)
        del self._connecting[host]
        self.calls.append(call)
        self.by_browser[host], self.by_carrier[socket.inet_aton(carrier_host)] = call, call
        return call

    async def _checked(self, browser: Browser, connected: asyncio.Event) -> None:
        for _ in range(round(_CONNECT_SECONDS / _CHECK_SECONDS)):
            try:
                await asyncio.wait_for(connected.wait(), _CHECK_SECONDS)
            except TimeoutError:
                browser.check()
            else:
                return
        raise TimeoutError(f"browser {browser.number} did not connect")

    async def _first_media(self, call: Call, host: bytes) -> None:
        """The carrier speaks every 2 ms until the browser hears it: no frame's length is in what is measured."""
        deadline = time.monotonic() + _CONNECT_SECONDS
        for sequence in _until(deadline):
            if host in self._media_at:
                return
            header = RtpHeader(payload_type=0, sequence=sequence, timestamp=sequence * 160, ssrc=call.browser.ssrc)
            self.carriers.send(header.pack() + bytes(160), call.carrier_way)
            await asyncio.sleep(0.002)
        raise TimeoutError(f"no audio for browser {call.browser.number}")


def _nobody() -> None:
    """Nobody waits for it yet."""


def _until(deadline: float) -> Iterator[int]:
    sequence = 0
    while time.monotonic() < deadline:
        sequence += 1
        yield sequence
