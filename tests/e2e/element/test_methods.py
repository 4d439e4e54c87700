"""The methods and events that the original lacks (cc-sdk-contract.md, "Also offered"), against a scripted server."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.element.scripted_site import TOKEN, ScriptedSite
from tests.e2e.element.snapshots import IDLE, TALKING, WRAP_UP, html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
START = """([name, values]) => {
  window.answer = settled(document.querySelector('cc-sdk')[name](...values));
}"""
OUT = {
    "signedIn": False,
    "seatStatus": 1,
    "webrtcStatus": 0,
    "call": None,
    "muted": False,
    "held": False,
    "folded": False,
    "devices": {"inputs": [], "outputs": [], "input": "", "output": "", "ringer": ""},
}
CALL = {"callStatus": 2, "direction": "inbound", "callerNumber": "+442079460958", "calledNumber": "1", "callId": "c"}


@pytest.mark.parametrize(
    ("name", "values", "command"),
    [
        ("answerCall", [], {"t": "answer_call"}),
        ("rejectCall", [], {"t": "reject_call"}),
        ("mute", [True], {"t": "mute", "on": True}),
        ("mute", [], {"t": "mute", "on": True}),
        ("hold", [False], {"t": "hold", "on": False}),
        ("setSeatStatus", [5], {"t": "status", "value": 5}),
        ("setRemark", ["Ready", ["Order"]], {"t": "remark", "text": "Ready", "labels": ["Order"]}),
        ("setRemark", ["Ready"], {"t": "remark", "text": "Ready", "call_id": TALKING.id}),
    ],
)
async def test_a_method_is_a_command(site: ScriptedSite, name: str, values: list[Any], command: dict[str, Any]) -> None:
    page, socket, _frame = await site.signed_in(html=html(in_call(TALKING)))
    await page.evaluate(START, [name, values])
    sent = await socket.expect(command["t"])
    assert command.items() <= sent.items()
    socket.say("result", id=sent["id"], ok=True)
    assert await page.evaluate("answer") == {"value": None}


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("mute", ["yes"], "invalid_options"),
        ("hold", [1], "invalid_options"),
        ("sendDtmf", ["call me"], "invalid_options"),
        ("sendDtmf", ["1"], "no_such_call"),
        ("setSeatStatus", [4], "invalid_options"),
        ("setRemark", [None], "invalid_options"),
        ("setRemark", ["x", ["y" * 21]], "invalid_options"),
        ("setRemark", ["x"], "no_such_call"),
        ("transferCall", [{"to": "demo_002", "type": "soon"}], "invalid_options"),
    ],
)
async def test_what_does_not_go_rejects_with_the_reason(
    site: ScriptedSite, name: str, values: list[Any], reason: str
) -> None:
    page, _socket, _frame = await site.signed_in(html=html(IDLE))
    await page.evaluate(START, [name, values])
    assert (await page.evaluate("answer"))["reason"] == reason
    await page.wait_for_function("seen.some(([name]) => name === 'onHttp')")


async def test_a_value_that_cannot_travel_is_refused(site: ScriptedSite) -> None:
    page, _socket, _frame = await site.signed_in()
    answer = await page.evaluate("settled(document.querySelector('cc-sdk').mute(() => true))")
    assert answer["code"] == 100216


async def test_digits_are_sent_in_a_talk(site: ScriptedSite) -> None:
    page, _socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.evaluate("""() => {
      const insert = RTCDTMFSender.prototype.insertDTMF;
      window.sent = [];
      RTCDTMFSender.prototype.insertDTMF = function (...values) { sent.push(values[0]); insert.apply(this, values); };
    }""")
    await page.evaluate(START, ["sendDtmf", ["12#a"]])
    assert await page.evaluate("answer") == {"value": None}
    assert await frame.evaluate("sent") == ["12#A"]


APPLIED = """(count) => new Promise((resolve) => {
  const look = () => (applied.length >= count ? resolve(applied[count - 1]) : setTimeout(look, 10));
  look();
})"""


async def test_the_codec_that_the_carrier_took_is_spoken(site: ScriptedSite) -> None:
    _page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    await frame.evaluate("""() => {
      const apply = RTCPeerConnection.prototype.setRemoteDescription;
      window.applied = [];
      RTCPeerConnection.prototype.setRemoteDescription = async function (description) {
        await apply.call(this, description);
        applied.push(description.sdp);
      };
    }""")
    socket.say("codec", name="PCMA", ptime=30, signalsKeys=False)
    first = await frame.evaluate(APPLIED, 1)
    socket.say("codec", name="PCMA", ptime=30, signalsKeys=False)
    socket.say("codec", name="unheard-of", ptime=20, signalsKeys=False)
    socket.say("codec", name="PCMU", ptime=20, signalsKeys=False)
    second = await frame.evaluate(APPLIED, 2)
    assert re.search(r"^m=audio \d+ \S+ 8 ", first, re.MULTILINE)
    assert "a=ptime:30\r\n" in first
    assert re.search(r"^m=audio \d+ \S+ 0 ", second, re.MULTILINE)
    assert "a=ptime:20\r\n" in second


async def test_digits_that_the_carrier_takes_in_the_signalling_are_the_servers_to_send(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    socket.say("codec", name="PCMA", ptime=20, signalsKeys=True)
    await page.evaluate(START, ["sendDtmf", ["12#a"]])
    sent = await socket.expect("keys")
    assert sent["digits"] == "12#A"
    socket.say("result", id=sent["id"], ok=True)
    assert await page.evaluate("answer") == {"value": None}
    await frame.click("#cc-keypad-toggle")
    await frame.click("#cc-keypad button:has-text('5')")
    sent = await socket.expect("keys", count=2)
    assert sent["digits"] == "5"
    socket.say("result", id=sent["id"], ok=True)
    await expect(frame.locator("#cc-tones")).to_have_text("5")


async def test_a_remark_of_the_page_is_shown_to_the_agent(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(html=html(WRAP_UP))
    await page.evaluate(START, ["setRemark", ["Written by the page"]])
    socket.say("result", id=(await socket.expect("remark"))["id"], ok=True)
    assert await page.evaluate("answer") == {"value": None}
    assert await frame.input_value("#cc-remark") == "Written by the page"


async def test_events_and_state(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    # register() may resolve a moment before the event that tells the same.
    await page.wait_for_function("document.querySelector('cc-sdk').getState().webrtcStatus === 1")
    await page.evaluate("""() => {
      for (const name of ["onIncoming", "onMute", "onHold", "onToken", "onReattached"])
        document.querySelector("cc-sdk").addEventListener(name, (e) => seen.push([name, e.detail[0]]));
      seen.length = 0;
    }""")
    state = "document.querySelector('cc-sdk').getState()"
    shown = await page.evaluate(state)
    assert set(shown.pop("devices")) == {"inputs", "outputs", "input", "output", "ringer"}
    assert shown == {
        "signedIn": True,
        "seatStatus": 1,
        "webrtcStatus": 1,
        "call": None,
        "muted": False,
        "held": False,
        "folded": False,
    }
    socket.say("status", value=3)
    socket.say("call", id=1, value=CALL)
    socket.say("mute", value=True)
    socket.say("hold", value=True)
    socket.say("token", seconds=60)
    socket.say("reattached", value=CALL)
    await page.wait_for_function("seen.length === 8")
    assert await page.evaluate("seen") == [
        ["onSeatStatus", 3],
        ["onCall", CALL | {"callStatus": 1}],
        ["onCall", CALL],
        ["onIncoming", CALL],
        ["onMute", True],
        ["onHold", True],
        ["onToken", {"seconds": 60}],
        ["onReattached", CALL],
    ]
    now = await page.evaluate(state)
    assert (now["seatStatus"], now["call"], now["muted"], now["held"]) == (3, CALL, True, True)
    socket.call_event(2, 4)
    await page.wait_for_function(f"{state}.call === null")


async def test_unregister_signs_out_and_register_signs_in_anew(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    await page.evaluate(START, ["unregister", []])
    command = await socket.expect("sign_out")
    socket.say("result", id=command["id"], ok=True)
    await page.evaluate("answer")
    assert await page.evaluate("document.querySelector('cc-sdk').shadowRoot.childElementCount") == 0
    assert await page.evaluate("document.querySelector('cc-sdk').getState()") == OUT
    assert (await page.evaluate("seen"))[-2:] == [["onWebrtcStatus", 0], ["onSeatStatus", 1]]
    assert len(site.sockets) == 1
    await page.evaluate("(token) => { ccSdk.register({ token }) }", TOKEN)
    assert (await (await site.socket(2)).expect("auth"))["since"] is None
