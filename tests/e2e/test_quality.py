"""How a call sounds, in a real browser: the mark, the alert, onQuality and the record."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.customer_page import ENDED, TALKING, CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e
LISTEN = """() => {
  window.told = [];
  document.querySelector("cc-sdk").addEventListener("onQuality", (event) => window.told.push(event.detail[0]));
}"""


async def told(page: CustomerPage, condition: str) -> dict[str, Any]:
    """The first value of onQuality for which the condition on ``one`` holds. The page's policy forbids what waits for
    a function given as text, so the page does it."""
    wait = f"""() => new Promise((found) => {{
      const look = () => {{
        const one = window.told.find((one) => {condition});
        if (one) found(one);
        else setTimeout(look, 100);
      }};
      look();
    }})"""
    async with asyncio.timeout(30):
        value: dict[str, Any] = await page.page.evaluate(wait)
        return value


async def test_a_call_that_sounds_good_is_marked_so(page: CustomerPage, system: RunningSystem, account: str) -> None:
    await page.sign_in(account)
    await page.page.evaluate(LISTEN)
    await page.call("12025550100")
    call_id = (await page.wait_for_call(TALKING))["callId"]
    # Chromium answers our reports, so the round trip comes to be known.
    value = await told(page, "!one.verdict.endsWith('_silent') && one.round_trip_ms !== null")
    assert 1 <= value["mos"] <= 4.5
    await expect(page.phone.locator("#cc-quality")).to_be_visible()
    await expect(page.phone.get_by_text("Your microphone is silent:")).to_have_count(0)
    await page.hang_up()
    await page.wait_for_call(ENDED)
    (row,) = system.query("SELECT * FROM ccsdk_callquality WHERE call_id = ?", call_id)
    assert row["mos_lowest"] <= row["mos_mean"]


async def test_an_agent_who_hears_nothing_is_told_so_and_the_record_names_it(
    page: CustomerPage, system: RunningSystem, account: str
) -> None:
    await page.sign_in(account)
    await page.page.evaluate(LISTEN)
    await page.call("12025550112")
    call_id = (await page.wait_for_call(TALKING))["callId"]
    value = await told(page, "one.verdict === 'carrier_silent'")
    assert (value["mos"], value["loss"]) == (1, 1)
    await expect(page.phone.get_by_role("alert").filter(has_text="You cannot hear the other side:")).to_be_visible()
    await page.hang_up()
    await page.wait_for_call(ENDED)
    (row,) = system.query("SELECT * FROM ccsdk_callquality WHERE call_id = ?", call_id)
    assert row["verdict"] == "carrier_silent"
