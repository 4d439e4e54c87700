"""A real browser: Chromium offers without candidates, is answered, connects, and its microphone reaches the carrier."""

import shutil

import pytest
from playwright.async_api import Page, async_playwright

from tests.media.media_bench import MediaBench
from widget.media.events import BrowserLegConnected, BrowserLegFailed

CHROMIUM = shutil.which("chromium") or "chromium"  # a missing browser fails the test by its name
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

pytestmark = pytest.mark.e2e


async def serve_blank(page: Page) -> None:
    """A secure context without a server: getUserMedia asks for one."""
    await page.route("http://localhost/", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    await page.goto("http://localhost/")


async def test_chromium_connects_and_audio_passes_both_ways(bench: MediaBench) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await serve_blank(page)
        offer = await page.evaluate(OFFER)
        assert "a=candidate" not in offer
        answer = await bench.service.open_browser_leg("browser", offer, codecs=["PCMU", "PCMA"])
        carrier = await bench.carrier()
        await bench.service.bridge("browser", "carrier")
        await page.evaluate("sdp => pc.setRemoteDescription({type: 'answer', sdp})", answer)
        assert await bench.event() == BrowserLegConnected("browser")
        for sequence in range(100):
            header, payload = await carrier.receive()
            carrier.send(payload, sequence=sequence, timestamp=sequence * 160)
        assert (header.payload_type, len(payload)) == (0, 160)
        assert await page.evaluate(RECEIVED) == 0
        await page.evaluate("() => pc.close()")
        assert await bench.event() == BrowserLegFailed("browser", "closed_by_browser")
        await browser.close()
