"""The other end of ``systems.py``: a bridge as a process of its own that takes one JSON line per call.

``python -m bench.bridge.served ours|aiortc``: in comes ``{"number", "offer", "carrier": [host, port]}``, out goes
``{"number", "answer", "carrier": [host, port]}``.
"""

import argparse
import asyncio
import json
import signal
import sys
import threading
import time
from typing import Protocol

from bench.bridge.plain import PlainBridge
from widget.media.carrier_terms import CarrierTerms
from widget.media.config import BrowserAddress, MediaConfig
from widget.media.events import BrowserLegFailed, MediaEvent, RelayLost
from widget.media.service import MediaService


class Bridge(Protocol):
    async def start(self) -> None: ...

    async def connect(self, number: int, offer: str, host: str, port: int) -> tuple[str, tuple[str, int]]: ...

    async def close(self) -> None: ...


class OurBridge:
    """The product's media service and its relay process."""

    def __init__(self, host: str, *, is_shared: bool = False) -> None:
        self._is_shared = is_shared
        config = MediaConfig(browser_addresses=(BrowserAddress(host),), carrier_host=host, browser_silence_seconds=3600)
        self._service = MediaService(config, on_event=_hear)

    async def start(self) -> None:
        await self._service.start()

    async def connect(self, number: int, offer: str, host: str, port: int) -> tuple[str, tuple[str, int]]:
        browser, carrier = f"browser{number}", f"carrier{number}"
        answer = await self._service.open_browser_leg(browser, offer, codecs=["PCMU", "PCMA"])
        ours = await self._service.open_carrier_leg(carrier, remote_host=host, shares_port=self._is_shared)
        terms = CarrierTerms(
            host=host, port=port, codec="PCMU", payload_type=0, dtmf_payload_type=101, sends=True, receives=True
        )
        await self._service.connect_carrier_leg(carrier, terms)
        await self._service.bridge(browser, carrier)
        return answer, ours

    async def close(self) -> None:
        await self._service.close()


def _hear(event: MediaEvent) -> None:
    if isinstance(event, BrowserLegFailed | RelayLost):
        print(event, file=sys.stderr)


def _be_busy() -> None:
    """Half of a core's worth of Python in this process, as a web server's requests are: 5 ms of work, 5 ms of rest."""
    while True:
        end = time.perf_counter() + 0.005
        while time.perf_counter() < end:
            json.loads(json.dumps({"a": list(range(50))}))
        time.sleep(0.005)


async def serve(bridge: Bridge) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await bridge.start()
    print("ready", flush=True)
    while line := await reader.readline():
        asked = json.loads(line)
        answer, carrier = await bridge.connect(asked["number"], asked["offer"], *asked["carrier"])
        print(json.dumps({"number": asked["number"], "answer": answer, "carrier": carrier}), flush=True)
    await bridge.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.bridge.served")
    parser.add_argument("kind", choices=["ours", "aiortc"])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--busy", action="store_true", help="half of this process's core is kept busy by Python")
    parser.add_argument("--shared", action="store_true", help="carriers share a socket")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if arguments.busy:
        threading.Thread(target=_be_busy, daemon=True).start()
    ours = OurBridge(arguments.host, is_shared=arguments.shared)
    asyncio.run(serve(PlainBridge(arguments.host) if arguments.kind == "aiortc" else ours))


if __name__ == "__main__":
    main()
