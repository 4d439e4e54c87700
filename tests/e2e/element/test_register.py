"""``ccSdk.register()``: when it works, when not, and what the page is told (cc-sdk-contract.md)."""

from __future__ import annotations

import pytest

from tests.e2e.element.scripted_site import CRM, PHONE, PUBLIC_ID, TOKEN, UNKNOWN_ID, ScriptedSite

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
REGISTER = "(options) => settled(ccSdk.register(options))"


async def test_before_the_element_is_parsed_through_the_early_stub(site: ScriptedSite) -> None:
    stub = f"""<script>window.ccSdk = {{q: [], register(o) {{ this.q.push(['register', o]) }}}};
    ccSdk.register({{token: "{TOKEN}", noWorkMode: false, lang: "es"}})</script>"""
    page = await site.open(head=stub)
    socket = await site.socket()
    auth = await socket.expect("auth")
    assert auth["token"] == TOKEN.removeprefix("Bearer ")
    assert auth["options"] == {"noWorkMode": False, "lang": "es"}
    assert auth["since"] is None
    assert await page.evaluate("Object.keys(window.ccSdk)") == ["register"]


async def test_resolves_when_signed_in_and_the_audio_is_up(site: ScriptedSite) -> None:
    page = await site.open()
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    offer = await socket.expect("offer")
    assert "a=candidate" not in offer["sdp"]
    assert "telephone-event" in offer["sdp"]
    assert await page.evaluate("done") == {"value": {"account": "demo_001", "name": "Ann Example"}}
    await page.wait_for_function("seen.length")  # told right after the Promise
    assert await page.evaluate("seen") == [["onWebrtcStatus", 1]]
    assert site.console == []


@pytest.mark.parametrize(
    ("options", "code", "named"),
    [
        ("x", 100216, "object"),
        ({}, 100216, '"token"'),
        ({"token": 1}, 100216, '"token"'),
        ({"token": TOKEN, "isRemark": "yes"}, 100216, '"isRemark"'),
        ({"token": "nonsense"}, 100200, '"token"'),
    ],
)
async def test_wrong_options_are_named(site: ScriptedSite, options: object, code: int, named: str) -> None:
    page = await site.open()
    answer = await page.evaluate(REGISTER, options)
    assert answer["code"] == code
    assert named in answer["message"]
    await page.wait_for_function("seen.length > 0")
    assert [(name, value["code"]) for name, value in await page.evaluate("seen")] == [("onHttp", code)]


async def test_an_unknown_application_is_not_signed_in(site: ScriptedSite) -> None:
    page = await site.open()
    answer = await page.evaluate(REGISTER, {"token": TOKEN.replace(PUBLIC_ID, UNKNOWN_ID)})
    assert (answer["code"], answer["reason"]) == (100200, "not_signed_in")


async def test_a_refused_credential_rejects_and_a_fresh_one_recovers(site: ScriptedSite) -> None:
    page = await site.open()
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.say("refused", code=100200, reason="not_signed_in", message="Expired.")
    assert await page.evaluate("done") == {"code": 100200, "reason": "not_signed_in", "message": "Expired."}
    await page.frames[-1].wait_for_selector("text=Signed out")
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", TOKEN)
    second = await site.socket(2)
    await second.expect("auth")
    second.accept()
    assert "value" in await page.evaluate("done")
    assert not [entry for entry in await page.evaluate("seen") if entry[0] == "unhandled"]


async def test_again_renews_on_the_same_socket(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    fresh = TOKEN.replace("0001", "0002", 1)
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token, isRemark: false })) }", fresh)
    auth = await socket.expect("auth", 2)
    socket.accept()
    assert auth["options"] == {"isRemark": False}
    assert "value" in await page.evaluate("done")
    assert len(site.sockets) == 1
    assert len(socket.of("offer")) == 1


async def test_a_bad_renewal_in_a_call_is_told_and_the_phone_stays_signed_in(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in()
    stale = TOKEN.replace("0000-4000", "1111-4000")
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", stale)
    await socket.expect("auth", 2)
    socket.say("refused", code=100200, reason="not_signed_in", message="Replaced.", stays=True)
    assert await page.evaluate("done") == {"code": 100200, "reason": "not_signed_in", "message": "Replaced."}
    assert (await page.evaluate("document.querySelector('cc-sdk').getState()"))["signedIn"] is True
    await socket.route.close(code=1000)
    assert (await (await site.socket(2)).expect("auth"))["token"] == TOKEN.removeprefix("Bearer ")


@pytest.mark.parametrize("allowed_origin", ["https://other.test"])
async def test_a_page_whose_origin_is_not_allowed_is_told_both_causes(site: ScriptedSite) -> None:
    page = await site.open()
    answer = await page.evaluate(REGISTER, {"token": TOKEN})
    assert (answer["code"], answer["reason"]) == (100214, "frame_blocked")
    assert CRM in answer["message"]
    assert "frame-src https://phone.test" in answer["message"]


async def test_a_page_whose_policy_blocks_the_frame_is_told_at_once(site: ScriptedSite) -> None:
    policy = "default-src 'none'; script-src 'unsafe-inline' https://phone.test"
    page = await site.open(headers={"Content-Security-Policy": policy})
    answer = await page.evaluate(REGISTER, {"token": TOKEN})
    assert answer["code"] == 100214


async def test_a_strict_page_works(site: ScriptedSite) -> None:
    policy = (
        "default-src 'none'; script-src 'nonce-n1' 'strict-dynamic'; frame-src https://phone.test; "
        "require-trusted-types-for 'script'"
    )
    page = await site.open(headers={"Content-Security-Policy": policy})
    await page.evaluate("(token) => { window.done = ccSdk.register({ token }); 0 }", TOKEN)
    await (await site.socket()).expect("auth")
    assert site.console == []


async def test_a_microphone_withheld_by_the_page_is_named(site: ScriptedSite) -> None:
    page = await site.open(headers={"Permissions-Policy": "microphone=()"})
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    answer = await page.evaluate("done")
    assert (answer["code"], answer["reason"]) == (100212, "microphone_blocked")
    await page.frames[-1].get_by_role("button", name="Try again").wait_for()


@pytest.mark.parametrize(
    ("name", "code", "reason"),
    [
        ("NotAllowedError", 100210, "microphone_denied"),
        ("NotFoundError", 100211, "microphone_missing"),
        ("NotReadableError", 100213, "microphone_busy"),
    ],
)
async def test_the_cause_without_a_microphone_is_told_and_trying_again_helps(
    site: ScriptedSite, name: str, code: int, reason: str
) -> None:
    await site.context.add_init_script(f"""
      const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
      let failures = 1;
      if (location.origin === "{PHONE}") navigator.mediaDevices.getUserMedia = (constraints) =>
        failures-- > 0 ? Promise.reject(new DOMException("no", "{name}")) : ask(constraints);""")
    page = await site.open()
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    socket.accept()
    answer = await page.evaluate("done")
    assert (answer["code"], answer["reason"]) == (code, reason)
    await page.frames[-1].get_by_role("button", name="Try again").click()
    await page.wait_for_function("seen.some(([name, value]) => name === 'onWebrtcStatus' && value === 1)")
    assert site.console == [f"warning: cc-sdk {code}: {answer['message']} {PHONE}/cc/errors#{code}"]


async def test_sound_that_the_browser_holds_back_takes_one_click(site: ScriptedSite) -> None:
    await site.context.add_init_script("""
      const play = HTMLMediaElement.prototype.play;
      HTMLMediaElement.prototype.play = function () {
        return window.event?.type === "click" ? play.call(this)
          : Promise.reject(new DOMException("no", "NotAllowedError"));
      };""")
    _page, _socket, frame = await site.signed_in()
    await frame.get_by_role("button", name="Click to enable sound").click()
    await frame.wait_for_selector("#cc-local:empty", state="attached")


async def test_a_second_element_stays_empty(site: ScriptedSite) -> None:
    page = await site.open(body="<cc-sdk id=a></cc-sdk><cc-sdk id=b></cc-sdk>")
    await page.evaluate("(token) => { ccSdk.register({ token }) }", TOKEN)
    await (await site.socket()).expect("auth")
    assert await page.evaluate("document.querySelector('#b').shadowRoot.childElementCount") == 0
    assert any("one phone" in line for line in site.console)
    assert len(site.sockets) == 1


async def test_loading_the_script_twice_changes_nothing(site: ScriptedSite) -> None:
    page = await site.open(head='<script src="https://phone.test/sip-sdk.js"></script>')
    assert site.console == []
    assert await page.evaluate("typeof ccSdk.register") == "function"


async def test_removed_and_added_again_it_signs_in_with_the_last_options(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in(options="lang: 'en'")
    socket.call_event(7, 1)
    await page.wait_for_function("seen.some(([name]) => name === 'onCall')")
    await page.evaluate("window.sdk = document.querySelector('cc-sdk'); sdk.remove(); 0")
    await page.evaluate("document.body.append(sdk)")
    auth = await (await site.socket(2)).expect("auth")
    assert auth["since"] == 7
    assert auth["options"] == {"lang": "en"}


async def test_a_language_that_is_not_offered_is_said_once_in_the_console(site: ScriptedSite) -> None:
    page, socket, _frame = await site.signed_in(options="lang: 'xx'")
    await page.evaluate(f"settled(ccSdk.register({{ token: '{TOKEN}', lang: 'xx' }}))")
    await socket.expect("auth", 2)
    socket.accept()
    await page.wait_for_timeout(50)
    said = [line for line in site.console if "is not offered here" in line]
    assert said == ['warning: cc-sdk: the language "xx" is not offered here; "en" is shown.']
