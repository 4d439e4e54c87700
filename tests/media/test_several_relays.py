"""Several relays of one service: legs are spread over them, and a carrier leg follows its browser."""

import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.media.media_bench import PATIENT, MediaBench
from tests.media.test_carrier_terms import SecureCarrierPeer
from widget.media import deaths
from widget.media.addresses import open_udp
from widget.media.config import MediaConfig
from widget.media.events import RelayLost
from widget.media.service import MediaService

AUDIO = bytes(range(160))
FRAME = 160


@pytest.fixture
async def bench() -> AsyncIterator[MediaBench]:
    bench = MediaBench(replace(PATIENT, relays=2))
    await bench.service.start()
    try:
        async with bench.peers:
            yield bench
    finally:
        await bench.service.close()


def legs(bench: MediaBench) -> list[tuple[int, int]]:
    """Browser and carrier legs of each relay."""
    return [(relay.browser_legs, relay.carrier_legs) for relay in bench.service.statistics()]


async def test_each_relay_is_a_process_with_a_port_of_its_own(bench: MediaBench) -> None:
    assert len(set(bench.service.relay_pids)) == 2
    assert len({port for _, port in bench.service.candidates}) == 2


async def test_a_fixed_port_is_the_first_of_as_many_as_there_are_relays() -> None:
    with open_udp("127.0.0.1", 0) as probe, open_udp("127.0.0.1", 0):
        port = probe.getsockname()[1]
    service = MediaService(replace(PATIENT, relays=2, browser_port=port), on_event=lambda event: None)
    try:
        await service.start()
    except OSError:
        pytest.skip("the next port is somebody else's")
    else:
        assert service.candidates == [("127.0.0.1", port), ("127.0.0.1", port + 1)]
    finally:
        await service.close()


async def test_new_legs_go_where_there_is_least_to_do(bench: MediaBench) -> None:
    await bench.browser("one")
    await bench.browser("two")
    assert legs(bench) == [(1, 0), (1, 0)]
    await bench.carrier("first", beside="two")
    await bench.carrier("second", beside="two")
    assert legs(bench) == [(1, 0), (1, 2)]
    await bench.carrier("third")
    assert legs(bench) == [(1, 1), (1, 2)]
    await bench.browser("three")
    assert legs(bench) == [(2, 1), (1, 2)]


async def test_a_browser_leg_that_is_for_a_call_goes_to_its_relay(bench: MediaBench) -> None:
    await bench.browser("one")
    await bench.carrier("call", beside="one")
    await bench.browser("again", beside="call")
    assert legs(bench) == [(2, 1), (0, 0)]


async def test_a_carrier_leg_follows_its_browser_into_another_relay(bench: MediaBench) -> None:
    """As a colleague takes a call over: same port, same stream without a gap, everything counted."""
    first, second = await bench.browser("first"), await bench.browser("second")
    carrier = await bench.carrier("call", beside="first")
    await bench.service.bridge("first", "call")
    await bench.settle()
    await first.send(AUDIO, sequence=1, timestamp=0)
    before, _ = await carrier.receive()
    await bench.service.bridge("second", "call")
    assert legs(bench) == [(1, 0), (1, 1)]
    await bench.settle()
    await first.send(b"nobody hears this", sequence=2, timestamp=FRAME)
    await second.send(AUDIO, sequence=30000, timestamp=777)
    after, payload = await carrier.receive()
    assert (payload, after.ssrc, after.sequence) == (AUDIO, before.ssrc, (before.sequence + 1) & 0xFFFF)
    assert FRAME <= (after.timestamp - before.timestamp) & 0xFFFFFFFF < 60 * 8000
    carrier.send(AUDIO, sequence=1, timestamp=1)
    assert (await second.receive())[1] == AUDIO
    assert first.received.empty()
    assert (await bench.service.close_carrier_leg("call")).sent_packets == 2


async def test_a_call_that_moves_leaves_nothing_behind(bench: MediaBench) -> None:
    await bench.browser("first")
    await bench.browser("second")
    await bench.carrier("call", beside="first")
    for name in ("second", "first"):
        await bench.service.bridge(name, "call")
    await bench.settle()

    def descriptors() -> list[int]:
        return [len(os.listdir(f"/proc/{pid}/fd")) for pid in (os.getpid(), *bench.service.relay_pids)]

    before = descriptors()
    for _ in range(3):
        for name in ("second", "first"):
            await bench.service.bridge(name, "call")
    await bench.settle()
    assert descriptors() == before
    await bench.service.close_carrier_leg("call")
    await bench.settle()
    ours, first, second = descriptors()
    assert (ours, first, second) == (before[0] - 2, before[1] - 2, before[2])


async def test_a_carrier_with_srtp_is_understood_after_the_move(bench: MediaBench) -> None:
    first, second = await bench.browser("first"), await bench.browser("second")
    carrier = SecureCarrierPeer()
    await bench.carrier("call", peer=carrier, beside="first", keys=carrier.keys)
    await bench.service.bridge("first", "call")
    await bench.settle()
    await first.send(AUDIO, sequence=1, timestamp=0)
    assert (await carrier.receive())[1] == AUDIO
    carrier.send(AUDIO, sequence=1, timestamp=0)
    await first.receive()
    await bench.service.bridge("second", "call")
    await bench.settle()
    await second.send(AUDIO, sequence=9, timestamp=0)
    assert (await carrier.receive())[1] == AUDIO
    carrier.send(AUDIO, sequence=2, timestamp=FRAME)
    assert (await second.receive())[1] == AUDIO


async def test_a_call_leaves_a_relay_that_hangs_or_died(bench: MediaBench) -> None:
    await bench.browser("first")
    second = await bench.browser("second")
    carrier = await bench.carrier("call", beside="first")
    await bench.service.bridge("first", "call")
    await bench.settle()
    os.kill(bench.service.relay_pids[0], signal.SIGSTOP)
    await bench.service.bridge("second", "call")
    await second.send(AUDIO, sequence=9, timestamp=0)
    assert (await carrier.receive())[1] == AUDIO
    await bench.until(lambda: bench.service.statistics()[0].restarts == 1)
    await bench.settle()
    assert legs(bench) == [(1, 0), (1, 1)]


async def test_only_the_calls_of_the_relay_that_died_move(bench: MediaBench) -> None:
    browsers = [await bench.browser(name) for name in ("first", "second")]
    carriers = [await bench.carrier(f"call of {name}", beside=name) for name in ("first", "second")]
    for name in ("first", "second"):
        await bench.service.bridge(name, f"call of {name}")
    await bench.settle()
    _, survivor = bench.service.relay_pids
    await browsers[1].send(AUDIO, sequence=1, timestamp=0)
    before, _ = await carriers[1].receive()
    await bench.kill_relay(bench.service.relay_pids[0])
    assert [relay.restarts for relay in bench.service.statistics()] == [1, 0]
    assert bench.service.relay_pids[1] == survivor
    for browser, carrier in zip(browsers, carriers, strict=True):
        await browser.send(b"still here" * 16, sequence=2, timestamp=FRAME)
        after, payload = await carrier.receive()
        assert payload == b"still here" * 16
    assert after.sequence == (before.sequence + 1) & 0xFFFF
    assert bench.is_calm()


async def test_a_relay_that_is_given_up_takes_only_its_own_legs_along(
    bench: MediaBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deaths, "PAUSES", (0.0,))
    await bench.browser("first")
    await bench.browser("second")
    await bench.carrier("call", beside="first")
    await bench.carrier("other", beside="second")
    await bench.kill_relay(bench.service.relay_pids[0])
    os.kill(bench.service.relay_pids[0], signal.SIGKILL)
    assert await bench.event() == RelayLost(("first", "call"))
    assert legs(bench) == [(0, 0), (1, 1)]
    await bench.browser("third")
    assert legs(bench) == [(0, 0), (2, 1)]


def test_one_relay_is_the_default_here() -> None:
    assert MediaConfig().relays == 1
