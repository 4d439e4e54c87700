"""Every page of the admin that is ours, or shows what is ours, with the address that opens it."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from tests.e2e.admin.rows import WORDED, Rows
from widget.admin.preview import SCREENS
from widget.admin.texts import key_of
from widget.switchboard.findings import Finding, Outcome, Step

KINDS = ("application", "agentgroup", "agent", "trunk", "mode", "language")
"""Models with pages to add, change and delete rows."""


def at(name: str, *args: object, query: str = "") -> str:
    return reverse(f"admin:{name}", args=args) + (f"?{query}" if query else "")


def pages(rows: Rows) -> Iterator[tuple[str, str]]:
    """Name and address of each."""
    yield "index", at("index")
    yield "call centre", at("app_list", "ccsdk")
    yield from _of_kinds(rows)
    yield from _of_calls(rows)
    yield "live board", at("ccsdk_liveboard_changelist")
    yield "live board of a group", at("ccsdk_liveboard_changelist", query=f"group={rows.group.pk}")
    yield from _of_texts(rows)
    yield "trunk test", at("ccsdk_trunk_test", rows.trunk.pk)
    yield "mode preview", at("ccsdk_mode_preview", rows.mode.pk)
    yield "agent preview", at("ccsdk_agent_preview", rows.agent.pk)
    yield from _of_frames(rows)


def _of_kinds(rows: Rows) -> Iterator[tuple[str, str]]:
    own = {"application": rows.application, "agentgroup": rows.group, "agent": rows.agent, "trunk": rows.trunk}
    for kind in KINDS:
        row = {**own, "mode": rows.mode, "language": rows.language}[kind]
        yield f"{kind} list", at(f"ccsdk_{kind}_changelist")
        yield f"{kind} add", at(f"ccsdk_{kind}_add")
        yield f"{kind} change", at(f"ccsdk_{kind}_change", row.pk)
        yield f"{kind} history", at(f"ccsdk_{kind}_history", row.pk)
        yield f"{kind} delete", at(f"ccsdk_{kind}_delete", row.pk)


def _of_calls(rows: Rows) -> Iterator[tuple[str, str]]:
    yield "call list", at("ccsdk_call_changelist")
    yield "call list, filtered", at("ccsdk_call_changelist", query="sound=poor&state__exact=ended&q=20")
    yield "call", at("ccsdk_call_change", rows.call.pk)
    yield "refused call", at("ccsdk_call_change", rows.refused.pk)
    yield "live call", at("ccsdk_call_change", rows.live.pk)
    yield "call history", at("ccsdk_call_history", rows.call.pk)


def _of_texts(rows: Rows) -> Iterator[tuple[str, str]]:
    yield "texts", at("ccsdk_textoverride_changelist")
    yield "own texts", at("ccsdk_textoverride_changelist", query="own=on")
    yield "texts of Arabic", at("ccsdk_textoverride_changelist", query="language=ar")
    yield "text", at("ccsdk_textoverride_text", rows.override.language_id, key_of(WORDED))
    yield "text history", at("ccsdk_textoverride_history", rows.override.pk)


def _of_frames(rows: Rows) -> Iterator[tuple[str, str]]:
    """What the previews show, by itself."""
    for screen in SCREENS:
        yield f"preview of {screen}", at("ccsdk_agent_preview_frame", rows.agent.pk, query=f"screen={screen}")


FINDINGS = [
    Finding(Step.SETTINGS, Outcome.NOTE, "disabled").packed(),
    Finding(Step.DNS, Outcome.OK, "address", {"address": "203.0.113.5:5060"}).packed(),
    Finding(Step.CREDENTIALS, Outcome.FAIL, "refused", {"answer": "401 Unauthorized"}).packed(),
]
"""A test of a trunk with each outcome."""
