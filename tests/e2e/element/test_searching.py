"""Searching in the number field: recent calls and colleagues, by keyboard, announced, and hostile texts as text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Frame, expect

from tests.e2e.element.scripted_site import ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import IDLE, html
from widget.colleagues import Colleague
from widget.rendering import found_fragment
from widget.searching import Found, FoundNumber

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
HOSTILE = "<img src=x onerror=alert(1)>"
BEN = Colleague(id=2, account="demo_002", name="Ben Example", status=2)
FOUND = Found((BEN,), (FoundNumber("+12025550100", "(202) 555-0100", HOSTILE),))


async def answer(socket: ScriptedSocket, found: Found, count: int = 1) -> str:
    """Answer the ``count``-th search; returns what was searched for."""
    asked = await socket.expect("search", count)
    socket.show(found_fragment(found, "en"))
    socket.say("result", id=asked["id"], ok=True)
    return str(asked["text"])


async def searched(site: ScriptedSite) -> tuple[ScriptedSocket, Frame]:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.locator("#cc-number").press_sequentially("ben")
    assert await answer(socket, FOUND) == "ben"
    await expect(frame.locator("#cc-found")).to_be_visible()
    return socket, frame


async def test_arrows_choose_and_enter_calls_without_leaving_the_field(site: ScriptedSite) -> None:
    socket, frame = await searched(site)
    field = frame.get_by_role("combobox", name="Number or name")
    await expect(field).to_have_attribute("aria-expanded", "true")
    await expect(frame.locator("#cc-found-count")).to_contain_text("Found: 2.")
    await expect(frame.locator(".pad")).to_be_hidden()
    await field.press("ArrowDown")
    await field.press("ArrowDown")
    await expect(frame.get_by_role("option", selected=True)).to_contain_text(HOSTILE)
    await expect(field).to_have_attribute("aria-activedescendant", "cc-found-n1")
    await field.press("ArrowUp")
    await field.press("Enter")
    dial = await socket.expect("dial")
    assert (dial["phone"], dial["colleague"]) == ("", "demo_002")
    socket.say("result", id=dial["id"], ok=True, callId="c")
    await expect(field).to_have_value("")
    await expect(frame.locator(".pad")).to_be_visible()
    assert site.console == []


async def test_a_click_calls_the_number_and_a_refusal_is_said_below(site: ScriptedSite) -> None:
    socket, frame = await searched(site)
    await frame.click("#cc-found-n1")
    dial = await socket.expect("dial")
    assert (dial["phone"], dial["colleague"]) == ("+12025550100", "")
    socket.say("result", id=dial["id"], ok=False, code=100204, reason="no_trunk", message="No phone line.")
    await expect(frame.locator("#cc-refusal")).to_have_text("No phone line.")
    await expect(frame.locator("#cc-number")).to_have_value("ben")


async def test_a_name_is_not_dialled_the_first_who_fits_is_chosen(site: ScriptedSite) -> None:
    socket, frame = await searched(site)
    await frame.press("#cc-number", "Enter")
    await expect(frame.get_by_role("option", selected=True)).to_contain_text("Ben Example")
    assert socket.of("dial") == []
    await frame.press("#cc-number", "Escape")
    await expect(frame.locator("#cc-found")).to_be_hidden()
    await expect(frame.locator("#cc-number")).to_have_value("ben")
    await frame.wait_for_timeout(800)  # the button's own pause after a change of screen
    await frame.click("#cc-main")
    await expect(frame.locator("#cc-refusal")).to_have_text("No recent call and no colleague fits.")
    await frame.press("#cc-number", "Escape")
    await expect(frame.locator("#cc-number")).to_have_value("")


async def test_a_swap_while_somebody_types_and_chooses_disturbs_nothing(site: ScriptedSite) -> None:
    socket, frame = await searched(site)
    await frame.press("#cc-number", "ArrowDown")
    await frame.evaluate("document.getElementById('cc-number').setSelectionRange(1, 1)")
    for status in (5, 2, 3):
        socket.show(html(replace(IDLE, status=status)))
    await frame.wait_for_selector(".status[data-status=busy]")
    field = frame.locator("#cc-number")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("ben")
    assert await field.evaluate("(one) => one.selectionStart") == 1
    await expect(frame.get_by_role("option", selected=True)).to_contain_text("Ben Example")


async def test_the_pad_types_without_a_list_over_it(site: ScriptedSite) -> None:
    socket, frame = await searched(site)
    await frame.press("#cc-number", "Escape")
    await frame.press("#cc-number", "Escape")
    await frame.click("[data-key='2']")
    await expect(frame.locator("#cc-number")).to_have_value("2")
    await frame.wait_for_timeout(300)  # longer than a search waits for the next key
    assert len(socket.of("search")) == 1
    await expect(frame.locator(".pad")).to_be_visible()


async def test_what_is_found_too_late_is_not_shown(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.locator("#cc-number").press_sequentially("ben")
    await socket.expect("search")
    await frame.fill("#cc-number", "")
    await answer(socket, FOUND)
    await frame.wait_for_selector("#cc-found > *", state="attached")
    await expect(frame.locator("#cc-found")).to_be_hidden()
