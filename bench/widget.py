"""``python -m bench.widget``: how long an agent waits, and how much a page loads.

The whole demo runs on this machine, as ``make demo`` starts it, and Chromium is the agent's browser. Two times are
measured in the page: from ``register()`` to its Promise, which needs frame, socket, sign-in and audio; and from the
click that calls to the first packet and the first sound from the carrier, which sends sound before it answers.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.server import RunningSystem, running_system

EARLY_MEDIA = "12025550105"
ACCOUNTS = ("demo_001", "demo_002", "demo_003", "demo_004")
WATCH = """
const Peer = window.RTCPeerConnection;
window.peers = [];
window.RTCPeerConnection = function (...values) { const peer = new Peer(...values); peers.push(peer); return peer; };
"""
REGISTER = """async (account) => {
  const response = await fetch("/credential", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ account }) });
  const { authentication: token } = await response.json();
  const before = performance.now();
  await ccSdk.register({ token });
  return performance.now() - before;
}"""
# In the frame, because the peer connection is there; the clock starts with the click on the frame's own button.
FIRST_AUDIO = """async () => {
  const peer = peers.at(-1);
  const heard = async () => {
    for (const one of (await peer.getStats()).values()) if (one.type === "inbound-rtp") return one;
    return { packetsReceived: 0, totalAudioEnergy: 0 };
  };
  const { packetsReceived, totalAudioEnergy } = await heard();
  const before = performance.now();
  document.getElementById("cc-main").click();
  let packet = 0;
  for (;;) {
    const now = await heard();
    if (!packet && now.packetsReceived > packetsReceived) packet = performance.now() - before;
    if (now.totalAudioEnergy > totalAudioEnergy + 1e-7) return [packet, performance.now() - before];
    if (performance.now() - before > 10000) throw new Error("nothing was heard");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}"""


@dataclass
class Times:
    """Milliseconds of every run."""

    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    packet: list[float] = field(default_factory=list)
    sound: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(prog="bench.widget", description=__doc__)
    parser.add_argument("--runs", type=int, default=8, help="sign-ins and calls to take the median of")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder, running_system(Path(folder)) as system:
        times, sizes = asyncio.run(measure(system, runs))
    print("| wait | p50 ms | least to most | wanted |")
    print("|---|---|---|---|")
    print(row("register to ready, first visit", times.cold, "-"))
    print(row("register to ready", times.warm, "200"))
    print(row("click to first packet", times.packet, "250"))
    print(row("click to first sound", times.sound, "250"))
    print("\n| loaded | bytes on the wire | at most |")
    print("|---|---|---|")
    for name, size, most in sizes:
        print(f"| {name} | {size} | {most} |")


async def measure(system: RunningSystem, runs: int) -> tuple[Times, list[tuple[str, int, str]]]:
    """Sign in and call as often as asked, each time with the next agent."""
    times = Times()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for run in range(runs):
            await one_visit(browser, system, ACCOUNTS[run % len(ACCOUNTS)], times)
        sizes = await loaded(browser, system)
        await browser.close()
    return times, sizes


async def one_visit(browser: Browser, system: RunningSystem, account: str, times: Times) -> None:
    """A first visit with an empty cache, another visit, and one call."""
    context = await browser.new_context(permissions=["microphone"])
    await context.add_init_script(WATCH)
    page = await context.new_page()
    times.cold.append(await register(page, system, account))
    times.warm.append(await register(page, system, account))
    packet, sound = await first_audio(page)
    times.packet.append(packet)
    times.sound.append(sound)
    await page.evaluate("document.querySelector('cc-sdk').hangupCall()")
    await context.close()


async def register(page: Page, system: RunningSystem, account: str) -> float:
    await page.goto(system.customer_url)
    return float(await page.evaluate(REGISTER, account))


async def first_audio(page: Page) -> tuple[float, float]:
    frame = next(frame for frame in page.frames if "/cc/frame/" in frame.url)
    await frame.fill("#cc-number", EARLY_MEDIA)
    await page.wait_for_timeout(1000)  # the page of an agent is never as young as this one
    packet, sound = await frame.evaluate(FIRST_AUDIO)
    return float(packet), float(sound)


async def loaded(browser: Browser, system: RunningSystem) -> list[tuple[str, int, str]]:
    """Bytes of the scripts as they travel, asked for as a browser does."""
    context: BrowserContext = await browser.new_context()
    found = []
    for name, path, most in (
        ("script of the page", "sip-sdk.js", "4096"),
        ("scripts of the frame", "cc/frame.js", "40000"),
    ):
        response = await context.request.get(f"{system.server_url}/{path}", headers={"Accept-Encoding": "gzip"})
        # The body arrives unpacked; its length on the wire is what the server announced.
        found.append((name, int(response.headers["content-length"]), most))
    await context.close()
    return found


def row(name: str, values: Sequence[float], wanted: str) -> str:
    return f"| {name} | {statistics.median(values):.0f} | {min(values):.0f} to {max(values):.0f} | {wanted} |"


if __name__ == "__main__":
    main()
