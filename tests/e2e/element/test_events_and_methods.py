"""The element's events and methods, and what they do while the server is away (cc-sdk-contract.md)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.e2e.element.scripted_site import TOKEN, ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import CALLING, IDLE, OPTIONS, TALKING, html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
DIAL = "(options) => settled(document.querySelector('cc-sdk').callPhone(options))"
START_DIAL = "(options) => { window.dialled = settled(document.querySelector('cc-sdk').callPhone(options)) }"
HANG_UP = """() => new Promise((resolve) => {
  const sdk = document.querySelector('cc-sdk');
  const answer = sdk.hangupCall((result) => setTimeout(async () => resolve([result, await answer])));
})"""


async def test_details_read_both_ways(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    await page.evaluate("""() => {
      const sdk = document.querySelector('cc-sdk');
      window.read = [];
      sdk.addEventListener('onCall', (e) => read.push([e.detail[0].callStatus, e.detail.callStatus, e.composed]));
      sdk.addEventListener('onSeatStatus', (e) => read.push([e.detail == 2, e.detail[0]]));
    }""")
    socket.say("status", value=2)
    socket.call_event(1, 3)
    await page.wait_for_function("read.length === 2")
    assert await page.evaluate("read") == [[True, 2], [3, 3, True]]


async def test_a_repeated_event_fires_once_and_the_order_stays(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    for number, status in ((1, 1), (2, 2), (1, 1), (2, 2), (3, 3), (3, 3), (4, 4)):
        socket.call_event(number, status)
    await page.wait_for_function("seen.some(([name, value]) => value.callStatus === 4)")
    calls = [value["callStatus"] for name, value in await page.evaluate("seen") if name == "onCall"]
    assert calls == [1, 2, 3, 4]


async def test_methods_before_register_say_so(site: ScriptedSite) -> None:
    page = await site.open()
    assert (await page.evaluate(DIAL, {"phone": "1"}))["code"] == 100200
    result, promised = await page.evaluate(HANG_UP)
    assert result == promised
    assert result["code"] == 999901


async def test_call_phone_gives_the_call_id_and_truncates_the_information(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    await page.evaluate(START_DIAL, {"phone": "+12025550100", "info": "😀" * 1200})
    dial = await socket.expect("dial")
    assert (dial["phone"], dial["info"]) == ("+12025550100", "😀" * 1000)
    socket.say("result", id=dial["id"], ok=True, callId="c1")
    assert await page.evaluate("dialled") == {"value": "c1"}


async def test_information_that_is_null_is_none(site: ScriptedSite) -> None:
    """As a CRM passes an empty field."""
    page, socket, _frame = await site.signed_in(options="isRemark: null, lang: null")
    await page.evaluate(START_DIAL, {"phone": "1", "info": None})
    assert (await socket.expect("dial"))["info"] == ""


async def test_a_refused_dial_rejects_and_reaches_on_http(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    await page.evaluate(START_DIAL, {"phone": "1"})
    dial = await socket.expect("dial")
    socket.say("result", id=dial["id"], ok=False, code=100202, reason="call_in_progress", message="Busy.")
    expected = {"code": 100202, "reason": "call_in_progress", "message": "Busy."}
    assert await page.evaluate("dialled") == expected
    await page.wait_for_function("seen.some(([name]) => name === 'onHttp')")
    assert ["onHttp", expected] in await page.evaluate("seen")


@pytest.mark.parametrize("options", [None, {}, {"phone": 12025550100}, {"phone": " "}])
async def test_a_phone_that_is_no_text_is_no_number(site: ScriptedSite, options: object) -> None:
    page, _socket, _frame = await site.signed_in()
    answer = await page.evaluate("(o) => settled(document.querySelector('cc-sdk').callPhone(o))", options)
    assert answer["code"] == 100201


async def test_hang_up_calls_back_with_zero(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    await page.evaluate("""() => {
      window.answers = [];
      document.querySelector('cc-sdk').hangupCall((r) => answers.push(r)).then((r) => answers.push(r));
    }""")
    command = await socket.expect("hang_up")
    socket.say("result", id=command["id"], ok=True)
    await page.wait_for_function("answers.length === 2")
    assert [answer["code"] for answer in await page.evaluate("answers")] == [0, 0]


async def test_while_the_server_is_away_nothing_is_queued(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(html=html(IDLE))
    await socket.route.close(code=1000)  # any code but a refusal comes back
    await frame.wait_for_selector("text=Connection lost")
    assert (await page.evaluate(DIAL, {"phone": "+12025550100"}))["code"] == 100206
    assert (await page.evaluate(HANG_UP))[0]["code"] == 999901
    second = await site.socket(2)
    await second.expect("auth")
    second.accept()
    await second.expect("offer")
    assert second.of("dial") == []


async def test_a_lost_reply_is_not_repeated(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    await page.evaluate(START_DIAL, {"phone": "+12025550100"})
    await socket.expect("dial")
    await socket.route.close(code=1011)
    assert (await page.evaluate("dialled"))["code"] == 100206
    second = await site.socket(2)
    await second.expect("auth")
    second.accept()
    await second.expect("offer")
    assert second.of("dial") == []


async def test_in_use_elsewhere_waits_for_the_agent(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(html=html(IDLE))
    socket.call_event(1, 3)
    await page.wait_for_function("document.querySelector('cc-sdk').getState().call")
    await socket.route.close(code=4408)
    await frame.wait_for_selector("text=in use in another window")
    # The call is the other window's: its end would not be told here.
    assert await page.evaluate("document.querySelector('cc-sdk').getState().call") is None
    answer = await page.evaluate("settled(document.querySelector('cc-sdk').reConnectWebrtc())")
    assert answer["code"] == 100206
    assert len(site.sockets) == 1
    await frame.click("text=Use here")
    assert (await (await site.socket(2)).expect("auth"))["token"] in TOKEN


async def test_reconnect_webrtc_joins_the_attempt_under_way(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in(html=html(in_call(TALKING)))
    answers = await page.evaluate("""async () => {
      const sdk = document.querySelector('cc-sdk');
      return Promise.all([settled(sdk.reConnectWebrtc()), settled(sdk.reConnectWebrtc())]);
    }""")
    assert answers == [{"value": None}, {"value": None}]
    assert len(socket.of("offer")) == 2
    # The old leg played until the new one was up: the page heard of no gap.
    assert [value for name, value in await page.evaluate("seen") if name == "onWebrtcStatus"] == [1]


async def test_a_leg_that_fails_is_made_anew(site: ScriptedSite) -> None:
    page, socket, frame = await site.signed_in(html=html(in_call(TALKING)))
    socket.say("leg", state="disconnected", reason="timeout")
    await socket.expect("offer", 2)
    await page.wait_for_function("seen.filter(([name]) => name === 'onWebrtcStatus').length === 3")
    assert [value for name, value in await page.evaluate("seen") if name == "onWebrtcStatus"] == [1, 0, 1]
    await frame.wait_for_selector("#cc-local:empty", state="attached")


async def _signed_in_again(site: ScriptedSite, socket: ScriptedSocket) -> ScriptedSocket:
    """The socket was lost, and the server has yet to say that the audio, too, is back."""
    site.confirms_legs = False
    await socket.route.close(code=1011)
    second = await site.socket(2)
    await second.expect("auth")
    second.accept()
    await second.expect("offer")
    return second


async def test_a_leg_that_comes_up_while_the_server_goes_is_kept(site: ScriptedSite) -> None:
    """What takes the new leg lets the old one go, and may die before it has said so: the new one is all there is."""
    page, socket, _frame = await site.signed_in(html=html(in_call(TALKING)))
    second = await _signed_in_again(site, socket)
    await site.far_end.wait_for_function("peers[1]?.connectionState === 'connected'")
    await site.far_end.evaluate("peers[0].close()")
    heard = "seen.filter(([name]) => name === 'onWebrtcStatus').map(([, value]) => value).join()"
    await page.wait_for_function(f"{heard} === '1,0'")
    site.answers_offers = False
    await second.route.close(code=1011)
    await page.wait_for_function(f"{heard} === '1,0,1'")


async def test_a_call_that_is_wanted_before_audio_is_back_waits_for_it(site: ScriptedSite) -> None:
    """The page is signed in again a moment before it can talk: who presses then gets a call, not a refusal."""
    page, socket, frame = await site.signed_in(html=html(IDLE))
    second = await _signed_in_again(site, socket)
    await page.evaluate(START_DIAL, {"phone": "12025550100"})
    await frame.fill("#cc-number", "12025550101")
    await frame.click("#cc-main")
    await site.far_end.wait_for_function("peers[1]?.connectionState === 'connected'")
    assert not second.of("dial")
    second.say("leg", state="connected", reason="")
    await second.expect("dial", 2)
    assert {dial["phone"] for dial in second.of("dial")} == {"12025550100", "12025550101"}


async def test_without_the_workbench_only_a_call_takes_space(site: ScriptedSite) -> None:
    page = await site.open()
    await page.evaluate("(token) => { ccSdk.register({ token, noWorkMode: true }) }", TOKEN)
    height = "document.querySelector('cc-sdk').offsetHeight"
    assert await page.evaluate(height) == 0
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept(workbench=False)

    options = replace(OPTIONS, workbench=False)
    socket.show(html(in_call(CALLING), options))
    await page.wait_for_function(f"{height} > 40 && {height} < 140")
    await page.frames[-1].wait_for_selector("#cc-stage button[aria-label='Hang up']")
    socket.show(html(IDLE, options))
    await page.wait_for_function(f"{height} === 0")
