"""Both languages, the five options of ``register()``, and what a new registration does to what is shown."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.e2e.customer_page import ENDED, TALKING, CustomerPage
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e

TEXTS = {"en": ("Call", "Hang up", "Information"), "es": ("Llamar", "Colgar", "Información")}


@pytest.mark.parametrize("lang", TEXTS)
async def test_every_language_is_shown(lang: str, page: CustomerPage, account: str) -> None:
    call, hang_up, information = TEXTS[lang]
    await page.sign_in(account, lang=lang)
    await expect(page.phone.locator("html")).to_have_attribute("lang", lang)
    await expect(page.main_button).to_have_text(call)
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    await expect(page.main_button).to_have_text(hang_up)
    await expect(page.phone.locator(".card-title", has_text=information)).to_be_visible()
    await page.press_main_button()
    await page.wait_for_call(ENDED)


async def test_the_language_changes_with_a_new_registration(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await expect(page.main_button).to_have_text(TEXTS["en"][0])
    await page.sign_in(account, lang="es")
    await expect(page.main_button).to_have_text(TEXTS["es"][0])


async def test_a_remark_is_saved_while_it_is_written(page: CustomerPage, system: RunningSystem, account: str) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    talking = await page.wait_for_call(TALKING)
    await page.phone.locator("#cc-remark").fill("Wants a call back <b>on Monday</b>")
    await page.hang_up()
    await page.wait_for_call(ENDED)
    await expect(page.phone.locator("#cc-remark")).to_have_value("Wants a call back <b>on Monday</b>")
    await expect(page.phone.locator("#cc-remark-mark")).to_have_attribute("data-state", "saved")
    await page.press_main_button()
    await expect(page.stage).to_have_attribute("data-stage", "idle")
    assert system.call_record(talking["callId"])["remark"] == "Wants a call back <b>on Monday</b>"


async def test_a_remark_typed_right_before_a_reload_is_kept(
    page: CustomerPage, system: RunningSystem, account: str
) -> None:
    await page.sign_in(account)
    await page.call("12025550100")
    talking = await page.wait_for_call(TALKING)
    await page.phone.locator("#cc-remark").fill("Typed in the last moment")
    await page.page.reload()
    await page.sign_in(account)
    await expect(page.phone.locator("#cc-remark")).to_have_value("Typed in the last moment")
    assert system.call_record(talking["callId"])["remark"] == "Typed in the last moment"
    await page.hang_up()


async def test_without_remark_and_information_neither_is_shown(page: CustomerPage, account: str) -> None:
    await page.sign_in(account, isRemark=False, isInformation=False)
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    await expect(page.phone.locator("#cc-remark")).to_have_count(0)
    await expect(page.stage).not_to_contain_text("Fernhill Bakery")
    await page.hang_up()
    await page.wait_for_call(ENDED)
    await expect(page.phone.locator("#cc-remark")).to_have_count(0)


async def test_without_the_workbench_only_the_call_is_shown(page: CustomerPage, account: str) -> None:
    element = page.page.locator("cc-sdk")
    await page.sign_in(account, noWorkMode=True)
    assert (await page.size_of_element())["height"] == 0
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    await expect(element).to_be_visible()
    assert 0 < (await page.size_of_element())["height"] < 200
    await expect(page.phone.locator("#cc-number")).to_have_count(0)
    await page.press_main_button()
    await page.wait_for_call(ENDED)


async def test_the_callees_information_is_text(page: CustomerPage, account: str) -> None:
    await page.sign_in(account)
    await page.page.evaluate(
        "document.querySelector('tr[data-phone=\"12025550100\"]').dataset.info = '<img src=x onerror=alert(1)>'"
    )
    await page.call("12025550100")
    await page.wait_for_call(TALKING)
    await expect(page.stage).to_contain_text("<img src=x onerror=alert(1)>")
    await page.hang_up()
    await page.wait_for_call(ENDED)
