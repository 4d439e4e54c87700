"""Devices in a real call, and the check that sends a tone through the trunk and hears it come back."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e import audio
from tests.e2e.customer_page import ENDED, TALKING, CustomerPage

pytestmark = pytest.mark.e2e
SECOND = "Fake Audio Input 2"
LABELS = "[...document.querySelector('cc-sdk').getState().devices.inputs].map(({ label }) => label)"


async def test_the_check_hears_its_tone_come_back_through_the_trunk(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.phone.locator("#cc-devices-button").click()
    await page.phone.locator("[data-action=device_check]").click()
    results = page.phone.locator("#cc-check-results > li")
    await expect(page.phone.locator("#cc-check-summary")).to_have_text("You are ready for calls.", timeout=40_000)
    assert [await results.nth(place).get_attribute("data-state") for place in range(4)] == ["good"] * 4
    await expect(results.last).to_contain_text("both ways")
    assert (await page.wait_for_call(ENDED))["calledNumber"] == "12025550100"
    await page.phone.locator("[data-action=devices_close]").click()
    await expect(page.stage).to_have_attribute("data-stage", "idle")


async def test_the_microphone_is_changed_in_a_call_and_the_speech_goes_on(
    page: CustomerPage, account: str, speech: audio.Samples
) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    assert SECOND in await page.page.evaluate(LABELS)
    await page.page.evaluate("(label) => document.querySelector('cc-sdk').setDevices({ input: label })", SECOND)
    assert audio.likeness(await page.listen(4), speech, seconds=audio.PLAYED_SECONDS) > 0.8
    await page.hang_up()
    await page.wait_for_call(ENDED)
    await page.page.reload()
    await page.sign_in(account)
    await page.page.wait_for_function("document.querySelector('cc-sdk').getState().devices.input")
    await page.page.evaluate("document.querySelector('cc-sdk').setDevices({ input: '' })")
