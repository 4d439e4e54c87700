"""Every screen of the widget as the server would render it, for screenshots and accessibility checks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from tests.e2e.element.snapshots import (
    CALLING,
    ENDED,
    IDLE,
    INCOMING,
    NOW,
    OPTIONS,
    RINGING,
    TALKING,
    WRAP_UP,
    in_call,
)
from widget.rendering import AgentView, FrameOptions

LABELS = ("Order", "Complaint", "Call back", "Wrong number")
FULL = replace(OPTIONS, labels=LABELS)
TALK = replace(TALKING, answered_at=NOW - timedelta(seconds=96), info="Ms Ada Lovelace, order 1843\nhttps://crm.test/7")


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: ``click`` is pressed once it is shown."""

    name: str
    view: AgentView
    options: FrameOptions = FULL
    click: str = ""


SCREENS = (
    Screen("idle", IDLE),
    Screen("idle-no-answer", replace(IDLE, call=replace(ENDED, answered_at=None, termination="no_answer"))),
    Screen("status-menu", IDLE, click="#cc-status-button"),
    Screen("calling", in_call(CALLING)),
    Screen("ringing", in_call(RINGING)),
    Screen("incoming", in_call(INCOMING)),
    Screen("talking", in_call(TALK)),
    Screen("talking-muted", in_call(replace(TALK, muted=True))),
    Screen("held", in_call(replace(TALK, held=True))),
    Screen("held-by-other-side", in_call(replace(TALK, held_by_far_end=True))),
    Screen("keypad", in_call(TALK), click="#cc-keypad-toggle"),
    Screen("wrap-up", replace(WRAP_UP, wrap_up=replace(ENDED, labels=("Order",), remark="Wants an offer."))),
)
