"""A running system for the session, and Chromium with a speech as microphone for each test."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.e2e import audio
from tests.e2e.customer_page import PLAIN_MICROPHONE, CustomerPage
from tests.e2e.server import RunningSystem, running_system

REPORTED_LINES = 60
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages that a test serves itself have no address, and Chromium keeps such pages from loopback.
    "--disable-features=LocalNetworkAccessChecks",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
)

OpenPage = Callable[[], Awaitable[CustomerPage]]


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """The demo, running; shared, so each test takes an agent of its own."""
    with running_system(tmp_path_factory.mktemp("system")) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what the system printed during a test that failed."""
    report = yield
    system = getattr(item, "funcargs", {}).get("system")
    if report.failed and isinstance(system, RunningSystem):
        report.sections.append(
            ("Output of the running system, the end of it", "\n".join(system.lines[-REPORTED_LINES:]))
        )
    return report


@pytest.fixture(scope="session")
def speech_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the agent says: 48 kHz mono, repeated for as long as the call lasts."""
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    audio.speak(path)
    return path


@pytest.fixture(scope="session")
def speech(speech_file: Path) -> audio.Samples:
    """The same at the telephone's rate."""
    rate, samples = audio.read(speech_file)
    return audio.resample(samples, rate, audio.TELEPHONE_RATE)


_turns = count(1)


@pytest.fixture
def account() -> str:
    """An agent whom no other test has used: one of those may still be in after-call work."""
    return f"demo_{next(_turns):03}"


@pytest.fixture
def colleague() -> str:
    """Another such agent, of the same group."""
    return f"demo_{next(_turns):03}"


@pytest.fixture
async def browser(speech_file: Path) -> AsyncIterator[Browser]:
    """A Chromium of its own, whose microphone says the speech."""
    microphone = f"--use-file-for-fake-audio-capture={speech_file}"
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, microphone])
        yield running
        await running.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A window whose microphone is not processed."""
    opened = await browser.new_context(viewport={"width": 1400, "height": 1000})
    await opened.add_init_script(PLAIN_MICROPHONE)
    yield opened
    await opened.close()


@pytest.fixture
async def open_page(system: RunningSystem, context: BrowserContext) -> AsyncIterator[OpenPage]:
    """Opens the customer's page in another tab. A page that reports an error of its own fails the test."""
    faults: list[str] = []

    async def open_one() -> CustomerPage:
        page = await context.new_page()
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        await page.goto(system.customer_url)
        return CustomerPage(page)

    yield open_one
    assert not faults


@pytest.fixture
async def page(open_page: OpenPage) -> CustomerPage:
    """The customer's page."""
    return await open_page()
