"""How the frame is set up for a picture, and what a person or a machine would object to in a screen.

``make screens`` sets ``CCSDK_SCREENS`` to the folder that the screenshots go to.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Frame, Page

from tests.e2e.element import pictures
from tests.e2e.element.screens import Screen
from tests.e2e.element.scripted_site import TOKEN, ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import html
from widget.rendering import colleagues_fragment, found_fragment

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
  // A button that has no room reaches out of what it stands in.
  const out = fixed.filter(([one, box]) => {
    const around = one.closest(".notice, .strip, .compact, .tiles, .choice") ?? document.body;
    const { left, right } = around.getBoundingClientRect();
    return box.left < left - 1 || box.right > right + 1;
  });
  return [...out.map(([one]) => `reaches out: ${name(one)} ${one.textContent}`),
    ...cut.map((one) => `cut off: ${name(one)} ${one.textContent}`),
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

    @property
    def direction(self) -> str:
        return "rtl" if self.language == "ar" else "ltr"


VARIANTS = (
    Variant("light"),
    Variant("dark", scheme="dark"),
    Variant("rtl", language="ar"),
    Variant("narrow", width=280, language="es"),
    Variant("wide", width=480, language="de"),
)


async def open_signed_in(
    variant: Variant,
    site: ScriptedSite,
    *,
    workbench: bool = True,
    headers: Mapping[str, str] | None = None,
    settles: bool = True,
    **said: Any,
) -> tuple[Page, ScriptedSocket, Frame]:
    """``settles``: wait until the audio is up, or known to stay down. ``said`` is told with the sign-in."""
    style = f"<style>body{{margin:8px}}cc-sdk{{--cc-width:{variant.width}px}}</style>"
    page = await site.open(head=style, headers=headers)
    await page.evaluate(f"window.done = settled(ccSdk.register({{ token: '{TOKEN}', lang: '{variant.language}' }})); 0")
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept(workbench=workbench, lang=variant.language, dir=variant.direction, **said)
    if settles:
        await page.evaluate("window.done")
    frame = page.frames[-1]
    await frame.evaluate(AXE.read_text())
    return page, socket, frame


async def show(frame: Frame, socket: ScriptedSocket, screen: Screen, variant: Variant) -> None:
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
    await frame.page.mouse.move(0, 0)
    await frame.evaluate(STEADY)


async def look_at(page: Page, frame: Frame, name: str, variant: Variant) -> list[str]:
    """What is wrong with the screen that is shown; a screenshot of it where they are asked for."""
    found = [f"{name}: {text}" for text in await frame.evaluate(CHECK, [WCAG, NOT_OURS])]
    if not await frame.evaluate(FITS):
        found.append(f"{name}: wider than the frame")
    found += [f"{name}: {text}" for text in await frame.evaluate(LAYOUT)]
    if said := await pictures.compare(page, frame, f"{name}-{variant.name}"):
        found.append(f"{name}: {said}")
    if FOLDER:
        path = Path(FOLDER) / f"{name}-{variant.name}.png"
        await page.locator("cc-sdk").screenshot(path=path, animations="disabled")
    return found
