"""The relay and a transcoder beside it, both real: a browser with one codec, a carrier with another."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
from collections.abc import AsyncIterator

import pytest

from tests.media.carrier_peer import CarrierPeer
from tests.media.srtp_peer import SrtpPeer
from tests.media.tones import heard, level, payloads
from widget.media.addresses import open_udp
from widget.media.dtmf import DtmfEvent, pack
from widget.media.relay.protocol import (
    AddCarrier,
    Bridge,
    CarrierRemoved,
    Message,
    RemoveCarrier,
    SetCarrier,
    SetTranscoder,
    TranscoderWanted,
)
from widget.media.relay_process import RelayProcess
from widget.media.transcoder.codecs import CLOCK_RATES
from widget.media.transcoder.signs import Sign
from widget.media.transcoder_process import TranscoderProcess

CARRIER, BROWSER = 100, 1
NUMBERS = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 111}


class Setup:
    """A relay with a browser leg and a carrier leg, and a transcoder."""

    def __init__(self, stack: contextlib.AsyncExitStack) -> None:
        self._stack = stack
        self.said: asyncio.Queue[Message] = asyncio.Queue()
        self.signs: asyncio.Queue[Sign] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.relay = RelayProcess(on_message=self.said.put_nowait, on_lost=self.lost.set)
        self.ours, self.theirs = map(stack.enter_context, socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.carrier = CarrierPeer()
        stack.callback(self.carrier.close)
        self.shared = stack.enter_context(open_udp("127.0.0.1", 0))
        self.browser = SrtpPeer(BROWSER, self.shared.getsockname())
        stack.callback(self.browser.socket.close)

    async def start(self) -> None:
        await self.relay.start([self.shared], silence_seconds=60)
        self._stack.push_async_callback(self.relay.close)

    async def start_transcoder(self) -> TranscoderProcess:
        while self.signs.qsize():
            self.signs.get_nowait()
        transcoder = TranscoderProcess(on_sign=self.signs.put_nowait, on_lost=self.lost.set)
        await transcoder.start()
        self._stack.push_async_callback(transcoder.close)
        transcoder.serve(self.theirs)
        for _ in range(2):
            # Between its first sign of life and its second it has begun to serve the relay.
            await asyncio.wait_for(self.signs.get(), 20)
        return transcoder

    async def call(self, browser: str, carrier: str) -> None:
        """Join a browser that speaks one codec to a carrier that speaks another, and transcode between them."""
        self.browser.introduce(self.relay, payload_types={browser: NUMBERS[browser], "telephone-event": 126})
        with open_udp("127.0.0.1", 0) as opened:
            self.carrier.remote = opened.getsockname()
            self.relay.send(AddCarrier(leg=CARRIER), fds=[opened.fileno()])
        terms = SetCarrier(
            leg=CARRIER,
            host="127.0.0.1",
            port=self.carrier.port,
            codec=carrier,
            payload_type=NUMBERS[carrier],
            dtmf_payload_type=101,
            sends=True,
            receives=True,
            clock_rate=CLOCK_RATES[carrier],
        )
        self.relay.send(terms)
        self.relay.send(Bridge(carrier=CARRIER, browser=BROWSER))
        await self.expect(TranscoderWanted)
        self.relay.send(SetTranscoder(), fds=[self.ours.fileno()])

    async def expect(self, kind: type[Message]) -> Message:
        while not isinstance(message := await asyncio.wait_for(self.said.get(), 20), kind):
            pass
        return message


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    async with contextlib.AsyncExitStack() as stack:
        setup = Setup(stack)
        await setup.start()
        yield setup


@pytest.mark.parametrize(("browser", "carrier"), [("PCMU", "G722"), ("opus", "G722"), ("PCMA", "opus")])
async def test_both_hear_each_other_in_their_own_codec(setup: Setup, browser: str, carrier: str) -> None:
    await setup.start_transcoder()
    await setup.call(browser, carrier)
    to_carrier, to_browser = [], []
    pairs = zip(payloads(browser, 30), payloads(carrier, 30, hertz=1000), strict=True)
    for number, (said, replied) in enumerate(pairs):
        stamp = number * CLOCK_RATES[browser] // 50
        setup.browser.send(setup.browser.protect(said, sequence=number, timestamp=stamp, payload_type=NUMBERS[browser]))
        to_carrier.append(await setup.carrier.receive())
        stamp = number * CLOCK_RATES[carrier] // 50
        setup.carrier.send(replied, sequence=number, timestamp=stamp, payload_type=NUMBERS[carrier])
        to_browser.append(await setup.browser.receive())
    for packets, codec, hertz in ((to_carrier, carrier, 440), (to_browser, browser, 1000)):
        assert {header.payload_type for header, _ in packets} == {NUMBERS[codec]}
        headers = [header for header, _ in packets]
        steps = {(b.sequence - a.sequence, b.timestamp - a.timestamp) for a, b in itertools.pairwise(headers)}
        assert steps == {(1, CLOCK_RATES[codec] // 50)}
        assert len({header.ssrc for header in headers}) == 1
        samples = heard(codec, (payload for _, payload in packets))
        assert level(codec, samples[len(samples) // 2 :], hertz) > 0.7


async def test_what_was_counted_is_what_passed_the_ports(setup: Setup) -> None:
    await setup.start_transcoder()
    await setup.call("PCMU", "G722")
    for number, payload in enumerate(payloads("PCMU", 3)):
        setup.browser.send(setup.browser.protect(payload, sequence=number))
        await setup.carrier.receive()
        setup.carrier.send(payload, sequence=number, timestamp=160 * number, payload_type=9)
        await setup.browser.receive()
    setup.relay.send(RemoveCarrier(leg=CARRIER))
    removed = await setup.expect(CarrierRemoved)
    assert isinstance(removed, CarrierRemoved)
    counters = {name: count for name, count in removed.counters.items() if count}
    assert counters == {"received_packets": 3, "received_bytes": 516, "sent_packets": 3, "sent_bytes": 516}


async def test_digits_take_the_same_way(setup: Setup) -> None:
    await setup.start_transcoder()
    await setup.call("PCMU", "opus")
    setup.browser.send(setup.browser.protect(pack(DtmfEvent(7, duration=160)), sequence=1, payload_type=126))
    header, payload = await setup.carrier.receive()
    assert (header.payload_type, header.marker, payload) == (101, True, pack(DtmfEvent(7, duration=160)))


async def test_a_call_goes_on_when_its_transcoder_is_killed(setup: Setup) -> None:
    """What arrives meanwhile is dropped: late audio would only delay what follows."""
    first = await setup.start_transcoder()
    await setup.call("PCMU", "G722")
    coded = list(payloads("PCMU", 20))
    setup.browser.send(setup.browser.protect(coded[0], sequence=0))
    before, _ = await setup.carrier.receive()
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    await asyncio.wait_for(setup.lost.wait(), 20)
    for number in range(1, 10):
        setup.browser.send(setup.browser.protect(coded[number], sequence=number))
    await setup.start_transcoder()
    setup.browser.send(setup.browser.protect(coded[10], sequence=10))
    after, _ = await setup.carrier.receive()
    assert after.ssrc == before.ssrc
    assert after.sequence == before.sequence + 1
    assert after.timestamp > before.timestamp


async def test_a_transcoder_that_hangs_is_noticed_within_a_second(setup: Setup) -> None:
    transcoder = await setup.start_transcoder()
    assert transcoder.pid is not None
    os.kill(transcoder.pid, signal.SIGSTOP)
    await asyncio.wait_for(setup.lost.wait(), 20)
    assert transcoder.pid is None
