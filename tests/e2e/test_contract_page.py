"""A page written from the contract alone, on another origin, under policies stricter than most."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e

HTML = Path(__file__).with_name("contract_page.html").read_text()
NAMED_SOURCES = "default-src 'none'; script-src 'nonce-NONCE' SDK_URL; frame-src SDK_URL; connect-src 'self'"
STRICT_DYNAMIC = (
    "default-src 'none'; script-src 'nonce-NONCE' 'strict-dynamic'; frame-src SDK_URL; connect-src 'self'; "
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
SECONDS = 1000


@dataclass(frozen=True, slots=True)
class ContractPage:
    """The page, by what it shows."""

    page: Page

    async def sign_in(self) -> None:
        await self.page.click("#go")
        await expect(self.page.locator("#state")).to_have_text("signed in", timeout=20 * SECONDS)

    async def call(self, number: str) -> None:
        await self.page.fill("#number", number)
        await self.page.click("#dial")
        await expect(self.page.locator("#state")).to_have_text(re.compile(r"^call \w{32}$"))

    async def hang_up(self) -> None:
        await self.page.click("#end")
        await expect(self.page.locator("#state")).to_have_text("hung up 0")

    async def wait_for_status(self, status: int) -> None:
        pattern = re.compile(rf'\["onCall",{status},')
        await expect(self.page.locator("#events li", has_text=pattern)).to_have_count(1, timeout=20 * SECONDS)

    async def events(self, name: str) -> list[list[Any]]:
        texts = await self.page.locator("#events li").all_text_contents()
        return [values for kind, *values in map(json.loads, texts) if kind == name]


Opening = Callable[[str], Awaitable[ContractPage]]


@pytest.fixture
def open_contract_page(system: RunningSystem, context: BrowserContext, account: str) -> Opening:
    """Serves the page on the customer's origin, under the given content security policy."""

    def filled(text: str) -> str:
        return text.replace("SDK_URL", system.server_url).replace("NONCE", "r4nd0m").replace("ACCOUNT", account)

    async def open_one(policy: str) -> ContractPage:
        async def serve(route: Route) -> None:
            headers = {"Content-Type": "text/html", "Content-Security-Policy": filled(policy)}
            await route.fulfill(body=filled(HTML), headers=headers)

        page = await context.new_page()
        await page.route("**/contract-page", serve)
        await page.goto(f"{system.customer_url}/contract-page")
        return ContractPage(page)

    return open_one


@pytest.mark.parametrize("policy", [NAMED_SOURCES, STRICT_DYNAMIC], ids=["named sources", "strict-dynamic"])
async def test_signs_in_calls_talks_and_hangs_up(policy: str, open_contract_page: Opening) -> None:
    page = await open_contract_page(policy)
    await page.sign_in()
    await page.call("12025550100")
    await page.wait_for_status(3)
    await page.hang_up()
    await page.wait_for_status(4)

    assert await page.events("onCall") == [[n, n, "12025550100", True] for n in (1, 2, 3, 4)]
    assert await page.events("onWebrtcStatus") == [[1, True]]
    assert (await page.events("onSeatStatus"))[:3] == [[2, True], [3, True], [4, True]]
    assert await page.events("violation") == []
    assert await page.events("onHttp") == []


async def test_three_calls_that_fail_in_one_session(open_contract_page: Opening) -> None:
    page = await open_contract_page(NAMED_SOURCES)
    await page.sign_in()
    calls = page.page.locator("#events li", has_text="onCall")
    for number, statuses in (("12025550102", [1, 5]), ("12025550104", [1, 2, 5]), ("12025550109", [1, 5])):
        before = await calls.count()
        await page.call(number)
        await expect(calls).to_have_count(before + len(statuses), timeout=20 * SECONDS)
        heard = (await page.events("onCall"))[before:]
        assert heard == [[status, status, number, True] for status in statuses]
