"""Snapshots → fragments: what is shown when, in which language, and that hostile text stays text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import engines
from django.utils import translation

from widget.calls.termination import Cause
from widget.errors import ALL_ERRORS
from widget.frame_texts import client_texts, error_texts
from widget.rendering import (
    FRAGMENTS,
    AgentView,
    CallView,
    FrameOptions,
    clock,
    fragments,
    stage_of,
    termination_text,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OPTIONS = FrameOptions(workbench=True, remark=True, information=True, language="en")
HOSTILE = "<img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}"
CALL = CallView(
    id="c" * 32,
    state="calling",
    number="+12025550100",
    caller="",
    info="",
    direction="outbound",
    early_media=False,
    started_at=NOW,
    ringing_at=None,
    answered_at=None,
    ended_at=None,
    duration_seconds=None,
    termination="",
    remark="",
)
TALKING = replace(CALL, state="talking", ringing_at=NOW, answered_at=NOW)
ENDED = replace(TALKING, state="ended", ended_at=NOW, duration_seconds=127, termination="customer_hung_up")
IDLE = AgentView(
    account="demo_001",
    name="Ann",
    display_number="",
    status=2,
    status_since=NOW,
    leg_connected=True,
    call=None,
    wrap_up=None,
    wrap_up_ends_at=None,
    version=1,
)
WRAP_UP = replace(IDLE, status=4, wrap_up=ENDED, wrap_up_ends_at=NOW + timedelta(seconds=15))


class Elements(HTMLParser):
    """Collects the tags, the top-level elements' attributes and the text of a fragment."""

    VOID = ("input", "img", "path", "circle", "rect")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.roots: list[dict[str, str | None]] = []
        self.text = ""
        self._depth = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if self._depth == 0:
            self.roots.append(dict(attrs))
        self._depth += tag not in self.VOID

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in self.VOID

    def handle_data(self, data: str) -> None:
        self.text += data


def show(view: AgentView, options: FrameOptions = OPTIONS) -> dict[str, str]:
    return fragments(view, options, NOW)


def stage_text(view: AgentView, options: FrameOptions = OPTIONS) -> str:
    return " ".join(Elements(show(view, options)["cc-stage"]).text.split())


@pytest.mark.parametrize("view", [IDLE, replace(IDLE, call=CALL), replace(IDLE, call=TALKING), WRAP_UP])
def test_each_fragment_has_one_root_with_its_id(view: AgentView) -> None:
    shown = show(view)
    assert tuple(shown) == FRAGMENTS
    for name, html in shown.items():
        roots = Elements(html).roots
        assert [root["id"] for root in roots] == [name]
        assert roots[0]["hx-swap-oob"] in ("true", "innerHTML")


@pytest.mark.parametrize(
    ("view", "buttons"),
    [
        (IDLE, []),
        (replace(IDLE, call=CALL), ["hang_up"]),
        (replace(IDLE, call=replace(CALL, state="ringing", direction="inbound")), ["reject_call", "answer_call"]),
        (replace(IDLE, call=TALKING), ["mute", "hang_up"]),
        (replace(IDLE, call=replace(TALKING, held=True, held_at=NOW)), ["hold", "hang_up"]),
        (replace(IDLE, call=replace(TALKING, held=True, consulted=TALKING)), ["cancel_transfer", "complete_transfer"]),
        (replace(IDLE, call=replace(TALKING, held=True, consulted=CALL)), ["cancel_transfer"]),
        (WRAP_UP, ["finish_wrap_up"]),
    ],
)
def test_the_bar_of_a_folded_widget_has_what_matters_now(view: AgentView, buttons: list[str]) -> None:
    assert re.findall(r'data-action="(\w+)"', show(view)["cc-bar"]) == buttons


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, False),
        ({"can_take_back": True}, True),
        ({"transfer_inside": True}, True),
        ({"can_take_back": True, "consulted": TALKING}, False),
    ],
    ids=["the carrier calls", "the server calls", "a colleague rings", "asked first"],
)
@pytest.mark.parametrize("workbench", [True, False])
def test_a_transfer_that_we_ring_for_can_be_taken_back(
    changes: dict[str, Any], *, shown: bool, workbench: bool
) -> None:
    call = replace(TALKING, held=True, transfer_to="+12025550107", transfer_state="taken", **changes)
    html = show(replace(IDLE, call=call), replace(OPTIONS, workbench=workbench))["cc-stage"]
    assert ('id="cc-take-back"' in html) == shown


def test_equal_snapshots_give_equal_html_at_any_time() -> None:
    later = NOW + timedelta(seconds=5)
    assert fragments(WRAP_UP, OPTIONS, NOW) == fragments(WRAP_UP, OPTIONS, later)


@pytest.mark.parametrize(
    ("view", "workbench", "stage"),
    [
        (IDLE, True, "idle"),
        (replace(IDLE, call=CALL), True, "calling"),
        (replace(IDLE, call=replace(CALL, state="ringing")), True, "ringing"),
        (replace(IDLE, call=replace(CALL, state="ringing", direction="inbound")), True, "incoming"),
        (replace(IDLE, call=TALKING), True, "talking"),
        (replace(IDLE, call=ENDED), True, "idle"),
        (WRAP_UP, True, "wrap_up"),
        (replace(WRAP_UP, call=CALL), True, "calling"),
        (IDLE, False, "none"),
        (WRAP_UP, False, "none"),
        (replace(IDLE, call=TALKING), False, "talking"),
    ],
)
def test_stage(view: AgentView, stage: str, *, workbench: bool) -> None:
    assert stage_of(view, replace(OPTIONS, workbench=workbench)) == stage


def test_hostile_texts_stay_texts() -> None:
    call = replace(TALKING, number=HOSTILE, info=HOSTILE, remark=HOSTILE)
    for view in (replace(IDLE, name=HOSTILE, call=call), replace(WRAP_UP, wrap_up=call, display_number=HOSTILE)):
        for html in show(view).values():
            found = Elements(html)
            assert "img" not in found.tags
            assert "49" not in found.text
    assert HOSTILE in Elements(show(replace(IDLE, call=call))["cc-stage"]).text


def test_addresses_in_the_information_are_safe_links() -> None:
    html = show(replace(IDLE, call=replace(TALKING, info="see https://crm.example.com/7 or javascript:alert(1)")))
    assert 'href="https://crm.example.com/7"' in html["cc-stage"]
    assert 'target="_blank"' in html["cc-stage"]
    assert "noopener" in html["cc-stage"]
    assert 'href="javascript' not in html["cc-stage"]


def test_information_and_remark_follow_the_options() -> None:
    view = replace(IDLE, call=replace(TALKING, info="Ms Lovelace"))
    assert "Ms Lovelace" in stage_text(view)
    assert "Ms Lovelace" not in stage_text(view, replace(OPTIONS, information=False))
    assert "textarea" in show(view)["cc-stage"]
    assert "textarea" not in show(view, replace(OPTIONS, remark=False))["cc-stage"]


def test_a_remark_is_kept_to_the_letter() -> None:
    html = show(replace(IDLE, call=replace(TALKING, remark="\n first line\nsecond")))["cc-stage"]
    # HTML drops the first line break in a textarea, so one more stands there.
    assert ">\n\n first line\nsecond</textarea>" in html


def test_an_incoming_call_shows_who_calls() -> None:
    call = replace(CALL, state="ringing", direction="inbound", number="+12025550199", caller=HOSTILE)
    assert HOSTILE in stage_text(replace(IDLE, call=call))
    assert "Unknown number" in stage_text(replace(IDLE, call=replace(call, caller="")))
    assert "unknown number" in show(replace(IDLE, call=replace(call, caller="")))["cc-say"]


def test_the_mode_decides_which_tiles_a_talk_has() -> None:
    view = replace(IDLE, call=TALKING)
    assert "Mute Hold Keypad" in stage_text(view)
    assert "Mute Keypad" in stage_text(view, replace(OPTIONS, hold=False))
    assert "Hold" not in stage_text(view, replace(OPTIONS, mute=False, hold=False))


def test_the_status_menu_has_the_modes_choices() -> None:
    assert "Short break" in Elements(show(IDLE)["cc-status"]).text
    assert "Short break" not in Elements(show(IDLE, replace(OPTIONS, statuses=(2, 3)))["cc-status"]).text
    assert "popovertarget" not in show(IDLE, replace(OPTIONS, statuses=(2,)))["cc-status"]
    assert "popovertarget" not in show(replace(IDLE, status=1))["cc-status"]


def test_recent_calls_follow_the_mode_and_stay_texts() -> None:
    past = replace(ENDED, remark=HOSTILE, labels=(HOSTILE,))
    unknown = replace(ENDED, id="u" * 32, direction="inbound", caller="")
    view = replace(IDLE, display_number="+12025550199", recent=(past, unknown))
    html = show(view)["cc-stage"]
    assert "img" not in Elements(html).tags
    assert html.count(HOSTILE.replace("<", "&lt;")[:8]) == 2
    assert 'data-number="+12025550100"' in html
    assert "(202) 555-0100" in html
    assert html.count('class="redial"') == 1
    assert "recent-call" not in show(view, replace(OPTIONS, history=False))["cc-stage"]
    assert HOSTILE[:4] not in stage_text(view, replace(OPTIONS, remark=False, labels=())).replace(HOSTILE, "", 1)
    masked = show(view, replace(OPTIONS, masks_numbers=True))["cc-stage"]
    assert "redial" not in masked
    assert "5550100" not in masked
    assert "555-0100" not in masked


def test_labels_show_which_are_chosen() -> None:
    wrap_up = replace(WRAP_UP, wrap_up=replace(ENDED, labels=(HOSTILE,)))
    html = show(wrap_up, replace(OPTIONS, labels=(HOSTILE, "Order")))["cc-stage"]
    assert html.count('class="chip"') == 2
    assert 'aria-pressed="true"><bdi>&lt;img' in html
    assert 'aria-pressed="false"><bdi>Order' in html


def test_wrap_up_says_why_and_how_long_and_counts_down() -> None:
    text = stage_text(WRAP_UP)
    assert "The other side hung up." in text
    assert "2:07" in text
    assert "Save and get ready" in text
    assert f'data-until="{int(NOW.timestamp()) * 1000 + 15_000}"' in show(WRAP_UP)["cc-stage"]
    assert "data-until" not in fragments(WRAP_UP, OPTIONS, NOW + timedelta(minutes=1))["cc-stage"]


def test_a_call_that_was_not_established_says_why_beside_the_pad() -> None:
    failed = replace(CALL, state="ended", ended_at=NOW, termination="busy")
    shown = show(replace(IDLE, call=failed))
    assert "The line is busy." in shown["cc-notice"]
    assert "The line is busy." in shown["cc-say"]
    assert "busy" not in show(IDLE)["cc-notice"]


def test_spanish() -> None:
    text = stage_text(WRAP_UP, replace(OPTIONS, language="es"))
    assert "Llamada terminada" in text
    assert "Guardar y quedar disponible" in text
    with translation.override("es"):
        assert show(IDLE)["cc-status"] == fragments(IDLE, OPTIONS, NOW)["cc-status"]


def test_an_unknown_language_falls_back_to_english() -> None:
    assert "Save and get ready" in stage_text(WRAP_UP, replace(OPTIONS, language="xx"))


def test_every_cause_has_a_sentence_of_its_own() -> None:
    texts = [termination_text(cause) for cause in Cause]
    assert len(set(texts)) == len(texts)
    assert termination_text("something else") == "The call ended."


def test_every_error_reaches_the_frame() -> None:
    assert {text["code"] for text in error_texts().values()} == {error.code for error in ALL_ERRORS}
    assert all(client_texts().values())


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (67, "1:07"), (3723, "1:02:03")])
def test_clock(seconds: int, text: str) -> None:
    assert clock(seconds) == text


def test_catalogue_texts_are_escaped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "gettext", lambda message: f"<b>{message}</b> %(name)s")
    template = engines["jinja2"].from_string('{{ _("Hello", name=who) }}')
    assert template.render({"who": "<i>"}) == "&lt;b&gt;Hello&lt;/b&gt; &lt;i&gt;"
