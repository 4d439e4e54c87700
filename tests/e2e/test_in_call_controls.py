"""Mute, hold, status and remark in a real call: the tiles, the page's methods and the record agree."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.customer_page import ENDED, TALKING, CustomerPage

pytestmark = pytest.mark.e2e
STATE = "document.querySelector('cc-sdk').getState()"


async def test_tiles_and_methods_move_the_same_call(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    mute, hold = page.phone.locator("#cc-mute"), page.phone.locator("#cc-hold")

    await mute.click()
    await expect(mute).to_have_attribute("aria-pressed", "true")
    assert (await page.page.evaluate(STATE))["muted"] is True
    await page.page.evaluate("document.querySelector('cc-sdk').mute(false)")
    await expect(mute).to_have_attribute("aria-pressed", "false")

    await page.page.evaluate("document.querySelector('cc-sdk').hold(true)")
    await expect(hold).to_have_attribute("aria-pressed", "true")
    await page.phone.locator("#cc-resume").click()
    await expect(hold).to_have_attribute("aria-pressed", "false")
    await page.page.evaluate("document.querySelector('cc-sdk').sendDtmf('12#')")

    await page.phone.locator("#cc-status-button").click()
    await page.phone.locator("[data-value='5']").click()
    await expect(page.phone.locator("#cc-status-next")).not_to_have_text("")
    await page.hang_up()
    await page.wait_for_call(ENDED)
    await page.press_main_button()
    await expect(page.phone.locator(".status[data-status=break]")).to_be_visible()
    await page.phone.locator("#cc-tab-recent").click()
    await expect(page.phone.locator(".recent-call").first).to_be_visible()
