"""What the database knows of an agent, read for one socket: the view to render, and the events that a page missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from widget.errors import NotSignedInError, SignInFailure
from widget.models import Agent, Call, CallEvent, CallState, EndedBy, TransferKind, TransferState
from widget.rendering import AgentView, CallView

RESULT_SHOWN = timedelta(minutes=2)
"""How long the result of a call that was not established stays on the idle screen."""
MAX_EVENTS = 500
RECENT_CALLS = 10
OVER = frozenset({CallState.BRIDGED, CallState.ENDED})
"""States of a call that is over for its agent."""


@dataclass(frozen=True, slots=True)
class PageEvent:
    """One ``onCall``: ``id`` grows over all calls, ``value`` is the contract's object."""

    id: int
    value: dict[str, Any]


def agent_view(agent_id: int) -> AgentView:
    """One agent with the call that the widget shows. Raises NotSignedInError when the agent was deleted meanwhile."""
    agent = Agent.objects.annotate(region=F("application__region")).filter(pk=agent_id).first()
    if agent is None:
        raise NotSignedInError(SignInFailure.DISABLED)
    calls = _latest_calls(agent_id)
    wraps_up = _wrapped_up(agent.wrap_up_call_id, calls)
    _fetch_colleagues([*calls, *([wraps_up] if wraps_up else [])])
    return AgentView(
        account=agent.account,
        name=agent.name,
        display_number=agent.display_number,
        status=agent.status,
        status_since=agent.status_since,
        leg_connected=agent.leg_connected,
        call=_shown_call(calls),
        wrap_up=call_view(wraps_up) if wraps_up else None,
        wrap_up_ends_at=agent.wrap_up_ends_at,
        version=agent.version,
        region=agent.region,
        next_status=agent.next_status or 0,
        recent=_recent_calls(calls),
    )


def news(agent_id: int, since: int) -> tuple[AgentView, list[PageEvent]]:
    """The agent as they are now, and what happened after event ``since``: all that a page asks for at a change."""
    return agent_view(agent_id), events_since(agent_id, since)


def has_live_call(agent_id: int) -> bool:
    return Call.objects.filter(agent_id=agent_id).exclude(state__in=OVER).exists()


def events_since(agent_id: int, since: int) -> list[PageEvent]:
    """What happened to the agent's calls after event ``since``, in order."""
    rows = _events_of(agent_id).filter(pk__gt=since).order_by("pk")[:MAX_EVENTS]
    return [PageEvent(row.pk, row.data) for row in rows]


def present_events(agent_id: int) -> tuple[int, list[PageEvent]]:
    """Where a fresh page begins: the latest event id, and where a call is live, its present state as the one event."""
    latest = _events_of(agent_id).order_by("-pk").select_related("call").first()
    if latest is None:
        return 0, []
    live = latest.call.state not in OVER
    return latest.pk, [PageEvent(latest.pk, latest.data)] if live else []


def _events_of(agent_id: int) -> QuerySet[CallEvent]:
    """A consultation is no call of the page's: to it, the one call goes on until it is over. Nor is it told of what
    becomes of a call that its agent has left."""
    told = CallEvent.objects.filter(call__agent_id=agent_id, call__consults_for=None)
    return told.exclude(name=CallEvent.AFTERWARDS)


def call_view(call: Call) -> CallView:
    return CallView(
        id=call.id,
        state=str(CallState.ENDED if call.state in OVER else call.state),
        number=call.called,
        caller=call.caller,
        info=call.info,
        direction=str(call.direction),
        early_media=call.early_media,
        started_at=call.started_at,
        ringing_at=call.ringing_at,
        answered_at=call.answered_at,
        ended_at=call.left_at,
        duration_seconds=call.talked_seconds,
        termination=call.termination,
        remark=call.remark,
        muted=call.muted,
        held=call.held,
        held_by_far_end=call.held_by_far_end,
        labels=tuple(call.labels),
        held_at=call.held_at,
        colleague=_name(call.colleague),
        colleague_account=call.colleague.account if call.colleague else "",
        transfer_to=_name(call.transfer_agent) or call.transfer_to,
        transfer_state=call.transfer_state,
        transfer_code=call.transfer_code or 0,
        transfer_inside=call.transfer_agent is not None,
    )


def _name(agent: Agent | None) -> str:
    return "" if agent is None else agent.name or agent.account


def _with_consultation(call: Call) -> CallView:
    """The call, and with it the one in which the agent asks somebody meanwhile, or what became of that one."""
    view = call_view(call)
    if call.state != CallState.TALKING:
        return view
    with_names = Call.objects.select_related("colleague", "transfer_agent")
    asked = with_names.filter(consults_for=call).order_by("-started_at").first()
    if asked is None:
        return view
    if asked.state not in OVER:
        return replace(view, can_take_back=True) if _rings_for(call) else replace(view, consulted=call_view(asked))
    is_news = call.held and asked.ended_by != EndedBy.AGENT
    return replace(view, consult_result=call_view(asked) if is_news else None)


def _rings_for(call: Call) -> bool:
    """Whether the second call is one of ours in the place of the carrier's: the agent asked nobody."""
    return call.transfer_kind == TransferKind.BLIND and call.transfer_state == TransferState.TAKEN


# This is read at each change of each agent, so it joins nothing that is mostly empty: a join's columns cost more than
# the rows.
def _latest_calls(agent_id: int) -> list[Call]:
    """One more than are shown as recent: the latest may be live."""
    return list(Call.objects.filter(agent_id=agent_id, consults_for=None).order_by("-started_at")[: RECENT_CALLS + 1])


def _wrapped_up(call_id: str | None, calls: Sequence[Call]) -> Call | None:
    if call_id is None:
        return None
    return next((call for call in calls if call.pk == call_id), None) or Call.objects.filter(pk=call_id).first()


def _fetch_colleagues(calls: Sequence[Call]) -> None:
    """Few calls have any; then all are fetched by one query."""
    ids = {pk for call in calls for pk in (call.colleague_id, call.transfer_agent_id) if pk is not None}
    found = Agent.objects.in_bulk(ids) if ids else {}
    for call in calls:
        if call.colleague_id is not None:
            call.colleague = found.get(call.colleague_id)
        if call.transfer_agent_id is not None:
            call.transfer_agent = found.get(call.transfer_agent_id)


def _recent_calls(calls: Sequence[Call]) -> tuple[CallView, ...]:
    return tuple(call_view(call) for call in calls if call.state in OVER)[:RECENT_CALLS]


def _shown_call(calls: Sequence[Call]) -> CallView | None:
    """The live call, or for a while the one that was not established: its reason is news to the agent."""
    if not calls:
        return None
    call = calls[0]
    is_news = call.answered_at is None and call.ended_at is not None and call.ended_at > timezone.now() - RESULT_SHOWN
    return _with_consultation(call) if is_news or call.state not in OVER else None
