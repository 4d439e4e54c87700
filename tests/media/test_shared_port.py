"""Calls whose carriers share one port of ours."""

import pytest

from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import MediaBench
from widget.media.errors import MediaError, MediaFailure


async def shared(bench: MediaBench, leg_id: str, carrier: CarrierPeer, browser_id: str = "") -> tuple[str, int]:
    carrier.remote = await bench.service.open_carrier_leg(leg_id, remote_host="127.0.0.1", shares_port=True)
    await bench.connect(leg_id, carrier)
    if browser_id:
        await bench.service.bridge(browser_id, leg_id)
    return carrier.remote


async def test_calls_that_share_a_port_are_kept_apart(bench: MediaBench) -> None:
    first, second = await bench.browser("first"), await bench.browser("second")
    carriers = CarrierPeer(), CarrierPeer()
    for carrier in carriers:
        bench.peers.callback(carrier.close)
    ports = [await shared(bench, "one", carriers[0], "first"), await shared(bench, "two", carriers[1], "second")]
    assert ports[0] == ports[1]
    await bench.settle()
    for browser, carrier, text in ((first, carriers[0], b"a" * 160), (second, carriers[1], b"b" * 160)):
        for sequence in (1, 2, 3):
            carrier.send(text, sequence=sequence, timestamp=sequence * 160)
            assert (await browser.receive())[1] == text
            await browser.send(text, sequence=sequence, timestamp=sequence * 160)
            assert (await carrier.receive())[1] == text
    assert (await bench.service.close_carrier_leg("one")).received_packets == 3


async def test_two_calls_at_one_address_cannot_share_a_port(bench: MediaBench) -> None:
    carrier = CarrierPeer()
    bench.peers.callback(carrier.close)
    await shared(bench, "one", carrier)
    with pytest.raises(MediaError) as caught:
        await shared(bench, "two", carrier)
    assert caught.value.failure is MediaFailure.ADDRESS_TAKEN
    await bench.service.close_carrier_leg("two")
    await bench.service.close_carrier_leg("one")
    await shared(bench, "two", carrier)


async def test_a_fresh_relay_serves_the_shared_port(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), CarrierPeer()
    bench.peers.callback(carrier.close)
    await shared(bench, "carrier", carrier, "browser")
    await bench.kill_relay()
    carrier.send(b"again" * 32, sequence=9, timestamp=9)
    assert (await browser.receive())[1] == b"again" * 32
