"""What a page sets by attributes and styles: theme properties and click-to-dial."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest

from tests.e2e.element.scripted_site import CRM, PHONE, TOKEN, ScriptedSite, holds
from tests.e2e.element.snapshots import IDLE, html

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
GUIDE = Path(__file__).parents[3] / "docs/embedding.md"
REGISTER = "(token) => { window.done = settled(ccSdk.register({ token })) }"
MORE_LINKS = """<cc-sdk></cc-sdk><main data-cc-dial></main><script nonce="n1">
for (const [id, href] of [["plain", "tel:+1 (202) 555.0100"], ["upper", "TEL:+12025550100"], ["slashes", "tel://+12025550100"],
    ["pause", "tel:+12025550100,,7"], ["context", "tel:7042;phone-context=example.com"], ["star", "tel:*21%23"]]) {
  const link = document.querySelector("main").appendChild(document.createElement("a"));
  Object.assign(link, { id, href, textContent: id });
}
</script>"""
LINKS = """<cc-sdk></cc-sdk><main data-cc-dial>
<a id=in href="tel:+1-202-555-0100;ext=7" data-cc-info="Order 77"><b>Ann</b></a></main>
<a id=out href="tel:+1999">Bob</a>"""

# What screen readers call the phone's frame.
NAME = "document.querySelector('cc-sdk').shadowRoot.querySelector('iframe').title"


async def test_the_pages_properties_colour_the_widget_and_load_nothing(site: ScriptedSite) -> None:
    style = "<style>cc-sdk{--cc-accent:rebeccapurple;--cc-radius:3px;--cc-background:url(https://evil.test/x)}</style>"
    page = await site.open(head=style)
    await page.evaluate(REGISTER, TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    socket.show(html(IDLE))
    assert "value" in await page.evaluate("done")
    frame = page.frames[-1]
    values = await frame.evaluate("""["accent", "radius", "background"].map((name) =>
      document.documentElement.style.getPropertyValue(`--${name}`))""")
    assert values == ["rebeccapurple", "3px", ""]
    key = "getComputedStyle(document.querySelector('.key')).borderRadius"
    assert await frame.evaluate(key) == "3px"
    assert site.console == []


async def test_a_change_of_the_pages_look_is_followed_at_once(site: ScriptedSite) -> None:
    """Of a class somewhere above, of a media query, and back; nobody touches the element itself."""
    style = """<style>
      cc-sdk { --cc-accent: var(--brand); --cc-radius: 3px }
      :root { --brand: rebeccapurple }
      .evening { --brand: teal }
      @media (prefers-color-scheme: dark) { cc-sdk { --cc-radius: 9px } }
    </style>"""
    page = await site.open(head=style)
    await page.evaluate(REGISTER, TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    assert "value" in await page.evaluate("done")
    frame = page.frames[-1]
    shown = "document.documentElement.style.getPropertyValue"
    await holds(frame, f"{shown}('--accent') === 'rebeccapurple'")
    await page.evaluate("document.documentElement.className = 'evening'")
    await holds(frame, f"{shown}('--accent') === 'teal'")
    await page.emulate_media(color_scheme="dark")
    await holds(frame, f"{shown}('--radius') === '9px'")
    await page.evaluate("document.documentElement.className = ''")
    await holds(frame, f"{shown}('--accent') === 'rebeccapurple'")


async def test_theme_and_language_follow_the_elements_attributes(site: ScriptedSite) -> None:
    page = await site.open(
        head="<style>cc-sdk::part(frame){border-radius:12px}</style>", body="<cc-sdk theme=dark lang=es></cc-sdk>"
    )
    await page.evaluate(REGISTER, TOKEN)
    socket = await site.socket()
    assert (await socket.expect("auth"))["options"]["lang"] == "es"
    socket.accept(lang="es")
    assert "value" in await page.evaluate("done")
    frame = page.frames[-1]
    assert await frame.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == [
        "es",
        "dark",
    ]
    radius = "getComputedStyle(document.querySelector('cc-sdk').shadowRoot.querySelector('iframe')).borderRadius"
    assert await page.evaluate(radius) == "12px"
    await page.evaluate("document.querySelector('cc-sdk').setAttribute('theme', 'light')")
    await frame.wait_for_selector("html[data-theme=light]", state="attached")
    await page.evaluate("document.querySelector('cc-sdk').lang = 'en'")
    assert (await socket.expect("auth", 2))["options"]["lang"] == "en"
    assert await page.evaluate(NAME) == "Teléfono"
    socket.accept(lang="en")
    await page.wait_for_function(f"{NAME} === 'Softphone'")
    await page.evaluate("document.querySelector('cc-sdk').removeAttribute('theme')")
    await frame.wait_for_selector("html[data-theme=auto]", state="attached")


async def test_a_tel_link_is_dialled_where_the_page_asks_for_it(site: ScriptedSite) -> None:
    page = await site.open(body=LINKS)
    await page.evaluate(REGISTER, TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    assert "value" in await page.evaluate("done")
    await page.evaluate(
        "addEventListener('click', (e) => { seen.push(['left', e.defaultPrevented]); e.preventDefault() })"
    )
    await page.click("#out")
    await page.click("#in b")
    dial = await socket.expect("dial")
    assert (dial["phone"], dial["info"]) == ("+1-202-555-0100", "Order 77")
    assert len(socket.of("dial")) == 1
    assert [entry for entry in await page.evaluate("seen") if entry[0] == "left"] == [["left", False], ["left", True]]


async def test_links_in_every_spelling_by_mouse_and_by_keyboard(site: ScriptedSite) -> None:
    page = await site.open(body=MORE_LINKS)
    await page.evaluate(REGISTER, TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    assert "value" in await page.evaluate("done")
    spelled = ("plain", "upper", "slashes", "pause", "context", "star")
    for count, name in enumerate(spelled, 1):
        await page.focus(f"#{name}")
        await page.keyboard.press("Enter")
        await socket.expect("dial", count)
    number = "+12025550100"
    dialled = [dial["phone"] for dial in socket.of("dial")]
    assert dialled == ["+1 (202) 555.0100", number, number, number, "7042", "*21#"]


@pytest.mark.parametrize("key", ["Control", "Shift", "Alt", "Meta"])
async def test_a_click_with_a_modifier_key_is_the_browsers(
    site: ScriptedSite, key: Literal["Control", "Shift", "Alt", "Meta"]
) -> None:
    page = await site.open(body=LINKS)
    await page.evaluate("addEventListener('click', (e) => { seen.push(e.defaultPrevented); e.preventDefault() })")
    await page.click("#in b", modifiers=[key])
    await page.click("#in b")
    assert [entry for entry in await page.evaluate("seen") if isinstance(entry, bool)] == [False, True]


async def test_the_guides_plain_page_runs(site: ScriptedSite) -> None:
    example = re.search(r"## A plain page\n```html\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.S)
    assert example
    stub = f"<!doctype html><script>const fetchToken = async () => '{TOKEN}'</script>"
    site.pages["/"] = (stub + example[1].replace("https://cc.example.com", PHONE), {})
    page = await site.context.new_page()
    await page.goto(f"{CRM}/")
    socket = await site.socket()
    assert (await socket.expect("auth"))["options"] == {"lang": "en"}
    socket.accept()
    await socket.expect("offer")
    await page.wait_for_function("document.querySelector('cc-sdk').getState().signedIn")
    await page.click("#call")
    assert (await socket.expect("dial"))["info"] == "Order 77"
    socket.say("token", seconds=60)
    await socket.expect("auth", 2)
