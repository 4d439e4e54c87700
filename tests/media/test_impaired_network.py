"""A network that loses, repeats and reorders: what reaches the relay passes it once, in its place, and nothing else."""

import asyncio
import contextlib
import random

import pytest

from tests.media.carrier_peer import CarrierPeer
from tests.media.srtp_peer import SrtpPeer
from widget.media.addresses import open_udp
from widget.media.relay.protocol import AddCarrier, Bridge, SetCarrier
from widget.media.relay_process import RelayProcess

PACKETS = 400
FIRST = 65400
"""The wrap is among them: SRTP counts its roll-overs."""


def impaired(loss: float, seed: int) -> list[int]:
    """Positions of packets as they arrive: some lost, some twice, some up to three places late."""
    source = random.Random(seed)
    kept = [position for position in range(1, PACKETS) if source.random() >= loss]
    twice = [position for position in kept if source.random() < 0.02]
    late = {position: position + source.choice((0, 0, 0, 0, 3.5)) for position in kept}
    # The first comes first: the relay's stream begins with it.
    return [0, *sorted([*kept, *twice], key=lambda position: late[position])]


class Call:
    """A relay process with one bridged call, told as the media service would."""

    def __init__(self, stack: contextlib.AsyncExitStack) -> None:
        self.relay = RelayProcess(on_message=lambda _: None, on_lost=lambda: None)
        self.shared = stack.enter_context(open_udp("127.0.0.1", 0))
        self.carrier = CarrierPeer()
        stack.callback(self.carrier.close)
        self.browser = SrtpPeer(1, self.shared.getsockname())
        stack.callback(self.browser.socket.close)

    async def start(self, stack: contextlib.AsyncExitStack) -> None:
        await self.relay.start([self.shared], silence_seconds=60)
        stack.push_async_callback(self.relay.close)
        self.browser.introduce(self.relay)
        with open_udp("127.0.0.1", 0) as opened:
            self.carrier.remote = opened.getsockname()
            self.relay.send(AddCarrier(leg=2), fds=[opened.fileno()])
        self.relay.send(
            SetCarrier(
                leg=2,
                host="127.0.0.1",
                port=self.carrier.port,
                codec="PCMU",
                payload_type=0,
                dtmf_payload_type=None,
                sends=True,
                receives=True,
            )
        )
        self.relay.send(Bridge(carrier=2, browser=1))


def payload(position: int) -> bytes:
    return position.to_bytes(160, "big")


async def until_it_passes(call: Call) -> None:
    """The relay takes messages and packets from different sockets: speak until it is heard that all is applied."""
    for attempt in range(400):
        call.carrier.send(b"hello" * 32, sequence=FIRST - 400 + attempt, timestamp=0)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(call.browser.receive(), 0.05)
            return
    pytest.fail("nothing passed")


async def heard_by_browser(call: Call, audio: bytes) -> None:
    """What came before may still be on its way."""
    while (await call.browser.receive())[1] != audio:
        pass


@pytest.mark.parametrize("loss", [0.01, 0.03, 0.05, 0.1])
async def test_loss_after_the_bridge_is_the_networks(loss: float) -> None:
    arriving = impaired(loss, seed=round(loss * 100))
    async with contextlib.AsyncExitStack() as stack:
        call = Call(stack)
        await call.start(stack)
        await until_it_passes(call)
        packets = [
            call.browser.protect(payload(position), sequence=FIRST + position & 0xFFFF) for position in range(PACKETS)
        ]
        heard, seen = [], set[int]()
        for position in arriving:
            call.browser.send(packets[position])
            call.carrier.send(payload(position), sequence=FIRST + position & 0xFFFF, timestamp=position * 160)
            if position not in seen:
                heard.append(await call.carrier.receive())
                await heard_by_browser(call, payload(position))
            seen.add(position)
        first = heard[0][0]
        assert [audio for _, audio in heard] == [payload(position) for position in dict.fromkeys(arriving)]
        places = [(header.sequence - first.sequence) & 0xFFFF for header, _ in heard]
        assert places == list(dict.fromkeys(arriving))
