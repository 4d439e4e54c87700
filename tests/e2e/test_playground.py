"""The demo's playground: options, language, mode and look change under the signed-in phone; each entry has its code."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Locator, Page, expect

from tests.e2e.customer_page import ENDED, TALKING, CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e
AXE_SOURCE = (Path(__file__).parents[2] / ".venv/biome/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
TROUBLES = "axe.run(document, { iframes: false }).then(({ violations }) => violations.map(({ id }) => id))"


def heard(page: Page, status: int) -> Locator:
    """The log's entries of a call's status."""
    return page.locator(f'#log li[data-name="onCall"]:has(.value:text("\\"callStatus\\": {status},"))')


async def test_everything_is_switched_live_and_logged_with_its_code(
    system: RunningSystem, context: BrowserContext, account: str
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write", "microphone"], origin=system.customer_url)
    page = await context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    await page.goto(f"{system.customer_url}/playground")
    playground = CustomerPage(page)
    await page.select_option("#account", account)
    await page.click("#sign-in")
    await expect(page.locator("#note")).to_have_text("register: done.", timeout=20_000)

    root = playground.phone.locator("html")
    await page.select_option("#lang", "es")
    await expect(root).to_have_attribute("lang", "es")
    await page.select_option("#theme", "dark")
    await expect(root).to_have_attribute("data-theme", "dark")
    await page.check("#collapsed")
    await expect(root).to_have_attribute("data-folded", "yes")
    await page.select_option("#placement", "floating")
    await expect(page.locator("cc-sdk")).to_have_css("position", "fixed")
    await expect(page.locator("#page-code")).to_contain_text('theme="dark" placement="floating" collapsed></cc-sdk>')
    await page.uncheck("#collapsed")
    await expect(root).to_have_attribute("data-folded", "no")
    await page.select_option("#placement", "")
    await page.fill("#look-accent", "rebeccapurple")
    await expect(root).to_have_css("--accent", "rebeccapurple")
    await page.select_option("#mode", "card")
    await expect(page.locator("cc-sdk")).to_have_css("height", "0px")
    await page.select_option("#mode", "workbench")
    await expect(page.locator("cc-sdk")).not_to_have_css("height", "0px")

    await page.select_option("#admin-mode", "Inbound only")
    await expect(playground.phone.locator("#cc-number")).to_have_count(0, timeout=20_000)
    await page.select_option("#admin-mode", "")
    await expect(playground.phone.locator("#cc-number")).to_have_count(1, timeout=20_000)

    await page.click("[data-method=callPhone]")
    await expect(heard(page, TALKING)).to_have_count(1, timeout=20_000)
    await page.click("[data-method=mute]")
    await expect(page.locator("#log li[data-name=onMute]")).to_have_count(1)
    await page.click("[data-method=hangupCall]")
    await expect(heard(page, ENDED)).to_have_count(1, timeout=20_000)
    copied = "navigator.clipboard.readText()"
    await page.click("#log li[data-name=callPhone] .copy")
    assert await page.evaluate(copied) == 'await sdk.callPhone({ "phone": "12025550100", "info": "Order 77" });'
    await page.click("#copy-page")
    code = await page.evaluate(copied)
    assert '"lang": "es"' in code
    assert 'theme="dark"' in code
    assert "--cc-accent: rebeccapurple;" in code

    await page.evaluate(AXE_SOURCE)
    assert await page.evaluate(TROUBLES) == []
    assert faults == []
