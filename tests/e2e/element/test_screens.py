"""What an agent does in the widget: dialling, keys, remarks, focus, languages (scripted server)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.async_api import Frame, expect

from tests.e2e.element.scripted_site import TOKEN, ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import CALLING, ENDED, IDLE, OPTIONS, RINGING, TALKING, WRAP_UP, html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
MAIN = "#cc-main"
PAUSE_MILLISECONDS = 800
"""Longer than the main button ignores clicks after a change of screen."""


async def _show(frame: Frame, socket: ScriptedSocket, text: str, stage: str) -> None:
    socket.show(text)
    await frame.wait_for_selector(f"#cc-stage[data-stage={stage}]")
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)  # the button's own pause, not a race of ours


async def test_the_pad_the_keyboard_and_pasting_fill_one_number(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    field = frame.locator("#cc-number")
    await frame.click("[data-key='1']")
    await frame.press("body", "2")
    await field.focus()
    await field.press("3")
    await expect(field).to_have_value("123")
    await frame.click("#cc-erase")
    await expect(field).to_have_value("12")
    await field.fill("tel: +1 (202) 555-0100 ext")
    await expect(field).to_have_value("+12025550100")
    socket.show(html(replace(IDLE, status=5)))  # rendered anew: what was typed stays
    await frame.wait_for_selector(".status[data-status=break]")
    await expect(field).to_have_value("+12025550100")
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)
    await field.press("Enter")
    dial = await socket.expect("dial")
    assert (dial["phone"], dial["info"]) == ("+12025550100", "")
    assert site.console == []


async def test_holding_zero_types_a_plus_and_holding_erase_clears(site: ScriptedSite) -> None:
    _page, _socket, frame = await site.signed_in(html=html(IDLE))
    field = frame.locator("#cc-number")
    await frame.click("[data-key='0']", delay=700)
    await frame.click("[data-key='4']")
    await expect(field).to_have_value("+4")
    await frame.click("#cc-erase", delay=700)
    await expect(field).to_have_value("")


async def test_a_refused_dial_says_why_beside_the_button_and_keeps_the_number(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.fill("#cc-number", "12025550100")
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)
    await frame.click(MAIN)
    dial = await socket.expect("dial")
    socket.say("result", id=dial["id"], ok=False, code=100204, reason="no_trunk", message="No phone line.")
    await expect(frame.locator("#cc-refusal")).to_have_text("No phone line.")
    await expect(frame.locator("#cc-number")).to_have_value("12025550100")
    await frame.press("#cc-number", "5")
    await expect(frame.locator("#cc-refusal")).to_have_text("")


async def test_a_double_click_does_not_hang_up_what_it_dialled(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.fill("#cc-number", "12025550100")
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)
    await frame.click(MAIN)
    dial = await socket.expect("dial")
    socket.say("result", id=dial["id"], ok=True, callId="c")
    socket.show(html(in_call(CALLING)))
    await frame.wait_for_selector("#cc-stage[data-stage=calling]")
    await frame.click(MAIN)
    await frame.wait_for_timeout(PAUSE_MILLISECONDS)
    assert socket.of("hang_up") == []
    await frame.click(MAIN)
    await socket.expect("hang_up")


async def test_the_microphone_is_open_in_a_talk_only(site: ScriptedSite) -> None:
    await site.context.add_init_script("""
      const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
      if (ask) navigator.mediaDevices.getUserMedia = async (c) => {
        const stream = await ask(c);
        window.micTrack = stream.getAudioTracks()[0];
        return stream;
      };""")
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    enabled = "window.micTrack.enabled"
    assert await frame.evaluate(enabled) is False
    await _show(frame, socket, html(in_call(RINGING)), "ringing")
    assert await frame.evaluate(enabled) is False
    await _show(frame, socket, html(in_call(TALKING)), "talking")
    assert await frame.evaluate(enabled) is True
    await _show(frame, socket, html(WRAP_UP), "wrap_up")
    assert await frame.evaluate(enabled) is False


async def test_ringback_is_heard_unless_the_carrier_sends_its_own(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    silent = "document.getElementById('cc-ringback').paused"
    await _show(frame, socket, html(in_call(RINGING)), "ringing")
    assert await frame.evaluate(silent) is False
    socket.show(html(in_call(replace(RINGING, early_media=True))))
    await frame.wait_for_function(silent)


async def test_keys_in_a_talk_are_sent_as_tones(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.click("#cc-keypad-toggle")
    await frame.click("[data-action=tone][data-key='5']")
    await frame.press("body", "#")
    await expect(frame.locator("#cc-tones")).to_have_text("5#")
    socket.show(html(in_call(replace(TALKING, remark="from elsewhere"))))
    await frame.wait_for_timeout(100)
    await expect(frame.locator("#cc-tones")).to_have_text("5#")
    assert await frame.get_attribute("#cc-keypad-toggle", "aria-expanded") == "true"


async def test_a_remark_is_saved_by_itself_and_survives_every_swap(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.fill("#cc-remark", "Wants an offer")
    first = await socket.expect("remark")
    assert (first["call_id"], first["text"]) == (TALKING.id, "Wants an offer")
    socket.say("result", id=first["id"], ok=True)
    await expect(frame.locator("#cc-remark-mark")).to_have_text("Saved")
    await frame.press("#cc-remark", "!")
    await _show(frame, socket, html(WRAP_UP), "wrap_up")
    await expect(frame.locator("#cc-remark")).to_have_value("Wants an offer!")
    await expect(frame.locator("#cc-remark")).to_be_focused()
    second = await socket.expect("remark", 2)
    socket.say("result", id=second["id"], ok=True)
    await frame.click(MAIN)
    await socket.expect("finish_wrap_up")


async def test_a_remark_typed_while_the_server_is_away_is_sent_when_it_is_back(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(WRAP_UP))
    await socket.route.close(code=1011)
    await frame.wait_for_selector("text=Connection lost")
    await frame.fill("#cc-remark", "Typed in the dark")
    second = await site.socket(2)
    await second.expect("auth")
    second.accept()
    second.show(html(WRAP_UP))
    remark = await second.expect("remark")
    assert remark["text"] == "Typed in the dark"
    second.say("result", id=remark["id"], ok=True)
    await expect(frame.locator("#cc-remark-mark")).to_have_text("Saved")
    await expect(frame.locator("#cc-remark")).to_have_value("Typed in the dark")


async def test_the_focus_stays_or_goes_to_the_main_button(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.focus("#cc-number")
    await _show(frame, socket, html(in_call(CALLING)), "calling")
    await expect(frame.locator(MAIN)).to_be_focused()
    await _show(frame, socket, html(in_call(TALKING)), "talking")
    await expect(frame.locator(MAIN)).to_be_focused()
    await _show(frame, socket, html(IDLE), "idle")
    await expect(frame.locator(MAIN)).to_be_focused()


async def test_what_happens_is_said(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    say = frame.locator("#cc-say[role=status]")
    socket.show(html(in_call(RINGING)))
    await expect(say).to_have_text("(202) 555-0100 is ringing.")
    socket.show(html(replace(IDLE, call=replace(ENDED, answered_at=None, termination="busy"))))
    await expect(say).to_contain_text("The line is busy.")


async def test_clocks_follow_the_servers_time(site: ScriptedSite) -> None:
    await site.context.add_init_script("const real = Date.now; Date.now = () => real() + 3_600_000")
    _page, _socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    text = await frame.inner_text(".party-state time")
    assert int(text.split(":")[0]) < 30  # the hour that this computer is off does not show


async def test_another_language_at_run_time(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(options="lang: 'en'", html=html(IDLE))
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token, lang: 'es' })) }", TOKEN)
    auth = await socket.expect("auth", 2)
    assert auth["options"]["lang"] == "es"
    socket.accept(lang="es")
    socket.show(html(IDLE, replace(OPTIONS, language="es")))
    await expect(frame.locator(MAIN)).to_have_text("Llamar")
    await frame.wait_for_selector("html[lang=es]", state="attached")
    await socket.route.close(code=1011)
    await frame.wait_for_selector("text=Sin conexión")


async def test_hostile_texts_run_nothing(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    hostile = "<img src=x onerror='parent.postMessage(1)'><script>window.hacked = 1</script>"
    call = replace(TALKING, number=hostile, info=hostile, remark=hostile)
    await _show(frame, socket, html(in_call(call)), "talking")
    assert await frame.locator("#cc-stage img").count() == 0
    assert await frame.evaluate("window.hacked") is None
    assert site.console == []


async def test_every_screen_fits_and_keeps_its_main_button_in_place(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    places = set()
    for view in (IDLE, in_call(CALLING), in_call(RINGING), in_call(TALKING), WRAP_UP):
        socket.show(html(view))
        await frame.wait_for_timeout(100)
        box = await frame.locator(MAIN).bounding_box()
        assert box is not None
        places.add((round(box["x"]), round(box["y"]), round(box["height"])))
        assert await frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert len(places) == 1
