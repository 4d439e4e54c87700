"""What an agent does with a call and after it: mute, hold, answer, status, labels (scripted server)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Frame, expect

from tests.e2e.element.screens import WITH_HISTORY
from tests.e2e.element.scripted_site import ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import IDLE, INCOMING, OPTIONS, TALKING, WRAP_UP, html, in_call
from widget.rendering import AgentView, FrameOptions

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
PAUSE_MILLISECONDS = 800
"""Longer than the main button ignores clicks after a change of screen."""
WATCH_MICROPHONE = """
  const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (ask) navigator.mediaDevices.getUserMedia = async (c) => {
    const stream = await ask(c);
    window.micTrack = stream.getAudioTracks()[0];
    return stream;
  };"""
OPEN = "window.micTrack.enabled"


async def _show(frame: Frame, socket: ScriptedSocket, view: AgentView, options: FrameOptions = OPTIONS) -> None:
    socket.show(html(view, options))
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)  # the button's own pause, not a race of ours


async def test_mute_asks_the_server_and_obeys_it(site: ScriptedSite) -> None:
    await site.context.add_init_script(WATCH_MICROPHONE)
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    tile = frame.get_by_role("button", name="Mute")
    await tile.click()
    assert (await socket.expect("mute"))["on"] is True
    assert await frame.evaluate(OPEN) is True  # asked, not yet done
    await expect(tile).to_have_attribute("aria-pressed", "false")
    socket.show(html(in_call(replace(TALKING, muted=True))))
    await expect(tile).to_have_attribute("aria-pressed", "true")
    assert await frame.evaluate(OPEN) is False
    socket.say("result", id=socket.of("mute")[0]["id"], ok=True)
    await frame.wait_for_timeout(50)
    await tile.click()
    assert (await socket.expect("mute", 2))["on"] is False


async def test_hold_shows_its_time_closes_the_microphone_and_ends_with_resume(site: ScriptedSite) -> None:
    await site.context.add_init_script(WATCH_MICROPHONE)
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.get_by_role("button", name="Hold").click()
    assert (await socket.expect("hold"))["on"] is True
    socket.show(html(in_call(replace(TALKING, held=True, held_at=datetime.now(UTC) - timedelta(minutes=2)))))
    await expect(frame.locator(".strip time")).to_have_text(re.compile("2:0."))
    assert await frame.evaluate(OPEN) is False
    await frame.get_by_role("button", name="Resume").click()
    assert (await socket.expect("hold", 2))["on"] is False
    socket.show(html(in_call(TALKING)))
    await frame.wait_for_function(OPEN)


async def test_a_page_loaded_during_a_hold_knows_since_when(site: ScriptedSite) -> None:
    held = replace(TALKING, held=True, held_at=datetime.now(UTC) - timedelta(minutes=9))
    _page, _socket, frame = await site.signed_in(html=html(in_call(held)))
    await expect(frame.locator(".strip time")).to_have_text(re.compile("9:.."))


async def test_hold_by_the_other_side_is_said(site: ScriptedSite) -> None:
    _page, _socket, frame = await site.signed_in(html=html(in_call(replace(TALKING, held_by_far_end=True))))
    await expect(frame.locator(".strip")).to_have_text("The other side put you on hold.")


async def test_a_refused_hold_says_why(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.get_by_role("button", name="Hold").click()
    hold = await socket.expect("hold")
    socket.say("result", id=hold["id"], ok=False, code=100219, reason="no_such_call", message="No call for it.")
    await expect(frame.locator("#cc-refusal")).to_have_text("No call for it.")


@pytest.mark.parametrize(("name", "command"), [("Answer", "answer_call"), ("Reject", "reject_call")])
async def test_an_incoming_call_rings_until_it_is_decided(site: ScriptedSite, name: str, command: str) -> None:
    page, socket, frame = await site.signed_in(html=html(IDLE))
    silent = "document.getElementById('cc-ringer').paused"
    assert await frame.evaluate(silent) is True
    await _show(frame, socket, in_call(INCOMING))
    assert await frame.evaluate(silent) is False
    await page.wait_for_function("document.title === 'Incoming call +44 20 7946 0958'")
    await page.wait_for_function("document.title === 'CRM'")
    await frame.get_by_role("button", name=name, exact=True).click()
    await socket.expect(command)
    socket.show(html(IDLE))
    await frame.wait_for_function(silent)
    await page.wait_for_timeout(1200)  # one blink
    assert await page.title() == "CRM"


async def test_a_hidden_page_with_leave_gets_a_notification(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in(html=html(IDLE))
    await page.evaluate("""() => {
      window.told = [];
      Object.defineProperty(document, 'hidden', { value: true });
      window.Notification = class { static permission = 'granted';
        constructor(title, { body }) { told.push([title, body]); } };
    }""")
    socket.show(html(in_call(INCOMING)))
    await page.wait_for_function("told.length === 1")
    assert await page.evaluate("told") == [["Incoming call", "+44 20 7946 0958"]]


async def test_a_status_is_chosen_by_keyboard(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.focus("#cc-status-button")
    await frame.press("#cc-status-button", "Enter")
    await frame.press("#cc-status-button", "Tab")
    await frame.press("[data-value='2']", "Tab")
    await frame.press("[data-value='3']", "Tab")
    await frame.press("[data-value='5']", "Enter")
    assert (await socket.expect("status"))["value"] == 5


async def test_a_status_chosen_in_a_call_is_shown_as_coming(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.click("#cc-status-button")
    await frame.click("[data-value='5']")
    socket.say("result", id=(await socket.expect("status"))["id"], ok=True)
    coming = frame.locator("#cc-status-next")
    socket.show(html(replace(in_call(TALKING), next_status=5)))
    await expect(coming).to_have_text("Short break after this call")
    socket.show(html(replace(IDLE, status=5)))
    await expect(coming).to_have_text("")


async def test_labels_are_saved_with_the_remark(site: ScriptedSite) -> None:
    options = replace(OPTIONS, labels=("Order", "Complaint"), remark_required=True)
    _page, socket, frame = await site.signed_in(html=html(WRAP_UP, options))
    await frame.get_by_role("button", name="Complaint").click()
    first = await socket.expect("remark")
    assert (first["text"], first["labels"]) == ("", ["Complaint"])
    socket.say("result", id=first["id"], ok=True)
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)
    await frame.click("#cc-main")
    await expect(frame.locator("#cc-refusal")).to_have_text("Write a remark first.")
    await expect(frame.locator("#cc-remark")).to_be_focused()
    await frame.fill("#cc-remark", "Ready on Monday")
    second = await socket.expect("remark", 2)
    assert (second["text"], second["labels"]) == ("Ready on Monday", ["Complaint"])
    socket.say("result", id=second["id"], ok=True)
    await frame.click("#cc-main")
    await socket.expect("finish_wrap_up")


async def test_wrap_up_is_extended(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(WRAP_UP))
    await frame.get_by_role("button", name="Extend").click()
    await socket.expect("extend_wrap_up")


async def test_recent_calls_are_called_again(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(WITH_HISTORY))
    await frame.get_by_role("button", name="Recent calls").click()
    await expect(frame.locator(".recent-call")).to_have_count(4)
    await expect(frame.locator(".moment").first).not_to_have_text("")
    socket.show(html(replace(WITH_HISTORY, status=5)))  # rendered anew: the view stays
    await frame.wait_for_selector(".status[data-status=break]")
    await expect(frame.locator("#cc-number")).to_be_hidden()
    await frame.get_by_role("button", name="Call +44 20 7946 0958").click()
    dial = await socket.expect("dial")
    assert dial["phone"] == "+442079460958"
    socket.say("result", id=dial["id"], ok=False, code=100204, reason="no_trunk", message="No phone line.")
    await expect(frame.locator("#cc-refusal")).to_have_text("No phone line.")


async def test_without_the_workbench_a_card_answers_and_mutes(site: ScriptedSite) -> None:
    options = replace(OPTIONS, workbench=False)
    _page, socket, frame = await site.signed_in(options="noWorkMode: true")
    await _show(frame, socket, in_call(INCOMING), options)
    await frame.get_by_role("button", name="Answer").click()
    await socket.expect("answer_call")
    await _show(frame, socket, in_call(TALKING), options)
    await frame.get_by_role("button", name="Mute").click()
    await socket.expect("mute")
