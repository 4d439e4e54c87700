"""Real calls handed over: to a number by the simulated carrier, to a colleague in another tab, and what fails."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import OpenPage
from tests.e2e.customer_page import ENDED, TALKING, CustomerPage

pytestmark = pytest.mark.e2e
LONG = 20_000


async def _talk(page: CustomerPage, account: str, customer: str = "12025550100") -> None:
    await page.sign_in(account)
    await page.call(customer)
    await page.wait_for_call(TALKING)


async def _type(page: CustomerPage, to: str) -> None:
    await page.phone.locator("#cc-transfer-toggle").click()
    await page.phone.locator("#cc-transfer-to").fill(to)


async def test_a_call_is_handed_to_a_number_at_once(page: CustomerPage, account: str) -> None:
    await _talk(page, account)
    await _type(page, "12025550102")
    await page.phone.locator("#cc-transfer-blind").click()
    await expect(page.phone.locator(".strip[data-kind=error]")).to_contain_text("The line is busy.", timeout=LONG)
    assert await page.statuses() == [1, 2, 3]
    await _type(page, "12025550107")
    await page.phone.locator("#cc-transfer-blind").click()
    ended = await page.wait_for_call(ENDED)
    assert (ended["reason"], ended["transferredTo"]) == ("transferred", "12025550107")
    failures = [value["reason"] for value in await page.logged("onHttp")]
    assert failures == ["transfer_failed"]


@pytest.mark.parametrize("customer", ["12025550100", "12025550116"], ids=["by the carrier", "by the server"])
async def test_a_number_is_asked_first_left_again_and_then_joined(
    page: CustomerPage, account: str, customer: str
) -> None:
    """Agents see the same, whoever joins the two."""
    await _talk(page, account, customer)
    for last in ("cc-cancel-transfer", "cc-main"):
        await _type(page, "12025550107")
        await page.phone.locator("#cc-transfer-to").press("Enter")
        await expect(page.phone.locator("[data-heard=yes]")).to_contain_text("Connected", timeout=LONG)
        await expect(page.phone.locator("[data-heard=no]")).to_contain_text("On hold")
        if last == "cc-cancel-transfer":
            await page.phone.locator(f"#{last}").click()
            await expect(page.stage).to_have_attribute("data-stage", "talking")
            await expect(page.stage).to_have_attribute("data-held", "no")
        else:
            await page.press_main_button()
    ended = await page.wait_for_call(ENDED)
    assert (ended["reason"], ended["transferredTo"]) == ("transferred", "12025550107")
    await expect(page.stage).to_have_attribute("data-stage", "wrap_up")
    assert await page.statuses() == [1, 2, 3, 4]


async def test_a_colleague_is_asked_and_takes_the_call(
    page: CustomerPage, open_page: OpenPage, account: str, colleague: str
) -> None:
    other = await open_page()
    await other.sign_in(colleague)
    await _talk(page, account)
    await page.phone.locator("#cc-transfer-toggle").click()
    row = page.phone.locator(f'[data-account="{colleague}"]')
    await expect(row).to_have_attribute("data-status", "idle", timeout=LONG)
    await row.click()
    await page.phone.locator("#cc-transfer-attended").click()
    await expect(other.stage).to_have_attribute("data-stage", "incoming", timeout=LONG)
    await other.press_main_button()
    await expect(page.phone.locator("[data-heard=yes]")).to_contain_text("Connected", timeout=LONG)
    await page.press_main_button()
    assert (await page.wait_for_call(ENDED))["transferredTo"] == colleague
    await expect(other.phone.locator(".party-number")).to_contain_text("12025550100", timeout=LONG)
    assert (await other.listen(1)).any(), "the colleague does not hear the customer's echo"
    await other.hang_up()
    assert (await other.wait_for_call(ENDED))["reason"] == "agent_hung_up"
