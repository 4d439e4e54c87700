"""Handing a call over in the widget: panel, colleagues, two calls, by mouse and keyboard (scripted server)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Frame, expect

from tests.e2e.element.screens import ASKED, COLLEAGUES, WAITS
from tests.e2e.element.scripted_site import ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import OPTIONS, TALKING, html, in_call
from widget.rendering import colleagues_fragment

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
PAUSE_MILLISECONDS = 800
"""Longer than the main button ignores clicks after a change of screen."""
CONSULTING = in_call(replace(WAITS, consulted=ASKED))


async def _opened(site: ScriptedSite) -> tuple[ScriptedSocket, Frame]:
    """A talk with the panel open, and the colleagues in it."""
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.click("#cc-transfer-toggle")
    assert (await socket.expect("colleagues"))["on"] is True
    socket.show(colleagues_fragment(COLLEAGUES, "en"))
    await frame.wait_for_selector(".colleague")
    return socket, frame


async def _agrees(socket: ScriptedSocket, t: str) -> dict[str, object]:
    asked = await socket.expect(t)
    socket.say("result", id=asked["id"], ok=True)
    return asked


async def test_a_number_is_typed_and_transferred_at_once_without_sending_tones(site: ScriptedSite) -> None:
    socket, frame = await _opened(site)
    await expect(frame.locator("#cc-transfer-to")).to_be_focused()
    await frame.type("#cc-transfer-to", "12025550107")
    await frame.get_by_role("button", name="Transfer now").click()
    asked = await _agrees(socket, "transfer")
    assert (asked["to"], asked["kind"]) == ("12025550107", "blind")
    await expect(frame.locator("#cc-transfer")).to_be_hidden()
    await expect(frame.locator("#cc-tones")).to_have_text("")
    await expect(frame.locator("#cc-transfer-toggle")).to_be_focused()
    assert (await socket.expect("colleagues", 2))["on"] is False


async def test_a_colleague_is_found_by_name_and_asked_by_keyboard_alone(site: ScriptedSite) -> None:
    socket, frame = await _opened(site)
    await frame.type("#cc-transfer-to", "chloe")
    await expect(frame.locator(".colleague:visible")).to_have_count(1)
    await expect(frame.locator("#cc-colleagues-found")).to_have_text("Colleagues found: 1.")
    await frame.press("#cc-transfer-to", "ArrowDown")
    await frame.press("#cc-colleague-3", "Enter")
    await expect(frame.locator("#cc-colleague-3")).to_have_attribute("aria-pressed", "true")
    await frame.press("#cc-colleague-3", "ArrowUp")
    await frame.press("#cc-transfer-to", "ArrowUp")
    await frame.press("#cc-transfer-to", "Enter")
    asked = await _agrees(socket, "transfer")
    assert (asked["to"], asked["kind"]) == ("demo_003", "attended")


async def test_presence_changes_under_what_is_typed_and_chosen(site: ScriptedSite) -> None:
    socket, frame = await _opened(site)
    await frame.click("#cc-colleague-2")
    socket.show(colleagues_fragment((replace(COLLEAGUES[0], status=3), *COLLEAGUES[1:]), "en"))
    await expect(frame.locator("#cc-colleague-2 .colleague-status")).to_have_text("Busy")
    await expect(frame.locator("#cc-colleague-2")).to_have_attribute("aria-pressed", "true")
    await expect(frame.locator("#cc-transfer-to")).to_have_value("Ben Example")
    socket.show(html(in_call(replace(TALKING, muted=True))))
    await expect(frame.locator("#cc-mute")).to_have_attribute("aria-pressed", "true")
    await expect(frame.locator("#cc-transfer-to")).to_have_value("Ben Example")
    await expect(frame.locator("#cc-transfer-toggle")).to_have_attribute("aria-expanded", "true")


async def test_nobody_to_transfer_to_and_a_refusal_are_said_beside_the_button(site: ScriptedSite) -> None:
    socket, frame = await _opened(site)
    await frame.get_by_role("button", name="Ask first").click()
    await expect(frame.locator("#cc-refusal")).to_have_text("Choose a colleague or type a number.")
    assert socket.of("transfer") == []
    await frame.type("#cc-transfer-to", "x")
    await expect(frame.locator("#cc-refusal")).to_have_text("")
    await frame.get_by_role("button", name="Ask first").click()
    asked = await socket.expect("transfer")
    socket.say("result", id=asked["id"], ok=False, code=100201, reason="invalid_number", message="No number.")
    await expect(frame.locator("#cc-refusal")).to_have_text("No number.")
    await frame.press("#cc-transfer-to", "Escape")
    await expect(frame.locator("#cc-transfer")).to_be_hidden()


@pytest.mark.parametrize(
    ("button", "t"), [("Complete", "complete_transfer"), ("Back", "cancel_transfer"), ("Swap", "swap_calls")]
)
async def test_two_calls_are_completed_left_and_swapped(site: ScriptedSite, button: str, t: str) -> None:
    _page, socket, frame = await site.signed_in(html=html(CONSULTING))
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)  # the button's own pause, not a race of ours
    await frame.get_by_role("button", name=button).click()
    await socket.expect(t)


async def test_two_calls_are_said_and_the_heard_one_is_marked(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(CONSULTING))
    said = frame.locator("#cc-say")
    await expect(said).to_have_text("You are talking to Ben Example. (202) 555-0100 waits on hold.")
    await expect(frame.locator("[data-heard=yes]")).to_contain_text("Ben Example")
    socket.show(html(in_call(replace(TALKING, consulted=replace(ASKED, held=True)))))
    await expect(said).to_have_text("You are talking to (202) 555-0100. Ben Example waits on hold.")
    failed = replace(TALKING, transfer_to="100", transfer_state="failed", transfer_code=486)
    socket.show(html(in_call(failed)))
    await expect(said).to_have_text("Not transferred to 100. The line is busy.")


async def test_a_mode_without_transfers_has_no_panel(site: ScriptedSite) -> None:
    without = replace(OPTIONS, blind_transfer=False, consult_transfer=False)
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING), without))
    await expect(frame.locator("#cc-transfer-toggle")).to_have_count(0)
    socket.show(html(in_call(TALKING), replace(OPTIONS, consult_transfer=False)))
    await frame.click("#cc-transfer-toggle")
    await expect(frame.locator("#cc-transfer-attended")).to_have_count(0)


async def test_the_page_transfers_by_its_method(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in(html=html(in_call(TALKING)))
    await page.evaluate("""
      const sdk = document.querySelector("cc-sdk");
      window.transfers = [
        settled(sdk.transferCall({ to: "100", type: "attended" })),
        settled(sdk.transferCall({ type: "complete" })),
        settled(sdk.transferCall({ to: "100", type: "warm" })),
        settled(sdk.transferCall({ to: " ", type: "blind" })),
      ]; 0""")
    asked = await _agrees(socket, "transfer")
    assert (asked["to"], asked["kind"]) == ("100", "attended")
    await _agrees(socket, "complete_transfer")
    done = await page.evaluate("Promise.all(window.transfers)")
    assert done[:2] == [{"value": None}, {"value": None}]
    assert [each["code"] for each in done[2:]] == [100216, 100216]
