"""What goes wrong in the field, and what page, widget and record say about it."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e import audio
from tests.e2e.conftest import OpenPage
from tests.e2e.customer_page import ENDED, NOT_ESTABLISHED, RINGING, TALKING, CustomerPage
from tests.e2e.server import RunningSystem, running_system

pytestmark = pytest.mark.e2e
MAX_LISTENS = 8


async def test_a_reload_keeps_the_call_and_gives_its_audio_back(
    page: CustomerPage, system: RunningSystem, speech: audio.Samples, account: str
) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    call_id = (await page.wait_for_call(TALKING))["callId"]
    await page.page.reload()
    await page.sign_in(account)
    again = await page.wait_for_call(TALKING)
    heard = await page.listen(3)
    await page.hang_up()
    await page.wait_for_call(ENDED)

    assert again["callId"] == call_id
    assert audio.likeness(heard, speech, seconds=audio.PLAYED_SECONDS) > 0.9
    assert system.call_record(call_id)["termination"] == "agent_hung_up"


async def test_the_audio_made_anew_by_the_page_keeps_the_call(
    page: CustomerPage, speech: audio.Samples, account: str
) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    await page.page.click("#reconnect")
    await expect(page.page.locator('#log li[data-name="reConnectWebrtc"]')).to_have_count(2)
    heard = await page.listen(3)
    await page.hang_up()
    await page.wait_for_call(ENDED)
    assert audio.likeness(heard, speech, seconds=audio.PLAYED_SECONDS) > 0.9
    assert await page.statuses() == [1, 2, 3, 4]


async def test_a_second_call_is_refused_clearly(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.call("12025550103")
    await page.wait_for_call(RINGING)
    await page.call("12025550100")
    await expect(page.note).to_have_text("You are already in a call. Hang up first, then dial again.")
    assert (await page.only("onHttp"))["code"] == 100202
    await page.hang_up()
    await page.wait_for_call(NOT_ESTABLISHED)
    assert await page.statuses() == [1, 2, 5]


@pytest.mark.parametrize("number", ["", "12a", "++12", "1" * 21])
async def test_a_number_that_is_none_is_refused(number: str, page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.page.locator("#sdk").evaluate("(sdk, phone) => sdk.callPhone({ phone }).catch(() => {})", number)
    assert (await page.only("onHttp"))["code"] == 100201
    assert await page.statuses() == []


async def test_nothing_to_hang_up(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.hang_up()
    assert (await page.only("hangupCall"))["code"] == 999901


async def test_a_forged_credential_is_answered_by_the_page_with_a_fresh_one(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.page.evaluate(
        "token => window.ccSdk.register({ token }).catch(() => {})",
        f"Bearer AbCdEf12Gh:{account}:11111111-2222-4333-8444-555555555555",
    )
    await expect(page.page.locator('#log li[data-name="onHttp"]')).to_have_count(1)
    await expect(page.note).to_have_text(f"{account} is signed in.")
    assert [fault["code"] for fault in await page.logged("onHttp")] == [100200]


async def test_a_microphone_that_is_refused_is_named(system: RunningSystem, context: BrowserContext) -> None:
    await context.add_init_script(
        "navigator.mediaDevices && (navigator.mediaDevices.getUserMedia = () => "
        "Promise.reject(new DOMException('denied', 'NotAllowedError')))"
    )
    page = CustomerPage(await context.new_page())
    await page.page.goto(system.customer_url)
    await page.page.click("#sign-in")
    assert (await page.only("register failed"))["code"] == 100210


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
async def test_a_relay_that_is_killed_or_hangs_is_a_pause_and_the_call_goes_on(
    blow: signal.Signals, page: CustomerPage, system: RunningSystem, speech: audio.Samples, account: str
) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    call_id = (await page.wait_for_call(TALKING))["callId"]
    struck = system.service_process("relay")
    os.kill(struck, blow)
    assert await _hears(page, speech)
    assert system.service_process("relay") != struck
    await page.hang_up()
    ended = await page.wait_for_call(ENDED)
    assert ended["callId"] == call_id
    record = system.call_record(call_id)
    assert (record["termination"], record["ended_by"]) == ("agent_hung_up", "agent")
    assert await page.statuses() == [1, 2, 3, 4]
    # By the carrier's own log the leg lasted until the agent hung up.
    system.wait_for_line(f"carrier .*{call_id}.*caller_hung_up")


async def _hears(page: CustomerPage, speech: audio.Samples) -> bool:
    """Whether the agent hears the speech whole again. On a busy machine a browser stretches what it plays for some
    seconds after a pause, however good the packets are, so it is listened to more than once."""
    for _ in range(MAX_LISTENS):
        if audio.likeness(await page.listen(3), speech, seconds=audio.PLAYED_SECONDS) > 0.9:
            return True
    return False


async def test_the_server_stopped_hangs_up_and_closes_the_record(tmp_path: Path, context: BrowserContext) -> None:
    with running_system(tmp_path) as own:
        page = CustomerPage(await context.new_page())
        await page.page.goto(own.customer_url)
        await page.sign_in("demo_001")
        await page.call("12025550100")
        call_id = (await page.wait_for_call(TALKING))["callId"]
        assert own.stop() == 0
        record = own.call_record(call_id)
        assert (record["state"], record["termination"], record["ended_by"]) == ("ended", "server_stopped", "system")
        carrier = [line for line in own.lines if "carrier |" in line and call_id in line]
        assert "caller_hung_up" in carrier[-1]


async def test_every_log_line_of_a_call_carries_its_id(page: CustomerPage, system: RunningSystem, account: str) -> None:
    await page.sign_in(account)
    before = len(system.lines)
    await page.call("12025550102")
    call_id = (await page.wait_for_call(NOT_ESTABLISHED))["callId"]
    told = [line for line in system.lines[before:] if "server |" in line and call_id in line]
    assert any("INVITE" in line for line in told)
    assert any("ended" in line for line in told)


async def test_a_second_tab_takes_over_and_the_two_do_not_fight(open_page: OpenPage, account: str) -> None:
    """Each page fetches a fresh credential once, which takes it from the other; after that the newer one stays."""
    first, second = await open_page(), await open_page()
    await first.sign_in(account)
    await second.sign_in(account)
    for page, faults in ((first, 2), (second, 1)):
        refused = page.page.locator('#log li[data-name="onHttp"]')
        await expect(refused).to_have_count(faults, timeout=30_000)
    # Which of the two it is depends on what comes first: the other page, or the end of the old credential's grace.
    ousted = re.compile("in use in another window|signed in somewhere else")
    await expect(first.phone.locator("#cc-local")).to_contain_text(ousted, timeout=20_000)
    await expect(second.note).to_have_text(f"{account} is signed in.", timeout=20_000)
    await expect(second.page.locator("#webrtc-lamp")).to_have_text("audio")
    assert [fault["code"] for fault in await first.logged("onHttp")] == [100200, 100200]
    assert [fault["code"] for fault in await second.logged("onHttp")] == [100200]
