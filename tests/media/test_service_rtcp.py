"""What both sides report and what is told of it, with a real peer as browser, through a real relay process."""

import asyncio
import itertools
from dataclasses import replace

from tests.media.browser_peer import BrowserPeer
from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import MediaBench
from widget.media.rtcp import Goodbye, ReceiverReport, SenderReport, build, ntp_middle

AUDIO = bytes(range(160))
FRAME = 160


async def test_both_sides_get_rtcp_and_what_they_report_is_told(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    talk = asyncio.create_task(_talk(browser, carrier))
    try:
        for peer, ssrc in ((browser, browser.ssrc), (carrier, carrier.ssrc)):
            while not isinstance(report := (await peer.receive_control())[0], SenderReport) or not report.blocks:
                pass
            assert report.blocks[0].ssrc == ssrc
            assert report.packets > 0
            block = replace(
                report.blocks[0], ssrc=report.ssrc, fraction_lost=0.5, last_report=ntp_middle(report.ntp), delay=0
            )
            told = build(ReceiverReport(ssrc=ssrc, blocks=(block,)))
            if isinstance(peer, BrowserPeer):
                await peer.send_control(told)
            else:
                peer.send_control(told)
        while (quality := await bench.quality()).carrier.far_loss is None:
            pass
    finally:
        talk.cancel()
    assert (quality.leg_id, quality.loss) == ("carrier", 0.5)
    assert quality.browser.far_loss == 0.5
    assert quality.round_trip_seconds is not None
    assert quality.mos < 3


async def _talk(browser: BrowserPeer, carrier: CarrierPeer) -> None:
    """20 ms packets both ways until cancelled."""
    for number in itertools.count():
        await browser.send(AUDIO, sequence=number, timestamp=number * FRAME)
        carrier.send(AUDIO, sequence=number, timestamp=number * FRAME)
        await asyncio.sleep(0.02)


async def test_no_rtcp_that_is_forged_ends_or_disturbs_a_call(bench: MediaBench) -> None:
    """Goodbyes, lies and rubbish: from strangers, and in the carrier's own name."""
    browser, carrier = await bench.browser(), await bench.carrier()
    stranger = await bench.carrier("other")
    await bench.service.bridge("browser", "carrier")
    await bench.settle()
    stranger.remote = carrier.remote
    goodbye = build(ReceiverReport(ssrc=carrier.ssrc)) + build(Goodbye(ssrcs=(carrier.ssrc, browser.ssrc)))
    lie = build(SenderReport(ssrc=carrier.ssrc, ntp=1 << 63, timestamp=7, packets=1 << 31, octets=1 << 31))
    for _ in range(20):
        for peer in (stranger, carrier):
            for datagram in (goodbye, lie, b"\x80\xcf\x00\x02" + bytes(8), b"\x9f\xc8" + b"\xff" * 60):
                peer.send_control(datagram)
                peer.send_datagram(datagram)
    await bench.settle()
    await browser.send(AUDIO, sequence=1, timestamp=FRAME)
    assert (await carrier.receive())[1] == AUDIO
    carrier.send(AUDIO, sequence=1, timestamp=FRAME)
    assert (await browser.receive())[1] == AUDIO
    assert bench.service.statistics()[0].restarts == 0


async def test_one_way_audio_is_named_while_it_lasts(bench: MediaBench) -> None:
    browser, carrier = await bench.browser(), await bench.carrier()
    await bench.service.bridge("browser", "carrier")
    for number in range(5):
        await browser.send(AUDIO, sequence=number, timestamp=number * FRAME)
    stay = asyncio.create_task(_talk_alone(browser))
    try:
        assert (await bench.quality()).verdict == "carrier_silent"
    finally:
        stay.cancel()
    assert carrier.port


async def _talk_alone(browser: BrowserPeer) -> None:
    for number in itertools.count(5):
        await browser.send(AUDIO, sequence=number, timestamp=number * FRAME)
        await asyncio.sleep(0.02)


async def test_rtcp_to_the_browser_goes_on_after_the_relay_died(bench: MediaBench) -> None:
    browser = await bench.browser()
    stay = asyncio.create_task(_talk_alone(browser))
    try:
        await browser.receive_control()
        await bench.kill_relay()
        assert isinstance((await browser.receive_control())[-1], ReceiverReport)
    finally:
        stay.cancel()


async def test_what_is_no_rtcp_of_the_carriers_is_counted_and_dropped(bench: MediaBench) -> None:
    await bench.browser()
    carrier, stranger = await bench.carrier(), await bench.carrier("other")
    await bench.service.bridge("browser", "carrier")
    await bench.settle()  # a port that the relay takes over is emptied first
    stranger.remote = carrier.remote
    stranger.send_control(build(ReceiverReport(ssrc=1)))
    carrier.send_control(b"short")
    carrier.send_control(b"\x80" * 40)
    for _ in range(20):
        carrier.send_control(build(ReceiverReport(ssrc=1)))
    await bench.settle()
    statistics = await bench.service.close_carrier_leg("carrier")
    assert statistics.strays + statistics.rtcp <= 23
    assert statistics.rtcp > 0
