"""A microphone that gives digital silence, in a real browser: switched off by itself or by the system."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.customer_page import TALKING, CustomerPage

pytestmark = pytest.mark.e2e
RATE = 48_000


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A Chromium whose microphone gives nothing but zeros."""
    silence = tmp_path / "silence.wav"
    with wave.open(str(silence), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(2 * RATE))
    async with async_playwright() as playwright:
        microphone = f"--use-file-for-fake-audio-capture={silence}"
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, microphone])
        yield running
        await running.close()


async def test_a_microphone_without_any_sound_is_named_unless_the_agent_muted_it(
    page: CustomerPage, account: str
) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    alert = page.phone.get_by_role("alert").filter(has_text="Your microphone is silent:")
    await expect(alert).to_be_visible(timeout=20_000)
    for control in ("#cc-mute", "#cc-hold"):
        await page.phone.locator(control).click()
        await expect(page.phone.locator(f"{control}[aria-pressed=true]")).to_be_visible(timeout=20_000)
        await expect(alert).to_have_count(0)
        await page.phone.locator(control).click()
        await expect(alert).to_be_visible(timeout=20_000)
    await page.hang_up()
    await expect(alert).to_have_count(0)
