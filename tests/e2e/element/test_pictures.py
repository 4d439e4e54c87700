"""The visual check itself: it sees what a person would object to, and nothing that only another browser does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.element import pictures
from tests.e2e.element.screens import FULL, TALK
from tests.e2e.element.scripted_site import ScriptedSite
from tests.e2e.element.snapshots import html, in_call

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
ADD = "(css) => { const [sheet] = document.styleSheets; sheet.insertRule(css, sheet.cssRules.length); }"
TAKE_BACK = "() => { const [sheet] = document.styleSheets; sheet.deleteRule(sheet.cssRules.length - 1); }"
FAULTS = {
    "a button vanishes": "#cc-mute { visibility: hidden; }",
    "a button takes no room": "#cc-keypad-toggle { display: none; }",
    "an icon vanishes": "#cc-hold .icon { visibility: hidden; }",
    "a button lies on another": "#cc-hold { translate: -60px 0; }",
    "a text leaves its button": "#cc-transfer-toggle { inline-size: 40px; white-space: nowrap; }",
    "a text is cut off": ".party-number { max-inline-size: 60px; overflow: hidden; white-space: nowrap; }",
    "a text has the colour of its ground": "#cc-main { color: var(--danger); }",
    "a colour changed": "#cc-main { background: var(--call); }",
    "the stage scrolls away": ".stage-body { margin-block-start: -24px; }",
    "a larger text": ".tile { font-size: 16px; }",
}
HARMLESS = {
    "a clock goes on": "time::after { content: '9'; }",
    "everything is half a pixel away": "#cc-stage { translate: 0.5px 0.5px; }",
    "edges are smoothed otherwise": ".tile, .card { border-radius: 15px; }",
    "a border's grey is another": ":root { --border: #d9dfe9; }",
}


async def _seen(site: ScriptedSite, styles: Mapping[str, str]) -> dict[str, str]:
    """What is said of a talk with each of these rules, compared with the picture of the same talk without them."""
    page, _socket, frame = await site.signed_in(html=html(in_call(TALK), FULL))
    await frame.wait_for_selector("#cc-stage[data-stage=talking]")
    picture = pictures.decoded(pictures.packed(await pictures.taken(page, frame)))
    seen = {"nothing": pictures.differences(await pictures.taken(page, frame), picture)}
    for name, css in styles.items():
        await frame.evaluate(ADD, css)
        seen[name] = pictures.differences(await pictures.taken(page, frame), picture)
        await frame.evaluate(TAKE_BACK)
    return seen


async def test_every_fault_is_seen(site: ScriptedSite) -> None:
    seen = await _seen(site, FAULTS)
    assert [name for name, said in seen.items() if not said] == ["nothing"]


async def test_a_fault_names_the_screen_and_the_place_and_is_drawn(
    site: ScriptedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(pictures, "DIFFERING", tmp_path / "differing")
    monkeypatch.setattr(pictures, "RENEWS", False)
    page, _socket, frame = await site.signed_in(html=html(in_call(TALK), FULL))
    assert "has no picture" in await pictures.compare(page, frame, "talking")
    pictures.store("talking", await pictures.taken(page, frame))
    assert await pictures.compare(page, frame, "talking") == ""
    await frame.evaluate(ADD, "#cc-mute { visibility: hidden; }")
    said = await pictures.compare(page, frame, "talking")
    assert "differs from its picture" in said
    assert f"see {tmp_path / 'differing' / 'talking.png'}. If it is meant: make pictures" in said
    shown = pictures.decoded((tmp_path / "differing" / "talking.png").read_bytes())
    kept = pictures.stored("talking")
    assert kept is not None
    assert shown.shape[0] == pictures.CELL * kept.shape[0]
    assert (shown == [220, 0, 0]).all(axis=2).any()


async def test_what_does_no_harm_is_not(site: ScriptedSite) -> None:
    seen = await _seen(site, HARMLESS)
    assert {name: said for name, said in seen.items() if said} == {}
