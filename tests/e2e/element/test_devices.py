"""Microphone, speaker and ringer: chosen in the panel or by the page, remembered by the server, and then gone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Frame, Page

from tests.e2e.element.scripted_site import TOKEN, ScriptedSite, ScriptedSocket, holds
from tests.e2e.element.snapshots import IDLE, INCOMING, TALKING, html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
FIRST, SECOND = "Fake Audio Input 1", "Fake Audio Input 2"
SPEAKER = "Fake Audio Output 2"
STATE = "document.querySelector('cc-sdk').getState().devices"
# What the leg sends, and how often it was negotiated.
WATCH = """() => {
  const Peer = RTCPeerConnection;
  window.peers = [];
  window.offers = 0;
  window.RTCPeerConnection = function (...values) {
    const peer = new Peer(...values);
    peer.addEventListener("negotiationneeded", () => { offers += 1; });
    peers.push(peer);
    return peer;
  };
}"""
SENT = "peers.at(-1).getSenders()[0].track"
UNPLUG = """(label) => {
  const all = navigator.mediaDevices.enumerateDevices.bind(navigator.mediaDevices);
  window.away = label;
  navigator.mediaDevices.enumerateDevices = async () => (await all()).filter((one) => one.label !== window.away);
  navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
}"""
PLUG = "() => { window.away = ''; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }"


async def _listed(page: Page) -> None:
    await page.wait_for_function(f"{STATE}.inputs.length > 1")


async def _choose(frame: Frame, socket: ScriptedSocket, kind: str, label: str, number: int = 1) -> dict[str, Any]:
    """Choose in the panel; return what the server is to remember."""
    await frame.select_option(f"#cc-device-{kind}", label=label)
    sent = await socket.expect("devices", number)
    socket.say("result", id=sent["id"], ok=True)
    return dict(sent["devices"])


async def _open_panel(frame: Frame) -> None:
    await frame.click("#cc-devices-button")
    await frame.wait_for_selector(f"#cc-device-input option:text('{SECOND}')", state="attached")


async def test_another_microphone_takes_over_in_a_call_without_a_new_negotiation(site: ScriptedSite) -> None:
    await site.context.add_init_script(f"({WATCH})()")
    page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await _open_panel(frame)
    before = await frame.evaluate(f"{SENT}.id")
    chosen = await _choose(frame, socket, "input", SECOND)
    await holds(frame, f"{SENT}.id !== '{before}'")
    assert chosen["input"]["label"] == SECOND
    assert await frame.evaluate(f"[{SENT}.label, {SENT}.readyState, {SENT}.enabled]") == [SECOND, "live", True]
    sent = (
        "async () => [...(await peers.at(-1).getStats()).values()].find((s) => s.type === 'outbound-rtp').packetsSent"
    )
    packets = await frame.evaluate(sent)
    await holds(frame, f"({sent})().then((now) => now > {packets} + 5)")
    assert len(socket.of("offer")) == 1
    assert (await page.evaluate(STATE))["input"] == chosen["input"]["id"]


async def test_the_speaker_and_the_ringer_go_where_they_were_sent(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(html=html(IDLE))
    await _open_panel(frame)
    speaker = await _choose(frame, socket, "output", SPEAKER)
    both = await _choose(frame, socket, "ringer", "Fake Audio Output 1", 2)
    assert both["output"] == speaker["output"]
    sinks = await frame.evaluate(
        "['cc-audio', 'cc-ringback', 'cc-ringer'].map((id) => document.getElementById(id).sinkId)"
    )
    assert sinks == [speaker["output"]["id"]] * 2 + [both["ringer"]["id"]]
    await frame.click("[data-action=device_test][data-kind=ringer]")
    assert [line for line in site.console if "error" in line] == []
    assert await page.evaluate(STATE) | {"inputs": [], "outputs": []} == {
        "inputs": [],
        "outputs": [],
        "input": "",
        "output": speaker["output"]["id"],
        "ringer": both["ringer"]["id"],
    }


@pytest.mark.parametrize("known_by", ["id", "label"])
async def test_what_the_server_remembers_is_used_from_the_start(site: ScriptedSite, known_by: str) -> None:
    await site.context.add_init_script(f"({WATCH})()")
    page = await site.open()
    first, _socket, _frame = await site.signed_in()
    await _listed(first)
    known = next(d for d in (await first.evaluate(STATE))["inputs"] if d["label"] == SECOND)
    saved = known if known_by == "id" else {"id": "of-another-computer", "label": SECOND}
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", TOKEN)
    socket = await site.socket(2)
    await socket.expect("auth")
    socket.accept(devices={"input": saved})
    await page.evaluate("done")
    frame = page.frames[-1]
    await holds(frame, f"{SENT}.label === '{SECOND}'")
    assert socket.of("devices") == []


async def test_a_device_that_goes_is_replaced_and_taken_again_when_it_is_back(site: ScriptedSite) -> None:
    await site.context.add_init_script(f"({WATCH})()")
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await _open_panel(frame)
    await _choose(frame, socket, "input", SECOND)
    await holds(frame, f"{SENT}.label === '{SECOND}'")
    await frame.click("[data-action=devices_close]")
    await frame.evaluate(UNPLUG, SECOND)
    await frame.wait_for_selector(f".notice:has-text('“{SECOND}” is not connected')")
    await holds(frame, f"{SENT}.label !== '{SECOND}'")
    await frame.evaluate(PLUG)
    await holds(frame, f"{SENT}.label === '{SECOND}'")
    await frame.wait_for_selector(".notice:has-text('is not connected')", state="detached")
    assert await frame.text_content("#cc-say") == f"“{SECOND}” is in use again."
    assert len(socket.of("devices")) == 1


async def test_the_page_chooses_by_label_or_id_and_goes_back_to_the_default(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in(html=html(IDLE))
    await _listed(page)
    choose = "(wanted) => { window.answer = settled(document.querySelector('cc-sdk').setDevices(wanted)) }"
    for number, (wanted, used) in enumerate([({"input": FIRST}, True), ({"input": ""}, False)], 1):
        await page.evaluate(choose, wanted)
        sent = await socket.expect("devices", number)
        socket.say("result", id=sent["id"], ok=True)
        assert await page.evaluate("answer") == {"value": None}
        assert bool((await page.evaluate(STATE))["input"]) is used
    assert socket.of("devices")[-1]["devices"] == {"input": None}


@pytest.mark.parametrize("wanted", [None, {"camera": "x"}, {"input": "No such microphone"}, {"input": 5}])
async def test_what_is_no_device_is_refused(site: ScriptedSite, wanted: Any) -> None:
    page, socket, _frame = await site.signed_in(html=html(IDLE))
    await _listed(page)
    answer = await page.evaluate("(wanted) => settled(document.querySelector('cc-sdk').setDevices(wanted))", wanted)
    assert answer["reason"] == "invalid_options"
    assert socket.of("devices") == []


async def test_the_panel_by_keyboard(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    await frame.focus("#cc-devices-button")
    await frame.press("#cc-devices-button", "Enter")
    await frame.wait_for_selector("#cc-devices[open]")
    await frame.press("#cc-device-input", "5")
    assert await frame.input_value("#cc-number") == ""
    await frame.press("#cc-device-input", "Escape")
    await frame.wait_for_selector("#cc-devices:not([open])", state="attached")
    assert await frame.evaluate("document.activeElement.id") == "cc-devices-button"
    await frame.press("#cc-devices-button", "Enter")
    socket.show(html(in_call(INCOMING)))
    await frame.wait_for_selector("#cc-devices:not([open])", state="attached")
    assert await frame.is_visible("#cc-main")


async def test_the_check_says_what_is_well_and_what_was_left_out(site: ScriptedSite) -> None:
    _page, _socket, frame = await site.signed_in(html=html(IDLE))
    await _open_panel(frame)
    await frame.click("[data-action=device_check]")
    await frame.wait_for_selector("#cc-check-results > li:nth-child(4)")
    states = await frame.evaluate(
        "[...document.querySelectorAll('#cc-check-results > li')].map((li) => li.dataset.state)"
    )
    assert states == ["good", "good", "good", "skipped"]
    assert await frame.text_content("#cc-check-summary") == "You are ready for calls."


async def test_the_check_names_the_refused_microphone(site: ScriptedSite) -> None:
    await site.context.add_init_script(f"({WATCH})()")
    _page, _socket, frame = await site.signed_in(html=html(IDLE))
    await frame.evaluate(f"""() => {{
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
      {SENT}.dispatchEvent(new Event("ended"));
    }}""")
    await frame.click("#cc-devices-button")
    await frame.click("[data-action=device_check]")
    await frame.wait_for_selector("#cc-check-results > li[data-state=bad]:has-text('The microphone is not allowed')")
    assert await frame.locator("#cc-check-results > li").count() == 1
