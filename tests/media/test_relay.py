"""The relay process alone: SRTP peers whose keys are told to it, real UDP, no ICE and no DTLS."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest
from aioice.stun import Class, Method
from aioice.stun import Message as StunMessage

from tests.media.carrier_peer import CarrierPeer
from tests.media.srtp_peer import SrtpPeer
from widget.media.addresses import open_udp
from widget.media.relay.commands import MAX_MESSAGES
from widget.media.relay.flood import PER_ADDRESS
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    BrowserSilent,
    CarrierRemoved,
    Datagram,
    Health,
    Message,
    RemoveBrowser,
    RemoveCarrier,
    SetCarrier,
)
from widget.media.relay_process import RelayProcess

AUDIO = bytes(range(160))
CARRIER = 100


class Setup:
    """A relay with one shared browser socket, everything it said, and one carrier leg."""

    def __init__(self, stack: contextlib.AsyncExitStack) -> None:
        self.said: asyncio.Queue[Message] = asyncio.Queue()
        self.lost = asyncio.Event()
        self.process = RelayProcess(on_message=self.said.put_nowait, on_lost=self.lost.set)
        self._stack = stack
        self.shared = stack.enter_context(open_udp("127.0.0.1", 0))
        self.carrier = CarrierPeer()
        stack.callback(self.carrier.close)

    async def start(self) -> None:
        await self.process.start([self.shared], silence_seconds=1)
        self._stack.push_async_callback(self.process.close)
        with open_udp("127.0.0.1", 0) as opened:
            self.carrier.remote = opened.getsockname()
            self.process.send(AddCarrier(leg=CARRIER), fds=[opened.fileno()])
        terms = SetCarrier(
            leg=CARRIER,
            host="127.0.0.1",
            port=self.carrier.port,
            codec="PCMU",
            payload_type=0,
            dtmf_payload_type=101,
            sends=True,
            receives=True,
        )
        self.process.send(terms)

    def browser(self, leg: int) -> SrtpPeer:
        peer = SrtpPeer(leg, self.shared.getsockname())
        self._stack.callback(peer.socket.close)
        peer.introduce(self.process)
        return peer

    async def expect(self, kind: type[Message]) -> Message:
        while not isinstance(message := await asyncio.wait_for(self.said.get(), 5), kind):
            pass
        return message

    async def settle(self) -> None:
        """Until the relay has taken in all that was sent before. It takes at most ``MAX_MESSAGES`` in a row before it
        looks at its other sockets, and may find the next before that: so many that two such rows have passed."""
        for _ in range(MAX_MESSAGES + 1):
            with open_udp("127.0.0.1", 0) as opened:
                self.process.send(AddCarrier(leg=CARRIER + 1), fds=[opened.fileno()])
            self.process.send(RemoveCarrier(leg=CARRIER + 1))
            await self.expect(CarrierRemoved)


@pytest.fixture
async def relay() -> AsyncIterator[Setup]:
    async with contextlib.AsyncExitStack() as stack:
        setup = Setup(stack)
        await setup.start()
        yield setup


async def bridged(relay: Setup) -> SrtpPeer:
    browser = relay.browser(1)
    relay.process.send(Bridge(carrier=CARRIER, browser=1))
    await relay.settle()
    return browser


async def test_csrcs_extension_and_padding_do_not_reach_the_carrier(relay: Setup) -> None:
    browser = await bridged(relay)
    extension = b"\xbe\xde\x00\x01" + b"\x10\x41\x00\x00"
    browser.send(browser.protect(b"\x00\x00\x00\x09" + extension + AUDIO + b"\x00\x02", sequence=1, first_octet=0xB1))
    header, payload = await relay.carrier.receive()
    assert payload == AUDIO
    assert header.csrcs == ()
    assert header.payload_start == 12


async def test_nothing_forged_or_replayed_reaches_the_carrier(relay: Setup) -> None:
    browser = await bridged(relay)
    packet = browser.protect(AUDIO, sequence=1)
    source = random.Random(1)
    for _ in range(50):
        forged = bytearray(packet)
        forged[source.randrange(len(forged))] ^= 1 << source.randrange(8)
        browser.send(bytes(forged))
    browser.send(packet)
    browser.send(packet)
    browser.send(browser.protect(b"next", sequence=2))
    assert (await relay.carrier.receive())[1] == AUDIO
    assert (await relay.carrier.receive())[1] == b"next"


async def test_no_datagram_stops_the_relay(relay: Setup) -> None:
    browser = await bridged(relay)
    source = random.Random(2)
    for _ in range(300):
        datagram = source.randbytes(source.randrange(100))
        browser.send(datagram)
        relay.carrier.send_datagram(datagram)
    browser.send(b"\x80" * 2000)
    relay.carrier.send_datagram(b"\xbf\x00" + b"\xff" * 2000)
    await relay.settle()
    browser.send(browser.protect(AUDIO, sequence=1))
    assert (await relay.carrier.receive())[1] == AUDIO
    assert not relay.lost.is_set()


def binding_request(ufrag: str) -> bytes:
    message = StunMessage(message_method=Method.BINDING, message_class=Class.REQUEST)
    message.attributes["USERNAME"] = f"{ufrag}:theirs"
    message.add_fingerprint()
    return bytes(message)


async def test_a_check_that_names_another_leg_does_not_divert_audio(relay: Setup) -> None:
    browser = await bridged(relay)
    other = relay.browser(2)
    await relay.settle()
    request = binding_request(other.ufrag)
    browser.send(request)
    told = await relay.expect(Datagram)
    assert isinstance(told, Datagram)
    assert (told.leg, told.data, told.port) == (2, request, browser.socket.getsockname()[1])
    browser.send(browser.protect(AUDIO, sequence=1))
    assert (await relay.carrier.receive())[1] == AUDIO


async def test_a_flood_of_checks_is_held_back_and_audio_passes(relay: Setup) -> None:
    """From a stranger who knows the user fragment, and in the name of the browser's own address."""
    browser = await bridged(relay)
    request = binding_request(browser.ufrag)
    with open_udp("127.0.0.1", 0) as stranger:
        for _ in range(5 * PER_ADDRESS):
            stranger.sendto(request, relay.shared.getsockname())
            browser.send(request)
        await relay.settle()
    browser.send(browser.protect(AUDIO, sequence=1))
    assert (await relay.carrier.receive())[1] == AUDIO
    while (health := await relay.expect(Health)) and isinstance(health, Health) and not health.held_back:
        pass


async def test_refused_and_repeated_packets_are_counted(relay: Setup) -> None:
    browser = await bridged(relay)
    packet = browser.protect(AUDIO, sequence=1)
    browser.send(packet)
    browser.send(packet)
    browser.send(browser.protect(AUDIO, sequence=2)[:-1] + b"?")
    with open_udp("127.0.0.1", 0) as stranger:
        stranger.sendto(packet, relay.shared.getsockname())
    while isinstance(health := await relay.expect(Health), Health) and (health.rejected, health.strays) != (2, 1):
        pass
    assert isinstance(health, Health)
    assert health.replayed == 1


async def test_checks_for_nobody_are_not_passed_on(relay: Setup) -> None:
    browser = await bridged(relay)
    browser.send(binding_request("nobody"))
    browser.send(b"\x40" * 30)
    browser.send(b"\x16" * 30)
    told = await relay.expect(Datagram)
    assert isinstance(told, Datagram)
    assert told.data == b"\x16" * 30


async def test_a_removed_browser_leaves_the_carrier_in_silence(relay: Setup) -> None:
    browser = await bridged(relay)
    relay.process.send(RemoveBrowser(leg=1))
    await relay.settle()
    browser.send(browser.protect(AUDIO, sequence=1))
    relay.carrier.send(AUDIO, sequence=1, timestamp=1)
    relay.process.send(RemoveCarrier(leg=CARRIER))
    removed = await relay.expect(CarrierRemoved)
    assert isinstance(removed, CarrierRemoved)
    assert removed.counters["sent_packets"] == 0
    assert removed.counters["unwanted"] == 1


async def test_commands_for_legs_that_are_gone_harm_nothing(relay: Setup) -> None:
    relay.process.send(RemoveBrowser(leg=77))
    relay.process.send(Bridge(carrier=77, browser=78))
    relay.process.send(AddCarrier(leg=77))
    browser = await bridged(relay)
    browser.send(browser.protect(AUDIO, sequence=1))
    assert (await relay.carrier.receive())[1] == AUDIO


async def test_a_quiet_browser_is_reported_and_one_without_keys_is_not(relay: Setup) -> None:
    relay.process.send(AddBrowser(leg=9, ufrag="waiting"))
    relay.browser(1)
    assert await relay.expect(BrowserSilent) == BrowserSilent(leg=1, seconds=1)


async def test_sequence_numbers_pass_the_wrap_of_srtp(relay: Setup) -> None:
    browser = await bridged(relay)
    for sequence in range(65526, 65526 + 20):
        browser.send(browser.protect(AUDIO, sequence=sequence & 0xFFFF))
        header, _ = await relay.carrier.receive()
    first = header.sequence
    browser.send(browser.protect(AUDIO, sequence=20))
    assert ((await relay.carrier.receive())[0].sequence - first) & 0xFFFF == 20 - (65526 + 19 - 65536)


async def test_the_relay_ends_with_its_control_socket(relay: Setup) -> None:
    await relay.settle()
    await relay.process.close()
    assert not relay.process.alive
    assert not relay.lost.is_set()
