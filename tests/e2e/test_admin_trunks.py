"""What an operator sees of the carrier: a call's ladder, how the trunk does, and a test of it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from ccsite.demo import values
from tests.e2e.customer_page import CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e

BUSY = "12025550102"
PATIENCE_MS = 30_000


@pytest.fixture
async def admin(page: CustomerPage, system: RunningSystem) -> AsyncIterator[Page]:
    """A second tab, signed in to the admin."""
    tab = await page.page.context.new_page()
    await tab.goto(f"{system.server_url}/admin/")
    await tab.get_by_label("Username").fill(values.ADMIN_USER)
    await tab.get_by_label("Password").fill(values.ADMIN_PASSWORD)
    await tab.get_by_role("button", name="Log in").click()
    yield tab
    await tab.close()


async def keep_picture(tab: Page, name: str) -> None:
    """For somebody who wants to look: CCSDK_SCREENS names the folder."""
    if folder := os.environ.get("CCSDK_SCREENS"):
        await tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_the_ladder_of_a_call(page: CustomerPage, account: str, admin: Page, system: RunningSystem) -> None:
    await page.sign_in(account)
    await page.call(BUSY)
    await admin.goto(f"{system.server_url}/admin/ccsdk/call/?q={account}&state__exact=ended")
    call = admin.locator("#result_list tbody th a")
    await until(admin, call)
    await call.first.click()
    ladder = admin.locator("#sip-ladder")
    await until(admin, ladder.locator("summary"))
    await expect(ladder.locator(".cc-why")).to_contain_text("said “486 Busy Here” (the destination is busy)")
    refusal = ladder.locator("details", has_text="486 Busy Here")
    await expect(refusal.locator("pre")).to_be_hidden()
    await refusal.locator("summary").click()
    await expect(refusal.locator("pre")).to_contain_text("SIP/2.0 486 Busy Here")
    await keep_picture(admin, "admin-ladder")


async def until(tab: Page, wanted: Locator) -> None:
    """Records and messages are written a moment after they happened: look again until they are there."""
    for _attempt in range(30):
        if await wanted.count():
            return
        await tab.wait_for_timeout(1000)
        await tab.reload()
    raise AssertionError(f"not shown: {wanted}")


async def test_a_trunk_says_how_it_does_and_can_be_tested(admin: Page, system: RunningSystem) -> None:
    await admin.goto(f"{system.server_url}/admin/ccsdk/trunk/")
    await until(admin, admin.locator('.cc-health[data-health="up"]'))
    await admin.get_by_role("link", name=values.TRUNK, exact=True).click()
    await expect(admin.get_by_text("up since")).to_be_visible()
    await admin.get_by_role("link", name="Test this trunk").click()
    await admin.get_by_label("Number for a test call").fill("12025550100")
    await admin.get_by_role("button", name="Test now").click()
    verdict = admin.get_by_role("status")
    await expect(verdict).to_have_text("The trunk works as far as it was tested.", timeout=PATIENCE_MS)
    findings = admin.get_by_role("listitem").filter(has_text="Test call")
    await expect(findings).to_contain_text("and the call was taken back.")
    await keep_picture(admin, "admin-trunk-test")
