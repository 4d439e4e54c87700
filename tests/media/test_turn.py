"""TURN: a real coturn, a real Chromium that may use nothing else, and the credential that an agent's widget gets."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright
from pytest_django import Settings

from tests.media.media_bench import MediaBench
from tests.media.test_chromium import CHROMIUM, FLAGS, serve_blank
from widget import turn
from widget.media.events import BrowserLegConnected

SECRET = "shared-with-coturn"
OFFER = """async configuration => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: true});
  window.pc = new RTCPeerConnection(configuration);
  pc.addTrack(stream.getAudioTracks()[0], stream);
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
}"""
GATHERED = """async configuration => {
  const peer = new RTCPeerConnection(configuration);
  peer.createDataChannel("");
  const errors = [];
  peer.addEventListener("icecandidateerror", event => errors.push(event.errorCode));
  await peer.setLocalDescription();
  while (peer.iceGatheringState !== "complete")
    await new Promise(done => peer.addEventListener("icegatheringstatechange", done, {once: true}));
  return [peer.localDescription.sdp.match(/typ \\w+/g) ?? [], errors];
}"""
ROUTE = """async () => {
  const reports = [...(await pc.getStats()).values()];
  const pair = reports.find(report => report.type === "candidate-pair" && report.nominated);
  return reports.find(report => report.id === pair.localCandidateId).candidateType;
}"""

pytestmark = pytest.mark.e2e


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def turn_server(folder: Path) -> AsyncIterator[str]:
    """A TURN server for one test; gives its URL."""
    program = shutil.which("turnserver") or "turnserver"  # a missing one fails the test by its name
    port = _free_port()
    server = await asyncio.create_subprocess_exec(
        *(program, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}"),
        *("--allow-loopback-peers", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=test"),
        *("--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", f"--pidfile={folder}/pid", "--no-stdout-log"),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _answers(port)
        yield f"turn:127.0.0.1:{port}?transport=tcp"
    finally:
        server.kill()
        await server.wait()


async def _answers(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


def _configuration(settings: Settings, url: str, **more: Any) -> dict[str, Any]:
    settings.CCSDK = settings.CCSDK | {"TURN_URLS": [url], "TURN_SECRET": SECRET, "TURN_ONLY": True} | more
    return turn.ice_configuration("demo_001", datetime.now(UTC) + timedelta(minutes=5))


async def test_audio_passes_both_ways_through_turn_alone(bench: MediaBench, settings: Settings, tmp_path: Path) -> None:
    async with turn_server(tmp_path) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await serve_blank(page)
        offer = await page.evaluate(OFFER, _configuration(settings, url))
        answer = await bench.service.open_browser_leg("browser", offer, codecs=["PCMU", "PCMA"])
        carrier = await bench.carrier()
        await bench.service.bridge("browser", "carrier")
        await page.evaluate("sdp => pc.setRemoteDescription({type: 'answer', sdp})", answer)
        assert await bench.event() == BrowserLegConnected("browser")
        for sequence in range(50):
            header, payload = await carrier.receive()
            carrier.send(payload, sequence=sequence, timestamp=sequence * 160)
        assert (header.payload_type, len(payload)) == (0, 160)
        assert await page.evaluate(ROUTE) == "relay"
        await browser.close()


async def test_a_credential_is_good_until_it_expires_and_for_its_secret_alone(
    settings: Settings, tmp_path: Path
) -> None:
    async with turn_server(tmp_path) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        await serve_blank(page)
        good = _configuration(settings, url)
        forged = _configuration(settings, url, TURN_SECRET="another")
        settings.CCSDK = settings.CCSDK | {"TURN_SECRET": SECRET}
        expired = turn.ice_configuration("demo_001", datetime.now(UTC) - timedelta(minutes=5))
        candidates, errors = await page.evaluate(GATHERED, good)
        assert (set(candidates), errors) == ({"typ relay"}, [])
        for refused in (forged, expired):
            candidates, errors = await page.evaluate(GATHERED, refused)
            assert (candidates, set(errors)) == ([], {401})
        await browser.close()
