"""Where the browser asks nobody, the microphone opens while the server still looks at the sign-in."""

from __future__ import annotations

import pytest
from playwright.async_api import Frame

from tests.e2e.element.scripted_site import TOKEN, ScriptedSite, ScriptedSocket, holds

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
WATCH = """
const original = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
window.opened = [];
if (original) navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await original(wanted);
  opened.push({ wanted, track: stream.getAudioTracks()[0] });
  return stream;
};
"""
LIVE = "opened.filter(({ track }) => track.readyState === 'live').length"


async def _begin(site: ScriptedSite, permission: str = "granted") -> tuple[ScriptedSocket, Frame]:
    """Register, and leave the server's answer open."""
    await site.context.add_init_script(WATCH)
    asked = f"Object.defineProperty(PermissionStatus.prototype, 'state', {{ get: () => '{permission}' }});"
    await site.context.add_init_script(asked)
    page = await site.open()
    await page.evaluate("(token) => { window.done = settled(ccSdk.register({ token })) }", TOKEN)
    socket = await site.socket()
    await socket.expect("auth")
    return socket, page.frames[-1]


async def test_opens_before_the_server_answers_and_once(site: ScriptedSite) -> None:
    socket, frame = await _begin(site)
    await holds(frame, f"{LIVE} === 1")
    socket.accept()
    await socket.expect("offer")
    assert await frame.evaluate("opened.length") == 1


async def test_nobody_is_asked_before_the_sign_in_holds(site: ScriptedSite) -> None:
    socket, frame = await _begin(site, "prompt")
    assert await frame.evaluate("opened.length") == 0
    socket.accept()
    await socket.expect("offer")
    assert await frame.evaluate("opened.length") == 1


async def test_a_refused_sign_in_gives_it_back(site: ScriptedSite) -> None:
    socket, frame = await _begin(site)
    await holds(frame, f"{LIVE} === 1")
    socket.say("refused", code=100200, reason="not_signed_in", message="Expired.")
    await holds(frame, f"{LIVE} === 0")


async def test_another_device_that_the_server_remembers_takes_its_place(site: ScriptedSite) -> None:
    socket, frame = await _begin(site)
    await holds(frame, f"{LIVE} === 1")
    devices = "navigator.mediaDevices.enumerateDevices()"
    there = f"{devices}.then((all) => all.find(({{ label }}) => label === 'Fake Audio Input 2').deviceId)"
    wanted = await frame.evaluate(there)
    socket.accept(devices={"input": {"id": wanted, "label": "Fake Audio Input 2"}})
    await socket.expect("offer")
    await holds(frame, f"opened.at(-1).track.label === 'Fake Audio Input 2' && {LIVE} === 1")
