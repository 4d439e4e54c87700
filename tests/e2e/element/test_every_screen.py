"""Every screen in every variant: nothing that axe-core objects to, nothing cut off, and screenshots on demand.

``make screens`` sets ``CCSDK_SCREENS`` to the folder that the screenshots go to.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from django.http import HttpResponse
from playwright.async_api import Browser, Frame, Page

from tests.e2e.element.screens import BARS, CARDS, SCREENS, Screen
from tests.e2e.element.scripted_site import TOKEN, ScriptedSite, ScriptedSocket, scripted_site
from tests.e2e.element.snapshots import TALKING, html, in_call
from widget.rendering import colleagues_fragment, found_fragment

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
AXE = Path(__file__).parents[3] / ".venv/biome/node_modules/axe-core/axe.min.js"
FOLDER = os.environ.get("CCSDK_SCREENS", "")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The frame is a part of a page: that page has the landmarks, the levels of headings and the title.
NOT_OURS = ("page-has-heading-one", "landmark-one-main", "region", "heading-order")
CHECK = """async ([tags, not_ours]) => {
  const rules = Object.fromEntries(not_ours.map((rule) => [rule, { enabled: false }]));
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags }, rules });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" | ")}`);
}"""
FITS = "document.documentElement.scrollWidth <= innerWidth"
# What a person who compares screenshots would object to: text that is cut off, buttons that lie on each other or are
# too small to hit. A part that scrolls may reach beyond what is seen of it.
LAYOUT = """() => {
  const shown = (one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest(".hidden, [hidden]");
  const name = (one) => one.id || one.className || one.tagName;
  const texts = [...document.querySelectorAll("p, h1, h2, button, span, bdi, label, output")].filter(shown);
  const meant = (one) => getComputedStyle(one).textOverflow === "ellipsis" || getComputedStyle(one).clipPath !== "none";
  const cut = texts.filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1 && !meant(one));
  const scope = document.querySelector("dialog[open]") ?? document;
  const targets = [...scope.querySelectorAll("button, input, textarea, select")].filter(shown)
    .map((one) => [one, one.getBoundingClientRect()]);
  const small = targets.filter(([, { width, height }]) => width < 24 || height < 24);
  const meets = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const fixed = targets.filter(([one]) => !one.closest("[popover], .stage-body, .colleagues, dialog"));
  const over = fixed.flatMap(([one, box], place) => fixed.slice(place + 1)
    .filter(([other, its]) => !one.contains(other) && !other.contains(one) && meets(box, its))
    .map(([other]) => `${name(one)} lies on ${name(other)}`));
  return [...cut.map((one) => `cut off: ${name(one)} ${one.textContent}`),
    ...small.map(([one]) => `too small: ${name(one)}`), ...over];
}"""
STEADY = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getTiming().iterations === 1).map((one) => one.finished))"""


@dataclass(frozen=True, slots=True)
class Variant:
    """How the agent's browser is set up."""

    name: str
    scheme: Literal["light", "dark"] = "light"
    language: str = "en"
    width: int = 340


VARIANTS = (
    Variant("light"),
    Variant("dark", scheme="dark"),
    Variant("rtl", language="ar"),
    Variant("narrow", width=280, language="es"),
)


@pytest_asyncio.fixture(loop_scope="module", params=VARIANTS, ids=lambda variant: variant.name)
async def varied(
    request: pytest.FixtureRequest, one_browser: Browser, documents: dict[str, HttpResponse]
) -> AsyncIterator[tuple[Variant, ScriptedSite]]:
    variant: Variant = request.param
    viewport: Any = {"width": variant.width + 16, "height": 620}
    async with scripted_site(
        one_browser, documents, viewport=viewport, color_scheme=variant.scheme, reduced_motion="reduce"
    ) as opened:
        yield variant, opened


async def _open(variant: Variant, site: ScriptedSite, *, workbench: bool = True) -> tuple[Page, ScriptedSocket, Frame]:
    style = f"<style>body{{margin:8px}}cc-sdk{{--cc-width:{variant.width}px}}</style>"
    page = await site.open(head=style)
    await page.evaluate(f"window.done = settled(ccSdk.register({{ token: '{TOKEN}', lang: '{variant.language}' }})); 0")
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept(workbench=workbench, lang=variant.language, dir="rtl" if variant.language == "ar" else "ltr")
    await page.evaluate("window.done")
    frame = page.frames[-1]
    await frame.evaluate(AXE.read_text())
    return page, socket, frame


async def _show(frame: Frame, socket: ScriptedSocket, screen: Screen, variant: Variant) -> None:
    socket.show(html(screen.view, replace(screen.options, language=variant.language)))
    await frame.wait_for_selector("#cc-stage:not([data-stage=loading])", state="attached")
    await frame.wait_for_timeout(50)
    if screen.click:
        await frame.click(screen.click)
    if screen.colleagues is not None:
        socket.show(colleagues_fragment(screen.colleagues, variant.language))
        await frame.wait_for_selector("#cc-colleagues > *")
    if screen.found is not None:
        await frame.locator("#cc-number").press_sequentially("20")
        asked = await socket.expect("search")
        socket.show(found_fragment(screen.found, variant.language))
        socket.say("result", id=asked["id"], ok=True)
        await frame.wait_for_selector("#cc-found > *")
        await frame.press("#cc-number", "ArrowDown")
    await frame.evaluate(STEADY)


async def _look(page: Page, frame: Frame, name: str, variant: Variant) -> list[str]:
    """What is wrong with the screen that is shown; a screenshot of it where they are asked for."""
    found = [f"{name}: {text}" for text in await frame.evaluate(CHECK, [WCAG, NOT_OURS])]
    if not await frame.evaluate(FITS):
        found.append(f"{name}: wider than the frame")
    found += [f"{name}: {text}" for text in await frame.evaluate(LAYOUT)]
    if FOLDER:
        path = Path(FOLDER) / f"{name}-{variant.name}.png"
        await page.locator("cc-sdk").screenshot(path=path, animations="disabled")
    return found


async def test_what_the_server_shows(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await _open(variant, site)
    found: list[str] = []
    for screen in SCREENS:
        await _show(frame, socket, screen, variant)
        found += await _look(page, frame, screen.name, variant)
        if screen.found is not None:
            await frame.fill("#cc-number", "")
    assert found == []


async def test_the_bar_of_a_folded_workbench(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await _open(variant, site)
    options = {"workbench": True, "theme": "auto", "accent": "", "opensForCalls": False, "lang": variant.language}
    direction = "rtl" if variant.language == "ar" else "ltr"
    socket.say("options", options={**options, "dir": direction}, echo="")
    await _show(frame, socket, SCREENS[0], variant)
    await frame.click("#cc-fold")
    found: list[str] = []
    for screen in BARS:
        await _show(frame, socket, screen, variant)
        found += await _look(page, frame, screen.name, variant)
    assert found == []


async def test_the_cards_without_the_workbench(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await _open(variant, site, workbench=False)
    found: list[str] = []
    for screen in CARDS:
        await _show(frame, socket, screen, variant)
        found += await _look(page, frame, screen.name, variant)
    assert found == []


async def test_the_panel_of_devices(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await _open(variant, site)
    await _show(frame, socket, SCREENS[0], variant)
    await frame.click("#cc-devices-button")
    await frame.wait_for_selector("#cc-device-input option:nth-child(3)", state="attached")
    found = await _look(page, frame, "devices", variant)
    await frame.click("[data-action=device_check]")
    await frame.wait_for_selector("#cc-check-results > li:nth-child(4)")
    await frame.wait_for_selector("#cc-check-summary:not(:empty)")
    await frame.locator("#cc-check-summary").scroll_into_view_if_needed()
    found += await _look(page, frame, "devices-checked", variant)
    assert found == []


async def test_how_a_call_sounds(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await _open(variant, site)
    await _show(frame, socket, Screen("talking", in_call(TALKING)), variant)
    found: list[str] = []
    for name, mos, verdict in (("good", 4.3, "good"), ("fair", 3.8, "carrier"), ("silence", 1, "agent_silent")):
        value = {"mos": mos, "loss": 0, "jitter_ms": 3, "round_trip_ms": 40, "verdict": verdict}
        socket.say("quality", value=value)
        level = "none" if name == "silence" else name
        await frame.wait_for_selector(f"#cc-quality[data-level={level}]")
        found += await _look(page, frame, f"quality-{name}", variant)
    assert found == []


async def test_what_the_frame_shows_by_itself(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await _open(variant, site)
    await _show(frame, socket, SCREENS[0], variant)
    await socket.route.close(code=4408)
    await frame.wait_for_selector("html[data-state=elsewhere]", state="attached")
    found = await _look(page, frame, "in-use-elsewhere", variant)
    await frame.click(".notice-button")
    second = await site.socket(2)
    await second.expect("auth")
    second.say("refused", code=100200, reason="not_signed_in", message="Your sign-in has expired. Reload the page.")
    await frame.wait_for_selector("html[data-state=refused]", state="attached")
    found += await _look(page, frame, "signed-out", variant)
    assert found == []
