"""What the frame says by itself, in every variant: of the connection, the microphone, the sound and the sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from playwright.async_api import Frame

from tests.e2e.element.screens import CARD, FULL, SCREENS, TALK, Screen
from tests.e2e.element.scripted_site import PHONE, ScriptedSite, ScriptedSocket
from tests.e2e.element.snapshots import IDLE, in_call
from tests.e2e.element.variants import Variant, look_at, open_signed_in, show

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
IN_CALL = Screen("talking", in_call(TALK))
# Half of a pause is random: with this the first one takes nine seconds, long enough for a picture.
LONG_PAUSES = "Math.random = () => 34; 0"
NO_SOUND = """HTMLMediaElement.prototype.play = () => Promise.reject(new DOMException("no", "NotAllowedError"));"""


def _asking(answer: str) -> str:
    """A browser in which asking for the microphone ends so."""
    return f"""if (location.origin === "{PHONE}")
      navigator.mediaDevices.getUserMedia = () => {answer};"""


DENIED = _asking('Promise.reject(new DOMException("no", "NotAllowedError"))')
WITHHELD = {"Permissions-Policy": "microphone=()"}


async def _lose(site: ScriptedSite, socket: ScriptedSocket, frame: Frame) -> None:
    await frame.evaluate(LONG_PAUSES)
    await socket.route.close(code=4000)
    await frame.wait_for_selector("html[data-state=waiting]", state="attached")


@pytest.mark.parametrize(
    ("name", "script", "headers"),
    [("microphone-denied", DENIED, None), ("microphone-withheld", "", WITHHELD)],
)
async def test_without_a_microphone(
    varied: tuple[Variant, ScriptedSite], name: str, script: str, headers: Mapping[str, str] | None
) -> None:
    variant, site = varied
    if script:
        await site.context.add_init_script(script)
    page, socket, frame = await open_signed_in(variant, site, headers=headers)
    await show(frame, socket, SCREENS[0], variant)
    await frame.wait_for_selector(".notice[data-kind=error]")
    assert await look_at(page, frame, name, variant) == []


async def test_while_the_browser_asks_for_the_microphone(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    state = "Object.defineProperty(PermissionStatus.prototype, 'state', { get: () => 'prompt' });"
    await site.context.add_init_script(state + _asking("new Promise(() => {})"))
    page, socket, frame = await open_signed_in(variant, site, settles=False)
    await show(frame, socket, SCREENS[0], variant)
    await frame.wait_for_selector(".notice[data-key=prompt]")
    assert await look_at(page, frame, "microphone-asked", variant) == []


async def test_without_sound(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    await site.context.add_init_script(NO_SOUND)
    page, socket, frame = await open_signed_in(variant, site)
    await show(frame, socket, SCREENS[0], variant)
    await frame.wait_for_selector(".notice[data-key=sound]")
    found = await look_at(page, frame, "sound-blocked", variant)
    await show(frame, socket, IN_CALL, variant)
    found += await look_at(page, frame, "sound-blocked-talking", variant)
    assert found == []


async def test_without_the_server(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    await show(frame, socket, SCREENS[0], variant)
    await frame.fill("#cc-number", "+1 202 555 0100")
    await _lose(site, socket, frame)
    found = await look_at(page, frame, "reconnecting", variant)
    await site.context.set_offline(True)
    await frame.wait_for_function("!navigator.onLine")
    await frame.wait_for_selector("[data-key=link] span:not(:empty)")
    found += await look_at(page, frame, "offline", variant)
    await site.context.set_offline(False)
    # The browser is online again: it is tried at once, and the server does not answer.
    await site.socket(2)
    found += await look_at(page, frame, "reconnecting-now", variant)
    assert found == []


@pytest.mark.parametrize("shape", ["workbench", "card", "bar"])
async def test_without_the_server_in_a_call(varied: tuple[Variant, ScriptedSite], shape: str) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site, workbench=shape != "card")
    await show(frame, socket, replace(IN_CALL, options=CARD if shape == "card" else FULL), variant)
    if shape == "bar":
        await frame.click("#cc-fold")
    await _lose(site, socket, frame)
    prefix = "" if shape == "workbench" else f"{shape}-"
    assert await look_at(page, frame, f"{prefix}reconnecting-talking", variant) == []


async def test_a_call_whose_audio_went(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    await show(frame, socket, IN_CALL, variant)
    site.answers_offers = False
    socket.say("leg", state="failed", reason="")
    await socket.expect("offer", 2)
    assert await look_at(page, frame, "audio-reconnecting", variant) == []


async def test_a_chosen_device_that_is_away(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(
        variant, site, devices={"input": {"id": "gone", "label": "Jabra Evolve2 65 Stereo (0b0e:24c9)"}}
    )
    await show(frame, socket, Screen("idle", IDLE), variant)
    await frame.wait_for_selector(".notice[data-key^=device]")
    assert await look_at(page, frame, "device-away", variant) == []


async def test_without_the_phone(varied: tuple[Variant, ScriptedSite]) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site)
    await show(frame, socket, SCREENS[0], variant)
    await socket.route.close(code=4408)
    await frame.wait_for_selector("html[data-state=elsewhere]", state="attached")
    found = await look_at(page, frame, "in-use-elsewhere", variant)
    await frame.click(".notice-button")
    second = await site.socket(2)
    await second.expect("auth")
    second.say("refused", code=100200, reason="not_signed_in", message="Your sign-in has expired. Reload the page.")
    await frame.wait_for_selector("html[data-state=refused]", state="attached")
    found += await look_at(page, frame, "signed-out", variant)
    assert found == []


@pytest.mark.parametrize("shape", ["card", "bar"])
async def test_without_the_phone_and_the_workbench(varied: tuple[Variant, ScriptedSite], shape: str) -> None:
    variant, site = varied
    page, socket, frame = await open_signed_in(variant, site, workbench=shape != "card")
    await show(frame, socket, replace(IN_CALL, options=CARD if shape == "card" else FULL), variant)
    if shape == "bar":
        await frame.click("#cc-fold")
    await socket.route.close(code=4408)
    await frame.wait_for_selector("html[data-state=elsewhere]", state="attached")
    assert await look_at(page, frame, f"{shape}-in-use-elsewhere", variant) == []
