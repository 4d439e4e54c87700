"""A real browser: Chromium offers without candidates, is answered, connects, and its microphone reaches the carrier."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.media.carrier_peer import CarrierPeer
from tests.media.media_bench import MediaBench
from widget.media.dtmf import unpack
from widget.media.events import BrowserLegConnected, BrowserLegFailed

CHROMIUM = shutil.which("chromium") or "chromium"  # a missing browser fails the test by its name
CODEC_SCRIPT = Path(__file__).parents[2] / "static/widget/frame/codec.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    # Chromium gathers nothing at all on a host with nothing but loopback.
    "--allow-loopback-in-peer-connection",
]
OFFER = """async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  window.pc = new RTCPeerConnection();
  pc.addTrack(stream.getAudioTracks()[0], stream);
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
}"""
RECEIVED = """async () => {
  for (;;) {
    for (const report of (await pc.getStats()).values())
      if (report.type === 'inbound-rtp' && report.packetsReceived > 20) return report.packetsLost;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}"""
HEARD = """async () => {
  const reports = [...(await pc.getStats()).values()];
  const streams = reports.filter((report) => report.type === 'inbound-rtp');
  return streams.map((stream) => reports.find((report) => report.id === stream.codecId).payloadType);
}"""

pytestmark = pytest.mark.e2e


async def serve_blank(page: Page) -> None:
    """A secure context without a server: getUserMedia asks for one."""
    await page.route("http://localhost/", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    await page.goto("http://localhost/")


@contextlib.asynccontextmanager
async def chromium(bench: MediaBench, codecs: Sequence[str]) -> AsyncIterator[tuple[Page, CarrierPeer]]:
    """A page with a connected leg, bridged to a carrier of PCMU."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await serve_blank(page)
        offer = await page.evaluate(OFFER)
        assert "a=candidate" not in offer
        answer = await bench.service.open_browser_leg("browser", offer, codecs=codecs)
        carrier = await bench.carrier()
        await bench.service.bridge("browser", "carrier")
        await page.evaluate("sdp => pc.setRemoteDescription({type: 'answer', sdp})", answer)
        assert await bench.event() == BrowserLegConnected("browser")
        yield page, carrier
        await browser.close()


async def test_chromium_connects_and_audio_passes_both_ways(bench: MediaBench) -> None:
    async with chromium(bench, ["PCMU", "PCMA"]) as (page, carrier):
        for sequence in range(100):
            header, payload = await carrier.receive()
            carrier.send(payload, sequence=sequence, timestamp=sequence * 160)
        assert (header.payload_type, len(payload)) == (0, 160)
        assert await page.evaluate(RECEIVED) == 0
        await page.evaluate("() => pc.close()")
        assert await bench.event() == BrowserLegFailed("browser", "closed_by_browser")


@pytest.mark.parametrize(("codec", "payload_type", "rate"), [("opus", 111, 48_000), ("G722", 9, 8000)])
async def test_wide_band_passes_both_ways_with_its_own_clock(
    bench: MediaBench, codec: str, payload_type: int, rate: int
) -> None:
    async with chromium(bench, [codec, "PCMU"]) as (page, carrier):
        await bench.connect("carrier", carrier, codec=codec, payload_type=109, clock_rate=rate, dtmf_clock_rate=rate)
        before, _ = await carrier.receive()
        for sequence in range(60):
            header, payload = await carrier.receive()
            carrier.send(payload, sequence=sequence, timestamp=sequence * rate // 50, payload_type=109)
            assert (header.payload_type, header.sequence - before.sequence & 0xFFFF) == (109, 1)
            assert header.timestamp - before.timestamp & 0xFFFFFFFF == rate // 50
            before = header
        assert await page.evaluate(RECEIVED) == 0
        assert await page.evaluate(HEARD) == [payload_type]
        await page.evaluate("() => pc.getSenders()[0].dtmf.insertDTMF('5', 100)")
        while header.payload_type != 101:
            header, payload = await carrier.receive()
        event = unpack(payload)
        assert event is not None
        assert event.digit == "5"


async def test_chromium_changes_to_the_codec_that_the_carrier_took(bench: MediaBench) -> None:
    async with chromium(bench, ["PCMU", "PCMA", "G722", "opus"]) as (page, carrier):
        await page.add_script_tag(content=CODEC_SCRIPT.read_text().replace("export ", ""))
        for codec, rate in (("opus", 48_000), ("G722", 8000), ("PCMA", 8000)):
            terms = {"codec": codec, "clock_rate": rate, "dtmf_clock_rate": rate, "payload_type": 99}
            await bench.connect("carrier", carrier, **terms)
            await page.evaluate("name => speak(pc, {name, ptime: 40})", codec)
            while await step(carrier) != rate // 25:
                pass


async def step(carrier: CarrierPeer) -> int:
    """Timestamp units from one packet to the next."""
    before, _ = await carrier.receive()
    after, _ = await carrier.receive()
    return after.timestamp - before.timestamp & 0xFFFFFFFF


async def test_chromium_takes_comfort_noise_that_it_was_not_answered(bench: MediaBench) -> None:
    async with chromium(bench, ["PCMU"]) as (page, carrier):
        for sequence in range(30):
            _, payload = await carrier.receive()
            noise = sequence > 10
            carrier.send(
                b"\x40" if noise else payload,
                sequence=sequence,
                timestamp=sequence * 160,
                payload_type=13 if noise else 0,
            )
        assert await page.evaluate(RECEIVED) == 0
