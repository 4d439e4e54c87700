"""What an admin changes reaches a widget that is open: wording and mode, without a reload."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import BrowserContext, Page, expect

from ccsite.demo import values
from tests.e2e.customer_page import CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e

HOSTILE = "<img src=x onerror=alert(1)> On duty"


@pytest.fixture
async def admin(page: CustomerPage, system: RunningSystem) -> AsyncIterator[Page]:
    """A second tab, signed in to the admin; what it changed is taken back by the test itself."""
    context: BrowserContext = page.page.context
    tab = await context.new_page()
    await tab.goto(f"{system.server_url}/admin/")
    await tab.get_by_label("Username").fill(values.ADMIN_USER)
    await tab.get_by_label("Password").fill(values.ADMIN_PASSWORD)
    await tab.get_by_role("button", name="Log in").click()
    yield tab
    await tab.close()


async def test_an_own_wording_and_its_reset(
    page: CustomerPage, account: str, admin: Page, system: RunningSystem
) -> None:
    await page.sign_in(account)
    status = page.phone.locator("#cc-status")
    await expect(status).to_contain_text("Ready")
    await admin.goto(f"{system.server_url}/admin/ccsdk/textoverride/?language=en&q=Ready")
    await admin.get_by_role("link", name="Ready", exact=True).click()
    text_page = admin.url
    await admin.get_by_label("Own wording").fill(HOSTILE)
    await admin.get_by_role("button", name="Save").click()
    await expect(status).to_contain_text(HOSTILE)
    await expect(status.locator("img")).to_have_count(0)
    await admin.goto(text_page)
    await admin.get_by_role("button", name="Reset to the shipped wording").click()
    await expect(status).not_to_contain_text("On duty")
    await expect(status).to_contain_text("Ready")


async def test_a_mode_and_its_theme(page: CustomerPage, account: str, admin: Page, system: RunningSystem) -> None:
    await page.sign_in(account)
    await admin.goto(f"{system.server_url}/admin/ccsdk/mode/add/")
    await admin.get_by_label("Name", exact=False).first.fill("Night")
    await admin.get_by_label("Dial pad").uncheck()
    await admin.get_by_label("Theme").select_option("dark")
    await admin.get_by_role("button", name="Save", exact=True).click()
    await _give_mode(admin, system, account, "Night")
    await expect(page.phone.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.phone.locator("#cc-number")).to_have_count(0)
    await _give_mode(admin, system, account, "---------")
    await expect(page.phone.locator("html")).to_have_attribute("data-theme", "auto")
    await expect(page.phone.locator("#cc-number")).to_be_visible()


async def _give_mode(admin: Page, system: RunningSystem, account: str, mode: str) -> None:
    await admin.goto(f"{system.server_url}/admin/ccsdk/agent/?q={account}")
    await admin.get_by_role("link", name=account).click()
    await admin.get_by_label("Mode:").select_option(mode)
    await admin.get_by_role("button", name="Save", exact=True).click()
    await expect(admin).to_have_url(re.compile(r"/agent/(\?|$)"))
