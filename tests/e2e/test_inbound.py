"""A customer calls in: the page's title, a notification, the ringing screen; answered or rejected by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e import audio
from tests.e2e.customer_page import ENDED, NOT_ESTABLISHED, RINGING, TALKING, CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e

CALLS_BACK = "12025550115"
RING_SECONDS = 30
TITLES = """() => {
  window.titles = new Set();
  new MutationObserver(() => titles.add(document.title)).observe(document.querySelector("title"), {childList: true});
  // As if the agent looked at another window: only then is there a notification.
  Object.defineProperty(document, "hidden", {get: () => true});
  window.notified = [];
  const shown = Notification;
  window.Notification = class extends shown {
    constructor(title, options) { super(title, options); notified.push([title, options.body]); }
  };
}"""


@pytest.fixture
async def ringing(page: CustomerPage, context: BrowserContext, account: str) -> CustomerPage:
    """The page of an agent whom a customer calls back."""
    await context.grant_permissions(["notifications", "microphone"])
    await page.page.evaluate(TITLES)
    await page.sign_in(account)
    await page.call(CALLS_BACK)
    await page.wait_for_call(NOT_ESTABLISHED)
    await expect(page.stage).to_have_attribute("data-stage", "incoming", timeout=RING_SECONDS * 1000)
    return page


async def test_rings_in_every_way_and_is_answered_by_keyboard(
    ringing: CustomerPage, system: RunningSystem, speech: audio.Samples
) -> None:
    offered = await ringing.wait_for_call(RINGING)
    assert (offered["direction"], offered["callerNumber"]) == ("inbound", CALLS_BACK)
    await ringing.page.wait_for_function("[...titles].some((title) => title.startsWith('Incoming call'))")
    assert await ringing.page.evaluate("notified[0][0]") == "Incoming call"
    await expect(ringing.phone.locator("#cc-say")).to_have_text(re.compile("Incoming call from"))

    await ringing.press_by_keyboard(ringing.main_button)
    await ringing.wait_for_call(TALKING)
    heard = await ringing.listen(audio.PLAYED_SECONDS + 1)
    assert audio.likeness(heard, speech, seconds=audio.PLAYED_SECONDS) > 0.8
    assert not (await ringing.page.title()).startswith("Incoming call")
    await ringing.hang_up()
    await ringing.wait_for_call(ENDED)
    # The call that was busy, then the one that came back: the contract's order holds for both.
    assert await ringing.statuses() == [1, 5, 1, 2, 3, 4]
    record = system.call_record(offered["callId"])
    assert (record["direction"], record["state"], record["termination"]) == ("inbound", "ended", "agent_hung_up")


async def test_is_rejected_by_keyboard(ringing: CustomerPage, system: RunningSystem) -> None:
    offered = await ringing.wait_for_call(RINGING)
    await ringing.press_by_keyboard(ringing.phone.locator("#cc-reject"))
    record = system.call_record(offered["callId"])
    assert (record["termination"], record["ended_by"]) == ("agent_rejected", "agent")
