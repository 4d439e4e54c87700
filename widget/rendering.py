"""Snapshots of an agent → the HTML fragments of the agent's widget.

A fragment holds nothing that changes by itself: clocks are ``<time>`` elements with an instant that the frame ticks
against the server's time, so equal snapshots give equal HTML and the consumer sends only what changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType

from django.utils import translation
from django.utils.functional import Promise

from widget.agent_view import AgentView as AgentView
from widget.agent_view import CallView as CallView
from widget.agent_view import FrameOptions as FrameOptions
from widget.calls.termination import cause_of_rejection
from widget.colleagues import Colleague
from widget.errors import TransferRefusedError
from widget.masking import mask
from widget.phone_numbers import country_of, written
from widget.searching import Found
from widget.templating import render
from widget.texts import text_lazy as _
from widget.visible_text import visible


@dataclass(frozen=True, slots=True)
class _Status:
    slug: str
    text: Promise


_STATUSES: Mapping[int, _Status] = MappingProxyType(
    {
        1: _Status("offline", _("Offline")),
        2: _Status("idle", _("Ready")),
        3: _Status("busy", _("Busy")),
        4: _Status("post_call", _("After-call work")),
        5: _Status("break", _("Short break")),
    }
)

_TERMINATIONS: Mapping[str, Promise] = MappingProxyType(
    {
        "agent_hung_up": _("You hung up."),
        "customer_hung_up": _("The other side hung up."),
        "cancelled": _("You cancelled the call."),
        "busy": _("The line is busy."),
        "declined": _("The call was declined."),
        "no_answer": _("Nobody answered."),
        "caller_gave_up": _("The caller gave up."),
        "agent_rejected": _("You rejected the call."),
        "agent_no_answer": _("You did not answer in time."),
        "not_found": _("This number is not in service."),
        "unavailable": _("The number cannot be reached now. Try again later."),
        "carrier_silent": _("The phone network did not respond. Try again later."),
        "rejected": _("The phone network refused the call."),
        "authentication_failed": _("The phone network did not accept our sign-in. Tell your administrator."),
        "no_trunk": _("No phone line is set up for your group. Tell your administrator."),
        "media_failed": _("The audio could not be set up."),
        "relay_lost": _("The audio service stopped. Dial again."),
        "agent_lost": _("The call ended because your connection was gone for too long."),
        "server_stopped": _("The server was stopped."),
        "transferred": _("You transferred the call."),
        "fell_silent": _("After your transfer nobody was heard any more."),
        "call_too_long": _("The call reached the longest time allowed."),
        "transport_failed": _("The phone network could not be reached."),
        "orphaned": _("The call was lost when the server failed."),
    }
)

TAKEN_BACK = 487
"""SIP status of a transfer that the agent cancelled: no news to them."""
_LIVE_STATES = frozenset({"calling", "ringing", "talking"})


def termination_text(slug: str) -> str:
    """Return what the agent reads about why a call ended, in the active language."""
    return str(_TERMINATIONS.get(slug, _("The call ended.")))


def transfer_text(call: CallView) -> str:
    """Return why a transfer came to nothing, in the active language; "" where there is nothing to say."""
    if call.transfer_state == "refused":
        return TransferRefusedError().message
    if call.transfer_state != "failed" or call.transfer_code == TAKEN_BACK:
        return ""
    return termination_text(cause_of_rejection(call.transfer_code).value)


def fragments(view: AgentView, options: FrameOptions, now: datetime) -> dict[str, str]:
    """Return id → HTML of each fragment, out-of-band swaps for htmx, in the language of ``options``.

    ``now`` decides only whether the wrap-up's end is still ahead; it is never part of the HTML.
    """
    with translation.override(options.language):
        context = _context(_as_allowed(_without_past_end(view, now), options), options)
        return {name: render(f"widget/partials/{name}.html", context) for name in FRAGMENTS}


def warm_up() -> None:
    """Render every screen once, so that the first agent does not wait while templates are compiled."""
    now = datetime.now(UTC)
    call = CallView(
        id="",
        state="ended",
        number="",
        caller="",
        info="",
        direction="outbound",
        early_media=False,
        started_at=now,
        ringing_at=now,
        answered_at=now,
        ended_at=now,
        duration_seconds=0,
        termination="",
        remark="",
    )
    idle = AgentView("", "", "", 2, now, leg_connected=True, call=None, wrap_up=None, wrap_up_ends_at=None, version=0)
    options = FrameOptions(workbench=True, remark=True, information=True, language="en")
    fragments(replace(idle, wrap_up=call, wrap_up_ends_at=now), options, now)
    for state in _LIVE_STATES:
        fragments(replace(idle, call=replace(call, state=state)), options, now)
    fragments(replace(idle, call=replace(call, state="talking", consulted=call)), options, now)
    fragments(idle, options, now)


FRAGMENTS = ("cc-status", "cc-bar", "cc-notice", "cc-stage", "cc-say")
"""Ids of the swapped elements: the contract between the server and the frame's shell."""


def stage_of(view: AgentView, options: FrameOptions) -> str:
    """Return the screen: idle, calling, ringing, incoming, talking, consulting, wrap_up, or none (workbench off)."""
    if view.call and view.call.consulted and view.call.state == "talking":
        return "consulting"
    if view.call and view.call.state in _LIVE_STATES:
        return "incoming" if view.call.state == "ringing" and view.call.is_inbound else view.call.state
    if not options.workbench:
        return "none"
    return "wrap_up" if view.wrap_up else "idle"


def _without_past_end(view: AgentView, now: datetime) -> AgentView:
    if view.wrap_up_ends_at and view.wrap_up_ends_at <= now:
        return replace(view, wrap_up_ends_at=None)
    return view


def _as_allowed(view: AgentView, options: FrameOptions) -> AgentView:
    """Numbers are masked here, before any template sees them."""
    if not options.masks_numbers:
        return view
    recent = tuple(_masked(call) for call in view.recent)
    return replace(
        view,
        call=view.call and _masked(view.call),
        wrap_up=view.wrap_up and _masked(view.wrap_up),
        recent=recent,
    )


def _masked(call: CallView) -> CallView:
    """The other end's number; a colleague is no number."""
    if call.other_name:
        return call
    return replace(
        call,
        number=mask(call.number),
        caller=mask(call.caller),
        consulted=call.consulted and _masked(call.consulted),
        consult_result=call.consult_result and _masked(call.consult_result),
        transfer_to=call.transfer_to if call.transfer_inside else mask(call.transfer_to),
    )


def colleagues_fragment(colleagues: Sequence[Colleague], language: str) -> str:
    """Return the list of colleagues with their presence, an out-of-band swap into the transfer panel."""
    with translation.override(language):
        context = {"colleagues": [(each, _STATUSES.get(each.status, _STATUSES[1])) for each in colleagues]}
        return render("widget/partials/cc-colleagues.html", context)


def found_fragment(found: Found, language: str) -> str:
    """Return what a search found, a swap into the list below the number field."""
    with translation.override(language):
        colleagues = [(each, _STATUSES.get(each.status, _STATUSES[1])) for each in found.colleagues]
        return render("widget/partials/cc-found.html", {"colleagues": colleagues, "numbers": found.numbers})


def _context(view: AgentView, options: FrameOptions) -> dict[str, object]:
    stage = stage_of(view, options)
    in_own_way = partial(written, country=view.region or country_of(view.display_number))
    return {
        "view": view,
        "options": options,
        "stage": stage,
        "call": view.wrap_up if stage == "wrap_up" else view.call,
        "status": _STATUSES.get(view.status, _STATUSES[1]),
        "choices": [(value, _STATUSES[value]) for value in options.statuses],
        "is_live": view.call is not None and view.call.state in _LIVE_STATES,
        "written": in_own_way,
        "named": lambda call: visible(call.other_name or in_own_way(call.other_side)),
        "next_status": _STATUSES.get(view.next_status),
        "transfer_text": transfer_text,
        "transfer_party": lambda call: visible(
            call.transfer_to if call.transfer_inside else in_own_way(call.transfer_to)
        ),
        "milliseconds": milliseconds,
        "clock": clock,
        "termination_text": termination_text,
    }


def milliseconds(instant: datetime) -> int:
    """Return the instant in milliseconds since the epoch, as the frame's clocks read it."""
    return int(instant.timestamp() * 1000)


def clock(seconds: int) -> str:
    """Return a duration as the widget writes it: 0:07, 12:30, 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
