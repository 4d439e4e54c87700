"""Every screen in every variant: nothing that axe-core objects to, nothing cut off, and it looks like its picture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.e2e.element.screens import ASKED, BARS, CARDS, SCREENS, WAITS, Screen
from tests.e2e.element.scripted_site import ScriptedSite
from tests.e2e.element.snapshots import TALKING, in_call
from tests.e2e.element.variants import Variant, look_at, open_signed_in, show

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
# What the server took to answer is another number each time, and two digits are wider than one.
SAME_TIME = """document.querySelectorAll("#cc-check-results > li").forEach((one) => {
  for (const text of one.childNodes) text.textContent = text.textContent.replace(/\\d+/, "5");
})"""


async def test_what_the_server_shows(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    found: list[str] = []
    for screen in SCREENS:
        await show(frame, socket, screen, variant)
        found += await look_at(page, frame, screen.name, variant)
        if screen.found is not None:
            await frame.fill("#cc-number", "")
    assert found == []


async def test_the_bar_of_a_folded_workbench(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    options = {"workbench": True, "theme": "auto", "accent": "", "opensForCalls": False, "lang": variant.language}
    socket.say("options", options={**options, "dir": variant.direction}, echo="")
    await show(frame, socket, SCREENS[0], variant)
    await frame.click("#cc-fold")
    found: list[str] = []
    for screen in BARS:
        await show(frame, socket, screen, variant)
        found += await look_at(page, frame, screen.name, variant)
    assert found == []


async def test_the_cards_without_the_workbench(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site, workbench=False)
    found: list[str] = []
    for screen in CARDS:
        await show(frame, socket, screen, variant)
        found += await look_at(page, frame, screen.name, variant)
    assert found == []


async def test_the_panel_of_devices(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    await show(frame, socket, SCREENS[0], variant)
    await frame.click("#cc-devices-button")
    await frame.wait_for_selector("#cc-device-input option:nth-child(3)", state="attached")
    found = await look_at(page, frame, "devices", variant)
    await frame.click("[data-action=device_check]")
    await frame.wait_for_selector("#cc-check-results > li:nth-child(4)")
    await frame.wait_for_selector("#cc-check-summary:not(:empty)")
    await frame.evaluate(SAME_TIME)
    await frame.locator("#cc-check-summary").scroll_into_view_if_needed()
    found += await look_at(page, frame, "devices-checked", variant)
    assert found == []


async def test_how_a_call_sounds(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    await show(frame, socket, Screen("talking", in_call(TALKING)), variant)
    found: list[str] = []
    for name, mos, verdict in (("good", 4.3, "good"), ("fair", 3.8, "carrier"), ("silence", 1, "agent_silent")):
        value = {"mos": mos, "loss": 0, "jitter_ms": 3, "round_trip_ms": 40, "verdict": verdict}
        socket.say("quality", value=value)
        level = "none" if name == "silence" else name
        await frame.wait_for_selector(f"#cc-quality[data-level={level}]")
        found += await look_at(page, frame, f"quality-{name}", variant)
    assert found == []


async def test_how_a_consultation_sounds(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    await show(frame, socket, Screen("consulting", in_call(replace(WAITS, consulted=ASKED))), variant)
    value = {"mos": 3.1, "loss": 0, "jitter_ms": 3, "round_trip_ms": 40, "verdict": "agent_network"}
    socket.say("quality", value=value, beside=True)
    await frame.wait_for_selector("#cc-quality[data-level=poor]")
    assert await look_at(page, frame, "quality-consulting", variant) == []
