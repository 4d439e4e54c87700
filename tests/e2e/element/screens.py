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

PAST = replace(ENDED, started_at=NOW - timedelta(days=1, minutes=7))
RECENT = (
    replace(PAST, id="1" * 32, remark="Wants an offer for 20 chairs, call back on Monday.", labels=("Order",)),
    replace(PAST, id="2" * 32, answered_at=None, duration_seconds=None, termination="busy"),
    replace(PAST, id="3" * 32, direction="inbound", caller="+442079460958"),
    replace(
        PAST,
        id="4" * 32,
        direction="inbound",
        caller="",
        answered_at=None,
        duration_seconds=None,
        termination="agent_no_answer",
    ),
)
WITH_HISTORY = replace(IDLE, recent=RECENT)


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: ``click`` is pressed once it is shown."""

    name: str
    view: AgentView
    options: FrameOptions = FULL
    click: str = ""


CARD = replace(FULL, workbench=False)
CARDS = (
    Screen("card-calling", in_call(CALLING), CARD),
    Screen("card-incoming", in_call(INCOMING), CARD),
    Screen("card-talking", in_call(TALK), CARD),
    Screen("card-held", in_call(replace(TALK, held=True, muted=True)), CARD),
)
SCREENS = (
    Screen("idle", WITH_HISTORY),
    Screen("recent", WITH_HISTORY, click="#cc-tab-recent"),
    Screen("idle-first-day", IDLE),
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
