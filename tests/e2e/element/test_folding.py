"""The workbench folded to a bar, floating or docked, and what it does when a call comes (scripted server)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Frame, Page, expect

from tests.e2e.element.scripted_site import TOKEN, ScriptedSite, ScriptedSocket, holds
from tests.e2e.element.snapshots import IDLE, INCOMING, NOW, TALKING, WRAP_UP, html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
HEIGHT = "document.querySelector('cc-sdk').offsetHeight"
BAR, WHOLE = f"{HEIGHT} < 70", f"{HEIGHT} === 600"
PAUSE_MILLISECONDS = 800
"""Longer than the main button ignores clicks after a change of screen."""
REGISTER = "(token) => { window.done = settled(ccSdk.register({ token })) }"


async def folded(site: ScriptedSite) -> tuple[Page, ScriptedSocket, Frame]:
    page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.focus("#cc-fold")
    await page.keyboard.press("F2")
    await holds(page, BAR)
    return page, socket, frame


async def test_the_agent_folds_it_by_key_or_button_and_the_server_is_told(site: ScriptedSite) -> None:
    page, socket, frame = await folded(site)
    assert (await socket.expect("fold"))["on"] is True
    assert (await page.evaluate("document.querySelector('cc-sdk').getState()"))["folded"] is True
    await expect(frame.locator("#cc-stage")).to_be_hidden()
    await expect(frame.locator(".status-name")).to_have_text("Ready")
    button = frame.get_by_role("button", name="Open the whole phone")
    await button.click()
    await holds(page, WHOLE)
    assert (await socket.expect("fold", 2))["on"] is False
    await expect(frame.get_by_role("button", name="Fold to a bar")).to_be_focused()
    assert site.console == []


async def test_a_typed_number_outlasts_folding_and_no_key_types_into_what_is_hidden(site: ScriptedSite) -> None:
    _page, _socket, frame = await site.signed_in(html=html(IDLE))
    await frame.fill("#cc-number", "2025550")
    await frame.press("#cc-number", "F2")
    await frame.press("body", "7")
    await frame.press("body", "F2")
    await expect(frame.locator("#cc-number")).to_have_value("2025550")


async def test_the_bar_shows_the_call_and_works(site: ScriptedSite) -> None:
    page, socket, frame = await folded(site)
    socket.show(html(in_call(TALKING)))
    await expect(frame.locator(".bar-number")).to_have_text("(202) 555-0100")
    await frame.click("#cc-bar-mute")
    assert (await socket.expect("mute"))["on"] is True
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)
    await frame.click("#cc-bar-main")
    hang_up = await socket.expect("hang_up")
    socket.say("result", id=hang_up["id"], ok=False, code=100206, reason="unreachable", message="Not reached.")
    await expect(frame.locator("#cc-header-refusal")).to_have_text("Not reached.")
    await holds(page, f"{HEIGHT} > 70")
    socket.show(html(WRAP_UP))
    await expect(frame.locator("#cc-header-refusal")).to_have_text("")
    await expect(frame.locator("#cc-bar-main")).to_have_attribute("data-action", "finish_wrap_up")


async def test_a_menu_that_hangs_below_the_bar_has_room(site: ScriptedSite) -> None:
    page, socket, frame = await folded(site)
    await frame.click("#cc-status-button")
    await holds(page, f"{HEIGHT} > 150")
    await frame.click(".menu-item[data-value='5']")
    assert (await socket.expect("status"))["value"] == 5
    await holds(page, BAR)


async def test_an_incoming_call_opens_it_and_its_end_folds_it_again(site: ScriptedSite) -> None:
    page, socket, frame = await folded(site)
    socket.show(html(in_call(INCOMING)))
    await holds(page, WHOLE)
    await expect(frame.locator("#cc-main")).to_have_text("Answer")
    socket.show(html(in_call(replace(INCOMING, state="talking", answered_at=NOW))))
    socket.show(html(WRAP_UP))
    await frame.wait_for_selector("#cc-stage[data-stage=wrap_up]")
    assert await page.evaluate(WHOLE)
    socket.show(html(IDLE))
    await holds(page, BAR)
    assert len(socket.of("fold")) == 1


async def test_a_mode_may_leave_it_folded_and_the_bar_answers(site: ScriptedSite) -> None:
    page, socket, frame = await folded(site)
    options = {"workbench": True, "theme": "auto", "accent": "", "opensForCalls": False, "lang": "en", "dir": "ltr"}
    socket.say("options", options=options, echo="")
    socket.show(html(in_call(INCOMING)))
    await frame.wait_for_selector("#cc-bar-reject")
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)
    await frame.click("#cc-bar-main")
    await socket.expect("answer_call")
    assert await page.evaluate(BAR)


async def test_the_agents_choice_wins_over_the_pages_attribute(site: ScriptedSite) -> None:
    page = await site.open(body="<cc-sdk collapsed></cc-sdk>")
    await page.evaluate(REGISTER, TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept(folded=None)
    socket.show(html(IDLE))
    await holds(page, BAR)
    socket.accept(folded=False)
    await holds(page, WHOLE)
    await page.evaluate("document.querySelector('cc-sdk').removeAttribute('collapsed')")
    await page.evaluate("document.querySelector('cc-sdk').setAttribute('collapsed', '')")
    await holds(page, BAR)
    assert socket.of("fold") == []


async def test_it_floats_in_the_corner_within_the_window_or_stays_where_the_page_puts_it(site: ScriptedSite) -> None:
    page = await site.open(body="<p>Page</p><cc-sdk placement=floating></cc-sdk>")
    box = """(() => { const { right, bottom, top } = document.querySelector('cc-sdk').getBoundingClientRect();
      return [innerWidth - right, innerHeight - bottom, top >= 0]; })()"""
    assert await page.evaluate(box) == [16, 16, True]
    await page.set_viewport_size({"width": 400, "height": 300})
    assert await page.evaluate(box) == [16, 16, True]
    await page.evaluate("document.querySelector('cc-sdk').removeAttribute('placement')")
    assert await page.evaluate("getComputedStyle(document.querySelector('cc-sdk')).position") == "static"


async def test_nothing_of_it_is_printed(site: ScriptedSite) -> None:
    page, _socket, frame = await site.signed_in(html=html(IDLE))
    await page.emulate_media(media="print")
    assert await page.evaluate("getComputedStyle(document.querySelector('cc-sdk')).display") == "none"
    assert await frame.evaluate("getComputedStyle(document.documentElement).display") == "none"
