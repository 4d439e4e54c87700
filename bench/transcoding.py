"""``python -m bench.transcoding``: how much later a call is heard whose two sides share no codec.

A browser's end (ICE, DTLS, SRTP) and a carrier's, with the product's media service between them. Both send a packet
every 20 ms, mostly silence; now and then a tone begins, and the other end looks for it in what it decodes.
"""

import argparse
import asyncio
import contextlib
import math
import os
import platform
import statistics
import time
from array import array
from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.media.browser_peer import BrowserPeer
from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import PATIENT, MediaBench
from widget.media.rtp import RtpHeader
from widget.media.transcoder.codecs import CLOCK_RATES, DECODED_RATES, decoder, encoder

NUMBERS = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 96}
#: What the browser speaks and what the carrier does; the first shares a codec and is what the others are compared with.
PAIRS = (("PCMU", "PCMU"), ("PCMU", "G722"), ("PCMU", "opus"), ("opus", "PCMU"), ("opus", "G722"))
HEAD = (
    "| browser | carrier | way | packet leaves after ms p50 / p99 | tone begins later by ms p50 / most | lost |\n"
    "|---|---|---|---|---|---|"
)
PACKET_SECONDS = 0.02
#: Until the transcoder, which starts when it is wanted, has started; and until the last packet has come.
WARM_UP_SECONDS, SETTLE_SECONDS = 5.0, 0.5
HERTZ, LEVEL = 1000, 12000
#: Packets from the beginning of one tone to that of the next, and how many of them are the tone's.
PERIOD, TONE = 25, 8
#: A tone has begun where it is a quarter as loud as it becomes.
_BEGUN = LEVEL // 4

Send = Callable[[bytes, int, int], Awaitable[None]]
Receive = Callable[[], Awaitable[tuple[RtpHeader, bytes]]]


def speech(codec: str, count: int) -> list[bytes]:
    """So many payloads, with a tone at the beginning of every period but the first."""
    rate = DECODED_RATES[codec]
    size, coder = round(rate * PACKET_SECONDS), encoder(codec, rate, round(1000 * PACKET_SECONDS))
    sound = [round(LEVEL * math.sin(2 * math.pi * HERTZ * at / rate)) for at in range(size)]
    quiet = [0] * size
    return [
        coder.encode(array("h", sound if number >= PERIOD and number % PERIOD < TONE else quiet).tobytes())
        for number in range(count)
    ]


@dataclass
class Way:
    """One direction. ``spoken`` counts all packets; ``sent`` and ``came`` say when each of this conversation was handed
    over and received, in monotonic seconds."""

    source: str
    destination: str
    send: Send
    receive: Receive
    spoken: int = 0
    sent: list[float] = field(default_factory=list)
    came: list[tuple[float, RtpHeader, bytes]] = field(default_factory=list)

    async def speak(self, payloads: list[bytes]) -> None:
        units = round(CLOCK_RATES[self.source] * PACKET_SECONDS)
        start = time.monotonic()
        for number, payload in enumerate(payloads):
            await asyncio.sleep(max(start + number * PACKET_SECONDS - time.monotonic(), 0))
            self.sent.append(time.monotonic())
            await self.send(payload, self.spoken & 0xFFFF, self.spoken * units & 0xFFFFFFFF)
            self.spoken += 1

    async def listen(self) -> None:
        while True:
            header, payload = await self.receive()
            self.came.append((time.monotonic(), header, payload))


def begins(codec: str, payloads: list[bytes], numbers: list[int]) -> list[tuple[int, float]]:
    """Where each tone begins for a listener: the number of the packet, as ``numbers`` has it, and seconds into it."""
    ear, rate, found = decoder(codec), DECODED_RATES[codec], []
    was_quiet = 0
    for number, payload in zip(numbers, payloads, strict=True):
        samples = array("h", ear.decode(payload))
        first = next((at for at, sample in enumerate(samples) if abs(sample) >= _BEGUN), None)
        if first is None:
            was_quiet += 1
            continue
        # Not what a codec makes of the tone's end.
        if was_quiet > PERIOD // 3:
            found.append((number, first / rate))
        was_quiet = 0
    return found


def own_seconds(codec: str) -> float:
    """How much later a tone begins through this codec alone: coded, decoded, nothing in between."""
    count = 4 * PERIOD
    found = begins(codec, speech(codec, count), list(range(count)))
    return statistics.median(number % PERIOD * PACKET_SECONDS + offset for number, offset in found)


@dataclass(frozen=True, slots=True)
class Delays:
    """Milliseconds, shortest first: ``packets`` from handing one over to getting what became of it, ``tones`` from
    handing over its beginning to getting it, without what the speaker's codec would need by itself."""

    packets: list[float]
    tones: list[float]
    lost: int

    @classmethod
    def of(cls, way: Way) -> "Delays":
        first = way.came[0][1].sequence
        order = [(header.sequence - first) & 0xFFFF for _, header, _ in way.came]
        times = [at for at, _, _ in way.came]
        # Each is of what was sent latest before it came, or of an earlier one; the fastest is not older than a packet.
        begin = min(bisect_right(way.sent, at) - 1 - place for at, place in zip(times, order, strict=True))
        numbers = [begin + place for place in order]
        came = dict(zip(numbers, times, strict=True))
        tones = [
            came[number] + offset - way.sent[number - number % PERIOD] - own_seconds(way.source)
            for number, offset in begins(way.destination, [payload for _, _, payload in way.came], numbers)
            if number % PERIOD < TONE
        ]
        packets = [at - way.sent[number] for number, at in came.items()]
        lost = numbers[-1] - numbers[0] + 1 - len(came)
        return cls(sorted(1000 * delay for delay in packets), sorted(1000 * delay for delay in tones), lost)

    def row(self, *names: str) -> str:
        packets, tones = self.packets, self.tones
        return (
            f"| {' | '.join(names)} | {statistics.median(packets):.1f} / {packets[int(len(packets) * 0.99)]:.1f} "
            f"| {statistics.median(tones):.1f} / {tones[-1]:.1f} | {self.lost} |"
        )


async def call(spoken: str, codec: str, seconds: float) -> tuple[Way, Way]:
    """One call: what went to the carrier, and what to the browser."""
    bench = MediaBench(PATIENT)
    await bench.service.start()
    try:
        async with bench.peers:
            browser = await bench.browser(codecs=[spoken], is_wide=spoken in ("opus", "G722"))
            number, rate = NUMBERS[codec], CLOCK_RATES[codec]
            carrier = await bench.carrier(codec=codec, payload_type=number, clock_rate=rate)
            if spoken != codec:
                bench.service.transcoding.admit("carrier")
            await bench.service.bridge("browser", "carrier")
            ways = between(browser, spoken, carrier, codec)
            await converse(ways, WARM_UP_SECONDS)
            await converse(ways, seconds)
            return ways
    finally:
        await bench.service.close()


def between(browser: BrowserPeer, spoken: str, carrier: CarrierPeer, codec: str) -> tuple[Way, Way]:
    async def from_browser(payload: bytes, sequence: int, timestamp: int) -> None:
        await browser.send(payload, sequence=sequence, timestamp=timestamp, payload_type=NUMBERS[spoken])

    async def from_carrier(payload: bytes, sequence: int, timestamp: int) -> None:
        carrier.send(payload, sequence=sequence, timestamp=timestamp, payload_type=NUMBERS[codec])

    return Way(spoken, codec, from_browser, carrier.receive), Way(codec, spoken, from_carrier, browser.receive)


async def converse(ways: tuple[Way, Way], seconds: float) -> None:
    """Both ways at once; what an earlier conversation left is forgotten."""
    for way in ways:
        way.sent.clear()
        way.came.clear()
    ears = [asyncio.create_task(way.listen()) for way in ways]
    said = [speech(way.source, round(seconds / PACKET_SECONDS)) for way in ways]
    await asyncio.gather(*(way.speak(payloads) for way, payloads in zip(ways, said, strict=True)))
    await asyncio.sleep(SETTLE_SECONDS)
    for ear in ears:
        ear.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ear


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.transcoding", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--quick", action="store_true", help="five seconds each")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the beginning")
    print(HEAD, flush=True)
    for spoken, codec in PAIRS:
        ways = asyncio.run(call(spoken, codec, 5.0 if options.quick else options.seconds))
        for way, name in zip(ways, ("to carrier", "to browser"), strict=True):
            print(Delays.of(way).row(spoken, codec, name), flush=True)
    print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
