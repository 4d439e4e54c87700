"""axe-core on every page of the admin, light and dark. What is Django's own is listed one by one, with the reason."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.e2e.admin.pages import at, pages
from tests.e2e.admin.rows import WORDED, Rows, fill
from widget.admin.texts import key_of

pytestmark = pytest.mark.e2e
AXE = Path(__file__).parents[3] / ".venv/biome/node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
STEADY = "() => Promise.allSettled(document.getAnimations().map((one) => one.finished))"
CHECK = """async ([tags, off]) => {
  const rules = Object.fromEntries(off.map((rule) => [rule, { enabled: false }]));
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags }, rules });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")}`));
}"""
# What a preview shows is a part of a page: that page has the landmarks and the headings.
OF_A_WHOLE_PAGE = ("page-has-heading-one", "landmark-one-main")

# Django's search form labels its input with a picture, whose alternative text axe takes for no visible label.
PICTURE = ("label-title-only: #searchbar",)
# Its tables of inlines begin with a column for the rows' names, whose head is empty; no option fills it.
HEAD = ("empty-table-header: thead > tr > .original",)
HEADS = tuple(
    f'empty-table-header: fieldset[aria-labelledby="{each}-heading"] > table > thead > tr > .original'
    for each in ("inbound_numbers", "number_rules")
)
# The script of its two boxes to choose from names a span for screen readers; a span has no role to bear a name.
CHOSEN_LANGUAGES = tuple(
    f'aria-prohibited-attr: label[for="id_languages_{box}"] > .help-tooltip.search-label-icon'
    for box in ("input", "selected_input")
)
CHOSEN_SUPERVISORS = tuple(
    f'aria-prohibited-attr: label[for="id_supervisors_{box}"] > .search-label-icon.help-tooltip'
    for box in ("input", "selected_input")
)
DJANGOS = {
    "call list": PICTURE,
    "call list, filtered": PICTURE,
    "agentgroup add": CHOSEN_SUPERVISORS + HEAD,
    "agentgroup change": CHOSEN_SUPERVISORS + HEAD,
    "trunk add": HEADS,
    "trunk change": HEADS,
    "a trunk with faults": HEADS,
    "application add": CHOSEN_LANGUAGES,
    "application change": CHOSEN_LANGUAGES,
}
"""By page, what axe finds that is Django's own: exactly this, so that the list shrinks when Django mends it."""


PICTURES = {"live board": "live-board", "call list": "calls", "agent preview": "preview", "texts": "texts"}
"""For the documentation: CCSDK_SCREENS names the folder, as for the widget's screens."""


async def _keep_picture(page: Page, name: str) -> None:
    if (folder := os.environ.get("CCSDK_SCREENS")) and name in PICTURES:
        await page.emulate_media(color_scheme="light")
        await page.evaluate(STEADY)
        await page.wait_for_load_state("networkidle")
        await page.screenshot(path=Path(folder) / f"admin-{PICTURES[name]}.png")


@pytest.fixture
def rows(transactional_db: None) -> Rows:
    return fill()


@pytest.fixture
async def page(admin: BrowserContext) -> Page:
    await admin.add_init_script(AXE.read_text())
    return await admin.new_page()


async def _differences(page: Page, name: str) -> list[str]:
    """What axe finds and is not listed, and what is listed and not found."""
    off = OF_A_WHOLE_PAGE if name.startswith("preview of") else ()
    differences = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await page.evaluate(STEADY)  # the admin's links fade into their new colour
        found = set(await page.evaluate(CHECK, [WCAG, off]))
        differences += [f"{name}, {scheme}: {each}" for each in found.symmetric_difference(DJANGOS.get(name, ()))]
    return differences


def _alike(name: str) -> bool:
    """Django's pages of this kind differ in the words only: the trunk's stand for all."""
    return name.endswith((" history", " delete")) and not name.startswith("trunk")


@pytest.mark.parametrize("part", range(3))
async def test_every_page(rows: Rows, page: Page, part: int) -> None:
    """In three parts, so that a busy machine finishes each in time."""
    found: list[str] = []
    for name, address in [each for each in pages(rows) if not _alike(each[0])][part::3]:
        answer = await page.goto(address)
        assert answer is not None
        assert answer.ok, (name, answer.status)
        for fold in await page.locator("#sip-ladder summary, .cc-numbers summary").all():
            await fold.click()
        found += await _differences(page, name)
        await _keep_picture(page, name)
    assert found == []


async def test_what_comes_of_forms(rows: Rows, page: Page, findings: list[dict[str, Any]]) -> None:
    await page.goto(at("ccsdk_trunk_test", rows.trunk.pk))
    await page.get_by_role("button", name="Test now").click()
    await expect(page.get_by_role("listitem").filter(has_text="Credentials")).to_contain_text("401 Unauthorized")
    found = await _differences(page, "a trunk's test")

    await page.goto(at("ccsdk_trunk_change", rows.trunk.pk))
    await page.get_by_label("Host:", exact=True).fill("sip:carrier")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Write a host name or an address only")).to_be_visible()
    found += await _differences(page, "a trunk with faults")

    await page.goto(at("ccsdk_textoverride_text", rows.override.language_id, key_of(WORDED)))
    await page.get_by_label("Own wording").fill("Go %(where)s")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("is not a placeholder of this text")).to_be_visible()
    found += await _differences(page, "a text with a fault")

    await page.goto(at("ccsdk_application_changelist"))
    await page.locator("#result_list tbody input").first.check()
    await page.locator("select[name=action]").select_option("generate_secret")
    await page.get_by_role("button", name="Go").click()
    found += await _differences(page, "before a new secret")
    await page.get_by_role("button", name="Generate a new API secret").click()
    await expect(page.locator("#api-secret")).to_be_visible()
    found += await _differences(page, "a new secret")
    assert found == []
