"""Every screen of the widget with hostile texts in it: shown as text, and turning nothing around them."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from tests.e2e.element.screens import BARS, CARDS, SCREENS, Screen
from tests.e2e.element.scripted_site import ScriptedSite
from tests.e2e.element.snapshots import IDLE, html
from tests.e2e.hostile_text import FAULTS, SCRIPT, TURNED, WHOLE
from widget.rendering import colleagues_fragment, found_fragment

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="module")]
FOREIGN = frozenset(
    {"name", "display_number", "number", "shown", "caller", "info", "remark", "colleague", "transfer_to", "labels"}
)


def poisoned(part: Any, name: str = "") -> Any:
    """The same with hostile texts where people, pages and carriers write."""
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{each.name: poisoned(getattr(part, each.name), each.name) for each in fields(part)})
    if isinstance(part, tuple):
        return tuple(poisoned(each, name) for each in part)
    return WHOLE if name in FOREIGN and isinstance(part, str) and part else part


@pytest.mark.parametrize("screens", [SCREENS, CARDS, BARS], ids=["screens", "cards", "bars"])
async def test_every_screen(site: ScriptedSite, screens: tuple[Screen, ...]) -> None:
    _page, socket, frame = await site.signed_in(html=html(IDLE))
    faults: list[str] = []
    seen = 0
    for screen in screens:
        socket.show(html(poisoned(screen.view), poisoned(screen.options)))
        if screen.colleagues is not None:
            socket.show(colleagues_fragment(poisoned(screen.colleagues), "en"))
        if screen.found is not None:
            socket.show(found_fragment(poisoned(screen.found), "en"))
        await frame.wait_for_timeout(100)
        faults += [f"{screen.name}: {fault}" for fault in await frame.evaluate(FAULTS, TURNED)]
        seen += (await frame.content()).count(SCRIPT.replace("<", "&lt;").replace(">", "&gt;"))
    assert faults == []
    assert seen >= len(screens) // 2
    assert site.console == []
