"""Pages whose own rules, scripts and headers are in the way: the phone works in them, without a word on the console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from playwright.async_api import Page

from tests.e2e.element.scripted_site import PHONE, TOKEN, ScriptedSite, ScriptedSocket, holds
from tests.e2e.element.snapshots import OPTIONS, TALKING, html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
# What a customer's page may send of itself.
REPORTING = {"Content-Security-Policy-Report-Only": "frame-src 'self'"}
ISOLATED = {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"}
RESETS = """<style>* { all: unset } head, script, title { display: none }
  iframe { display: none !important; width: 1px !important; visibility: hidden !important }</style>"""
# As Prototype and the like do, and as pages do that trust no other script.
PATCHES = """<script>
  Array.prototype.each = function () {};
  Array.prototype.toJSON = () => "[]";
  Object.prototype.extra = () => {};
  const add = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (...values) { return add.apply(this, values) };
  const all = [Object, Array, Function, Promise, Error, EventTarget, Event, Node, Element, HTMLElement, Map];
  for (const { prototype } of all) Object.freeze(prototype);
</script>"""
STUB = """<script>window.ccSdk = {q: [], register(o) { this.q.push(["register", o]) }}; window.kept = ccSdk;</script>"""
SIZE = """(() => {
  const box = document.querySelector("cc-sdk").shadowRoot.querySelector("iframe").getBoundingClientRect();
  return [box.width, box.height];
})()"""


async def signed_in(site: ScriptedSite, page: Page, register: str = "ccSdk.register") -> ScriptedSocket:
    await page.evaluate(f"(token) => {{ {register}({{ token }}) }}", TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    await holds(page, "document.querySelector('cc-sdk').getState().webrtcStatus === 1")
    return socket


@pytest.mark.parametrize("headers", [REPORTING, ISOLATED], ids=["a policy that reports", "isolated"])
async def test_headers(site: ScriptedSite, headers: Mapping[str, str]) -> None:
    page = await site.open(headers=headers)
    await signed_in(site, page)
    assert [line for line in site.console if "report-only" not in line] == []


@pytest.mark.parametrize("head", [RESETS, PATCHES, '<base href="https://elsewhere.test/" target="_blank">'])
async def test_styles_and_scripts(site: ScriptedSite, head: str) -> None:
    page = await site.open(head=head)
    await signed_in(site, page)
    assert await page.evaluate(SIZE) == [340, 600]
    assert await page.evaluate("seen") == [["onWebrtcStatus", 1]]
    assert site.console == []


async def test_a_page_that_resets_everything_has_no_room_taken_without_a_call(site: ScriptedSite) -> None:
    page = await site.open(head=RESETS)
    await page.evaluate("(token) => { ccSdk.register({ token, noWorkMode: true }) }", TOKEN)
    await (await site.socket()).expect("auth")
    assert (await page.evaluate(SIZE))[1] == 0


async def test_a_call_that_began_in_a_hidden_part_of_the_page_is_there_when_that_is_shown(site: ScriptedSite) -> None:
    page = await site.open(body='<div id="tab" style="display: none"><cc-sdk></cc-sdk></div>')
    await page.evaluate("(token) => { ccSdk.register({ token, noWorkMode: true }) }", TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept(workbench=False)
    card = replace(TALKING, info="A name that takes more than one line of the card. " * 4)
    socket.show(html(in_call(card), replace(OPTIONS, workbench=False)))
    frame = page.frames[-1]
    await holds(frame, "document.querySelector('#cc-stage').dataset.stage === 'talking'")
    await page.evaluate("document.querySelector('#tab').style.display = ''")
    await holds(frame, "document.body.getBoundingClientRect().height > 100")
    height = await frame.evaluate("Math.ceil(document.body.getBoundingClientRect().height)")
    await holds(page, f"document.querySelector('cc-sdk').getBoundingClientRect().height === {height}")


async def test_a_page_that_kept_the_stub_registers_through_it(site: ScriptedSite) -> None:
    page = await site.open(head=STUB)
    assert await page.evaluate("kept === ccSdk") is False
    await signed_in(site, page, "kept.register")


async def test_an_element_that_replaces_another_in_one_step_has_its_call(site: ScriptedSite) -> None:
    """innerHTML makes the new element before it tells the old one that it went."""
    page = await site.open(body="<main><cc-sdk></cc-sdk></main>")
    socket = await signed_in(site, page)
    socket.call_event(7, 3)
    await holds(page, "seen.some(([name]) => name === 'onCall')")
    await page.evaluate("document.querySelector('main').innerHTML = '<p>Again<cc-sdk></cc-sdk></p>'")
    again = await site.socket(2)
    assert (await again.expect("auth"))["since"] == 7
    again.accept(since=7, call={"callStatus": 3, "calledNumber": "1"})
    await holds(page, "document.querySelector('cc-sdk').getState().call?.callStatus === 3")
    assert site.console == []


async def test_another_agent_gets_a_frame_of_their_own(site: ScriptedSite) -> None:
    """Nothing of the first one's call may show in it."""
    page = await site.open()
    socket = await signed_in(site, page)
    socket.call_event(7, 3)
    await holds(page, "document.querySelector('cc-sdk').getState().call?.callStatus === 3")
    await page.evaluate("(token) => { ccSdk.register({ token }) }", TOKEN.replace("demo_001", "demo_002"))
    other = await site.socket(2)
    assert (await other.expect("auth"))["since"] is None
    other.accept()
    await holds(page, "document.querySelector('cc-sdk').getState().webrtcStatus === 1")
    assert await page.evaluate("document.querySelector('cc-sdk').getState().call") is None


async def test_leaving_before_the_frame_is_there_calls_the_sign_in_off(site: ScriptedSite) -> None:
    page = await site.open()
    answers = await page.evaluate(
        """async (token) => {
          const signedIn = settled(ccSdk.register({ token }));
          return [await settled(document.querySelector("cc-sdk").unregister()), await signedIn];
        }""",
        TOKEN,
    )
    assert [answer.get("code") for answer in answers] == [None, 100200]
    assert await page.evaluate("document.querySelector('cc-sdk').shadowRoot.childElementCount") == 0
    assert site.sockets == []
    assert site.console == [f"warning: cc-sdk 100200: Signed out. {PHONE}/cc/errors#100200"]
