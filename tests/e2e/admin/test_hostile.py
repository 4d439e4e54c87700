"""Texts from outside are shown as text on every page and in every export: no script runs, no element appears, and a
text that turns the writing direction turns nothing but itself."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.admin.pages import at, pages
from tests.e2e.admin.rows import Rows, fill
from tests.e2e.hostile_text import FAULTS, HEAD, MARKS, SCRIPT, SHORT, TURNED, VISIBLE, WHOLE
from widget.models import Agent, Call
from widget.switchboard.findings import Finding, Outcome, Step

pytestmark = pytest.mark.e2e


def hostile(_text: str, limit: int) -> str:
    """As much of it as fits. Names stay apart, for some have to."""
    return next(text for text in (WHOLE, SCRIPT + TURNED, *SHORT) if len(text) <= limit)


@pytest.fixture
def rows(transactional_db: None) -> Rows:
    return fill(hostile)


async def _faults(page: Page, name: str) -> list[str]:
    return [f"{name}: {fault}" for fault in await page.evaluate(FAULTS, TURNED)]


async def _seen(page: Page) -> int:
    """How often hostile texts are in the page, as text."""
    shown = await page.content()
    return sum(shown.count(mark.replace("<", "&lt;").replace(">", "&gt;")) for mark in MARKS)


@pytest.fixture
async def page(admin: BrowserContext) -> AsyncIterator[Page]:
    opened = await admin.new_page()
    dialogs: list[str] = []
    opened.on("dialog", lambda dialog: dialogs.append(dialog.message))
    yield opened
    assert dialogs == []


async def test_every_page(rows: Rows, page: Page) -> None:
    faults: list[str] = []
    seen = 0
    for name, address in pages(rows):
        answer = await page.goto(address)
        assert answer is not None
        assert answer.ok, (name, answer.status)
        faults += await _faults(page, name)
        seen += await _seen(page)
    assert faults == []
    assert seen > 100


@pytest.mark.parametrize("kind", ["call", "trunk", "textoverride", "liveboard"])
async def test_what_an_address_says(rows: Rows, page: Page, kind: str) -> None:
    for name in ("q", "group", "language", "sound", "o"):
        address = at(f"ccsdk_{kind}_changelist", query=urlencode({name: f"{WHOLE}\0"}))
        answer = await page.goto(address)
        assert answer is not None
        assert answer.status == 200
        assert await _faults(page, address) == []


async def test_what_a_carrier_says_in_a_trunks_test(rows: Rows, page: Page, findings: list[dict[str, Any]]) -> None:
    facts = dict.fromkeys(("answer", "realm", "names", "issuer", "host", "address", "number", "detail"), WHOLE)
    findings[:] = [
        Finding(step, Outcome.FAIL, reason, facts).packed()
        for step, reason in ((Step.TLS, "self_signed"), (Step.CREDENTIALS, "refused"), (Step.CALL, "number_unknown"))
    ]
    await page.goto(at("ccsdk_trunk_test", rows.trunk.pk))
    await page.get_by_label("Number for a test call").fill(SCRIPT[:40])
    await page.get_by_role("button", name="Test now").click()
    await expect(page.get_by_role("listitem").filter(has_text="Credentials")).to_contain_text("<script>")
    assert await _faults(page, "trunk test") == []


async def test_what_is_saved_and_told(rows: Rows, page: Page) -> None:
    """Names in messages, in the history, and before many are deleted."""
    await page.goto(at("ccsdk_mode_change", rows.mode.pk))
    await page.get_by_label("Name:", exact=True).fill(VISIBLE)
    await page.get_by_label("Labels:", exact=True).fill(VISIBLE)
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.locator(".messagelist")).to_contain_text("<b id=evil>")
    assert await _faults(page, "message") == []
    await page.locator("#action-toggle").check()
    await page.locator("select[name=action]").select_option("delete_selected")
    await page.get_by_role("button", name="Go").click()
    assert await _seen(page)
    assert await _faults(page, "deleting many") == []


@pytest.mark.parametrize("model", [Call, Agent])
def test_exports_run_no_formula(rows: Rows, admin_client: Client, model: type[Call | Agent]) -> None:
    name = model._meta.model_name
    keys = list(model._default_manager.values_list("pk", flat=True))
    data = {"action": "export_csv", "_selected_action": keys}
    answer: Any = admin_client.post(at(f"ccsdk_{name}_changelist"), data)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert len(lines) == len(keys) + 1
    cells = [each for line in lines for each in line]
    assert any(HEAD in each for each in cells)
    assert [each for each in cells if each[:1] in {"=", "-", "@", "\t", "\r"}] == []
    assert all(each[1:].isdecimal() for each in cells if each.startswith("+"))
