"""The customer's page in Chromium, driven as an agent would: by its controls, and read by its log of events."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from playwright.async_api import FrameLocator, Locator, Page, expect

from tests.e2e.audio import TELEPHONE_RATE, Samples

SIGN_IN_SECONDS = 20
PRESSES = 4
CALLING, RINGING, TALKING, ENDED, NOT_ESTABLISHED = 1, 2, 3, 4, 5

# Echo cancellation and its kin would change the speech that the tests compare.
PLAIN_MICROPHONE = """
const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const original = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (original) navigator.mediaDevices.getUserMedia = (wanted) => original({ ...wanted, audio: plain });
"""

LISTEN = """
async ([rate, samples]) => {
  const context = new AudioContext({ sampleRate: rate });
  await context.resume();
  const source = context.createMediaStreamSource(document.getElementById("cc-audio").srcObject);
  const tap = context.createScriptProcessor(1024, 1, 1);
  const heard = new Int16Array(samples);
  let count = 0;
  await new Promise((done) => {
    tap.onaudioprocess = ({ inputBuffer }) => {
      for (const value of inputBuffer.getChannelData(0)) if (count < samples) heard[count++] = value * 32767;
      if (count === samples) done();
    };
    source.connect(tap).connect(context.destination);
  });
  await context.close();
  let text = "";
  for (const byte of new Uint8Array(heard.buffer)) text += String.fromCharCode(byte);
  return btoa(text);
}
"""


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """One tab with the demo customer's page."""

    page: Page

    @property
    def phone(self) -> FrameLocator:
        """The softphone's frame."""
        return self.page.frame_locator("cc-sdk iframe")

    @property
    def frame(self) -> Locator:
        """The root of the softphone's document, which says in ``data-state`` how its connection is."""
        return self.phone.locator("html")

    @property
    def note(self) -> Locator:
        """The line in which the page says how its last wish went."""
        return self.page.locator("#note")

    @property
    def stage(self) -> Locator:
        return self.phone.locator("#cc-stage")

    @property
    def main_button(self) -> Locator:
        """Call, hang up or ready, whatever the stage's main button is."""
        return self.phone.locator("#cc-main")

    async def size_of_element(self) -> dict[str, float]:
        """Width and height that the page gives to the softphone."""
        found: dict[str, float] = await self.page.locator("cc-sdk").evaluate("(sdk) => sdk.getBoundingClientRect()")
        return found

    async def sign_in(self, account: str, *, lang: str = "en", **switches: bool) -> None:
        """Choose the agent and the options of ``register()``, sign in and wait until it is done."""
        await self.page.select_option("#account", account)
        await self.page.select_option("#lang", lang)
        for name, wanted in switches.items():
            await self.page.set_checked(f"#{name}", wanted)
        await self.page.click("#sign-in")
        await expect(self.note).to_have_text(f"{account} is signed in.", timeout=SIGN_IN_SECONDS * 1000)

    async def call(self, phone: str) -> None:
        """Click a contact, or dial the number when no contact has it."""
        button = self.page.locator(f'tr[data-phone="{phone}"] button.call')
        if await button.count():
            await button.click()
            return
        await self.page.fill("#free-number", phone)
        await self.page.click("#free-call")

    async def press_main_button(self) -> None:
        """Click it until the stage changes: a click within a moment of the last change is not taken."""
        await self._until_the_stage_changes(self.main_button.click)

    async def press_by_keyboard(self, button: Locator) -> None:
        """The same with Enter on any button of the stage."""
        await self._until_the_stage_changes(lambda: button.press("Enter"))

    async def _until_the_stage_changes(self, press: Callable[[], Awaitable[None]]) -> None:
        stage = await self.stage.get_attribute("data-stage") or ""
        for _ in range(PRESSES):
            await press()
            with contextlib.suppress(AssertionError):
                await expect(self.stage).not_to_have_attribute("data-stage", stage, timeout=1500)
                return
        raise AssertionError(f"the button does nothing on the stage {stage}")

    async def hang_up(self) -> None:
        await self.page.click("#hang-up")

    async def clear_log(self) -> None:
        await self.page.click("#clear-log")

    async def logged(self, name: str) -> list[Any]:
        """The values of one kind of log entry, oldest first."""
        texts = await self.page.locator(f'#log li[data-name="{name}"] code').all_text_contents()
        return [json.loads(text) for text in reversed(texts)]

    async def only(self, name: str) -> Any:
        """The value of the one log entry of this kind, awaited: what a Promise brings may come after the event."""
        await expect(self.page.locator(f'#log li[data-name="{name}"]')).to_have_count(1)
        return (await self.logged(name))[0]

    async def statuses(self) -> list[int]:
        """The callStatus of every onCall so far."""
        return [value["callStatus"] for value in await self.logged("onCall")]

    async def wait_for_call(self, status: int, timeout_seconds: float = 20) -> dict[str, Any]:
        """Wait for an onCall with this status and return its value."""
        selector = f'#log li[data-name="onCall"]:has(code:text("\\"callStatus\\": {status},"))'
        await self.page.locator(selector).first.wait_for(timeout=timeout_seconds * 1000)
        found: dict[str, Any] = next(v for v in await self.logged("onCall") if v["callStatus"] == status)
        return found

    async def listen(self, seconds: float) -> Samples:
        """What the agent hears from now on, at 8 kHz."""
        frame = next(frame for frame in self.page.frames if "/cc/frame/" in frame.url)
        text = await frame.evaluate(LISTEN, [TELEPHONE_RATE, int(seconds * TELEPHONE_RATE)])
        return np.frombuffer(base64.b64decode(text), dtype="<i2").astype(np.float64) / 32768
