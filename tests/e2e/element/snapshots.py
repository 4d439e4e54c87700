"""Snapshots of an agent, as the server would render them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from widget.rendering import AgentView, CallView, FrameOptions, fragments

NOW = datetime.now(UTC)
OPTIONS = FrameOptions(workbench=True, remark=True, information=True, language="en")
CALLING = CallView(
    id="c" * 32,
    state="calling",
    number="+12025550100",
    caller="",
    info="Ms Ada Lovelace",
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
RINGING = replace(CALLING, state="ringing", ringing_at=NOW)
INCOMING = replace(RINGING, direction="inbound", number="+12025550199", caller="+442079460958", info="")
TALKING = replace(RINGING, state="talking", answered_at=NOW)
ENDED = replace(TALKING, state="ended", ended_at=NOW, duration_seconds=127, termination="customer_hung_up")
IDLE = AgentView(
    account="demo_001",
    name="Ann Example",
    display_number="+12025550199",
    status=2,
    status_since=NOW,
    leg_connected=True,
    call=None,
    wrap_up=None,
    wrap_up_ends_at=None,
    version=1,
)
WRAP_UP = replace(IDLE, status=4, wrap_up=ENDED, wrap_up_ends_at=NOW + timedelta(minutes=5))


def in_call(call: CallView) -> AgentView:
    return replace(IDLE, status=3, call=call)


def html(view: AgentView, options: FrameOptions = OPTIONS) -> str:
    """All fragments in one message, as the consumer sends them."""
    return "\n".join(fragments(view, options, NOW).values())
