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
from widget.colleagues import Colleague
from widget.rendering import AgentView, FrameOptions
from widget.searching import Found, FoundNumber

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


COLLEAGUES = (
    Colleague(id=2, account="demo_002", name="Ben Example", status=2),
    Colleague(id=3, account="demo_003", name="Chloé Dubois", status=3),
    Colleague(id=4, account="demo_004", name="Dev Patel", status=5),
    Colleague(id=5, account="demo_005", name="Extraordinarily-Longnamed Exampleperson", status=1),
)
FOUND = Found(
    (COLLEAGUES[0], COLLEAGUES[3]),
    (
        FoundNumber("+12025550100", "(202) 555-0100", "Ms Ada Lovelace, order 1843, calls about her twenty chairs"),
        FoundNumber("+442079460958", "+44 20 7946 0958", ""),
    ),
)
ASKED = replace(
    TALKING,
    id="e" * 32,
    number="demo_002",
    info="",
    colleague="Ben Example",
    colleague_account="demo_002",
    answered_at=NOW - timedelta(seconds=11),
)
WAITS = replace(TALK, held=True, held_at=NOW - timedelta(seconds=42))
FROM_COLLEAGUE = replace(INCOMING, colleague="Ben Example", colleague_account="demo_002", info="Wants 20 chairs")


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: ``click`` is pressed once it is shown; ``colleagues`` is what the server then sends.

    ``found`` is its answer to what is then typed into the number field.
    """

    name: str
    view: AgentView
    options: FrameOptions = FULL
    click: str = ""
    colleagues: tuple[Colleague, ...] | None = None
    found: Found | None = None


CARD = replace(FULL, workbench=False)
CARDS = (
    Screen("card-calling", in_call(CALLING), CARD),
    Screen("card-incoming", in_call(INCOMING), CARD),
    Screen("card-talking", in_call(TALK), CARD),
    Screen("card-held", in_call(replace(WAITS, muted=True)), CARD),
    Screen("card-asking", in_call(replace(WAITS, consulted=replace(ASKED, state="ringing", answered_at=None))), CARD),
    Screen("card-consulting", in_call(replace(WAITS, consulted=ASKED)), CARD),
    Screen(
        "card-transfer-failed",
        in_call(replace(TALK, transfer_to="+12025550102", transfer_state="failed", transfer_code=486)),
        CARD,
    ),
)
BARS = (
    Screen("bar-idle", WITH_HISTORY),
    Screen("bar-calling", in_call(CALLING)),
    Screen("bar-incoming", in_call(INCOMING)),
    Screen("bar-talking", in_call(TALK)),
    Screen("bar-held", in_call(WAITS)),
    Screen("bar-consulting", in_call(replace(WAITS, consulted=ASKED))),
    Screen("bar-wrap-up", WRAP_UP),
    Screen("bar-status-menu", IDLE, click="#cc-status-button"),
)
SCREENS = (
    Screen("idle", WITH_HISTORY),
    Screen("search", replace(WITH_HISTORY, status=5), found=FOUND),
    Screen("recent", WITH_HISTORY, click="#cc-tab-recent"),
    Screen("idle-first-day", IDLE),
    Screen("idle-no-answer", replace(IDLE, call=replace(ENDED, answered_at=None, termination="no_answer"))),
    Screen("status-menu", IDLE, click="#cc-status-button"),
    Screen("calling", in_call(CALLING)),
    Screen("ringing", in_call(RINGING)),
    Screen("incoming", in_call(INCOMING)),
    Screen("talking", in_call(TALK)),
    Screen("talking-muted", in_call(replace(TALK, muted=True))),
    Screen("held", in_call(WAITS)),
    Screen("held-by-other-side", in_call(replace(TALK, held_by_far_end=True))),
    Screen("transfer", in_call(replace(TALK, id="a" * 32)), click="#cc-transfer-toggle", colleagues=COLLEAGUES),
    Screen("transfer-alone", in_call(replace(TALK, id="b" * 32)), click="#cc-transfer-toggle", colleagues=()),
    Screen(
        "transferring", in_call(replace(TALK, transfer_to="Ben Example", transfer_state="taken", transfer_inside=True))
    ),
    Screen(
        "transfer-failed",
        in_call(replace(TALK, transfer_to="+12025550102", transfer_state="failed", transfer_code=486)),
    ),
    Screen(
        "transfer-refused",
        in_call(replace(TALK, transfer_to="+12025550102", transfer_state="refused", transfer_code=405)),
    ),
    Screen("consulting-ringing", in_call(replace(WAITS, consulted=replace(ASKED, state="ringing", answered_at=None)))),
    Screen("consulting", in_call(replace(WAITS, consulted=ASKED))),
    Screen(
        "consulting-swapped",
        in_call(replace(TALK, consulted=replace(ASKED, held=True, held_at=NOW - timedelta(seconds=5)))),
    ),
    Screen("consulted-busy", in_call(replace(WAITS, consult_result=replace(ASKED, state="ended", termination="busy")))),
    Screen("incoming-handed-over", in_call(FROM_COLLEAGUE)),
    Screen("status-next", replace(in_call(TALK), next_status=5)),
    Screen("keypad", in_call(TALK), click="#cc-keypad-toggle"),
    Screen(
        "wrap-up", replace(WRAP_UP, wrap_up=replace(ENDED, id="9" * 32, labels=("Order",), remark="Wants an offer."))
    ),
)
