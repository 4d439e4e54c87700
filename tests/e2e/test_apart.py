"""Calls outlive web processes and the channel layer when the switchboard is a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e import audio
from tests.e2e.apart import ApartSystem, Process, apart_system
from tests.e2e.customer_page import ENDED, TALKING, CustomerPage

# The test starts and restarts several processes.
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
ECHO = "12025550100"
COMES_BACK_MS = 60_000


@pytest.fixture
async def apart(tmp_path: Path) -> AsyncIterator[ApartSystem]:
    async with apart_system(tmp_path) as system:
        try:
            yield system
        finally:
            print(system.output)  # noqa: T201  (shown for a test that fails)


@pytest.fixture
async def caller(apart: ApartSystem, context: BrowserContext) -> CustomerPage:
    """A page whose agent talks."""
    page = CustomerPage(await context.new_page())
    await page.page.goto(apart.customer_url)
    await page.sign_in("demo_001")
    await page.call(ECHO)
    await page.wait_for_call(TALKING)
    return page


async def test_what_may_die(apart: ApartSystem, caller: CustomerPage, speech: audio.Samples) -> None:
    """One system for both: its start is what takes long."""
    await a_call_outlives((apart.web, apart.redis), apart, caller, speech)
    await a_switchboard_is_followed_by_another(apart, caller)


async def a_call_outlives(
    victims: Sequence[Process], apart: ApartSystem, caller: CustomerPage, speech: audio.Samples
) -> None:
    """Killed without a word and started again: the audio never stops, and the page goes on with its call."""
    for process in victims:
        process.kill()
        await expect(caller.frame).not_to_have_attribute("data-state", "ready", timeout=COMES_BACK_MS)
        assert audio.likeness(await caller.listen(3), speech, seconds=audio.PLAYED_SECONDS) > 0.9
        await process.start()
        await expect(caller.frame).to_have_attribute("data-state", "ready", timeout=COMES_BACK_MS)
    await caller.hang_up()
    ended = await caller.wait_for_call(ENDED)
    record = apart.database.call_record(ended["callId"])
    assert (record["termination"], record["ended_by"]) == ("agent_hung_up", "agent")
    assert len(apart.database.query("SELECT id FROM ccsdk_call")) == 1


async def a_switchboard_is_followed_by_another(apart: ApartSystem, caller: CustomerPage) -> None:
    """Its call is closed as an orphan; the page signs in at the next one by itself and calls again."""
    lost = await talk(caller)
    apart.switchboard.kill()
    await apart.switchboard.start()
    ended = await caller.wait_for_call(ENDED)
    assert ended["callId"] == lost
    assert apart.database.call_record(lost)["termination"] == "orphaned"
    await expect(caller.frame).to_have_attribute("data-state", "ready", timeout=COMES_BACK_MS)
    await talk(caller)
    await caller.hang_up()
    await caller.wait_for_call(ENDED)


async def talk(page: CustomerPage) -> str:
    """Call, with an empty log; the call's id once somebody answered."""
    await page.clear_log()
    await page.call(ECHO)
    return str((await page.wait_for_call(TALKING))["callId"])
