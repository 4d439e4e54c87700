"""The quality mark, the notice of silence, and onQuality, from what the server says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import Frame, expect

from tests.e2e.element.screens import ASKED
from tests.e2e.element.scripted_site import ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import OPTIONS, TALKING, html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]

GOOD: dict[str, Any] = {"mos": 4.3, "loss": 0, "jitter_ms": 3, "round_trip_ms": None, "verdict": "good"}
# Where the layout puts each part: animations move what is painted, not that.
HEIGHTS = "[...document.querySelectorAll('.stage-body > *')].map((part) => part.offsetTop)"


def say(socket: ScriptedSocket, *, beside: bool = False, **changes: Any) -> None:
    socket.say("quality", value=GOOD | changes, beside=beside)


async def told(frame: Frame, text: str) -> None:
    await expect(frame.locator("#cc-quality [data-text]")).to_have_text(text)


async def test_the_mark_says_in_words_how_it_sounds_and_where_it_suffers(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await expect(frame.locator("#cc-quality")).not_to_be_visible()
    before = await frame.evaluate(HEIGHTS)
    say(socket)
    await told(frame, "Good")
    await expect(frame.locator("#cc-quality")).to_be_visible()
    assert await frame.evaluate(HEIGHTS) == before
    say(socket, mos=3.8, verdict="carrier")
    await told(frame, "Fair: the phone network")
    say(socket, mos=2.9, loss=0.12, verdict="agent_network")
    await told(frame, "Poor: your network")
    say(socket, mos=3.2, verdict="our_server")
    await told(frame, "Poor: our server")
    assert await frame.evaluate(HEIGHTS) == before
    heard = [value for name, value in await page.evaluate("seen") if name == "onQuality"]
    assert heard[0] == GOOD
    assert [value["verdict"] for value in heard] == ["good", "carrier", "agent_network", "our_server"]


async def test_the_mark_does_not_flicker_at_a_border_and_outlasts_a_new_rendering(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    say(socket, mos=4.05)
    await told(frame, "Good")
    say(socket, mos=3.95)
    say(socket, mos=3.92, jitter_ms=4)
    socket.show(html(in_call(replace(TALKING, muted=True))))
    await expect(frame.locator("#cc-mute[aria-pressed=true]")).to_be_visible()
    await told(frame, "Good")
    say(socket, mos=3.8)
    await told(frame, "Fair")
    socket.show(html(in_call(replace(TALKING, id="d" * 32))))
    await expect(frame.locator("#cc-quality")).not_to_be_visible()


@pytest.mark.parametrize("workbench", [True, False])
async def test_a_consultation_has_the_mark_of_who_is_heard_and_the_page_no_event(
    site: ScriptedSite, *, workbench: bool
) -> None:
    options = replace(OPTIONS, workbench=workbench)
    page, socket, frame = await site.signed_in(html=html(in_call(TALKING), options))
    say(socket, mos=3)
    await told(frame, "Poor")
    rings = replace(TALKING, held=True, consulted=replace(ASKED, state="ringing", answered_at=None))
    socket.show(html(in_call(rings), options))
    await expect(frame.locator("#cc-quality")).to_have_count(0)
    socket.show(html(in_call(replace(TALKING, held=True, consulted=ASKED)), options))
    await expect(frame.locator("#cc-quality")).not_to_be_visible()
    say(socket, beside=True, mos=3.8, verdict="carrier")
    await told(frame, "Fair: the phone network")
    socket.show(html(in_call(replace(TALKING, consulted=replace(ASKED, held=True))), options))
    await expect(frame.locator("#cc-quality")).not_to_be_visible()
    say(socket, mos=4.4)
    await told(frame, "Good")
    assert [value["mos"] for name, value in await page.evaluate("seen") if name == "onQuality"] == [3, 4.4]


@pytest.mark.parametrize(
    ("verdict", "title"),
    [
        ("agent_silent", "The other side cannot hear you:"),
        ("carrier_silent", "You cannot hear the other side:"),
        ("both_silent", "Neither side hears the other:"),
    ],
)
async def test_silence_is_an_alert_until_it_is_over(site: ScriptedSite, verdict: str, title: str) -> None:
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    say(socket, mos=1, loss=1, verdict=verdict)
    await expect(frame.get_by_role("alert").filter(has_text=title)).to_be_visible()
    await told(frame, "No sound")
    say(socket)
    await expect(frame.get_by_text(title)).to_have_count(0)
    await told(frame, "Good")


async def test_the_card_has_the_mark_with_its_words_for_screen_readers(site: ScriptedSite) -> None:
    options = replace(OPTIONS, workbench=False)
    _page, socket, frame = await site.signed_in()
    socket.show(html(in_call(TALKING), options))
    say(socket, mos=2.5, verdict="carrier")
    await expect(frame.locator(".compact #cc-quality")).to_have_text("Sound quality: Poor: the phone network")
