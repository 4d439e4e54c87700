"""All database work of the switchboard: short transactions, plain values in and out.

The database holds the truth; what the channel layer says is only "something changed". Every function here is
synchronous and is called through ``database_sync_to_async``. Audio never waits for it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from widget import models, modes
from widget.calls.agent import CHOOSABLE, AgentStatus
from widget.calls.call import Call, CallState, call_status
from widget.calls.termination import VERDICTS, Cause
from widget.calls.transfer import Transfer, TransferKind
from widget.switchboard import trunk_counts
from widget.switchboard.attempts import TrunkAttempt
from widget.switchboard.origin import Origin
from widget.switchboard.route import Route

MAX_DETAIL = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProfile:
    """What the switchboard needs to know of an agent who signs in."""

    id: int
    application_id: int
    group_id: int
    account: str
    wrap_up_seconds: int
    region: str = ""
    """Country of numbers that are dialled without a prefix; "" = none."""
    ring_seconds: int | None = None
    """How long a call of theirs may ring unanswered; ``None`` = as the settings say."""
    inbound_ring_seconds: int | None = None
    """The same for a call that rings them."""
    transfers: frozenset[TransferKind] = frozenset(TransferKind)
    statuses: frozenset[AgentStatus] = CHOOSABLE
    may_mute: bool = True
    may_hold: bool = True
    answers_by_itself: bool = False
    needs_remark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRecord:
    """What of a desk is worth remembering: the agent's row after a change."""

    id: int
    status: AgentStatus
    leg_connected: bool
    wrap_up_call_id: str | None = None
    wrap_up_ends_at: datetime | None = None
    next_status: AgentStatus | None = None
    """What follows the call, where it is not being ready."""


def agent_profile(agent_id: int) -> AgentProfile:
    agent = models.Agent.objects.select_related("mode", "group__mode", "application__default_mode").get(pk=agent_id)
    mode = modes.mode_of(agent)
    return AgentProfile(
        id=agent.pk,
        application_id=agent.application_id,
        group_id=agent.group_id,
        account=agent.account,
        wrap_up_seconds=modes.wrap_up_seconds(agent),
        region=agent.application.region,
        ring_seconds=mode.ring_seconds,
        inbound_ring_seconds=mode.inbound_ring_seconds,
        transfers=frozenset(_transfers(mode)),
        statuses=frozenset(AgentStatus(value) for value in modes.statuses(mode)),
        may_mute=mode.mute,
        may_hold=mode.hold,
        answers_by_itself=mode.automatic_answer,
        needs_remark=mode.remark_required,
    )


def _transfers(mode: models.Mode) -> Iterator[TransferKind]:
    if mode.blind_transfer:
        yield TransferKind.BLIND
    if mode.consult_transfer:
        yield TransferKind.ATTENDED


@transaction.atomic
def open_call(call: Call, *, agent: AgentRecord, application_id: int, route: Route, info: str, origin: Origin) -> None:
    """Commit the row of a call whose INVITE has not left yet."""
    row = models.Call.objects.create(
        id=call.id,
        application_id=application_id,
        agent_id=agent.id,
        trunk_id=route.trunk.id or None,
        direction=call.direction.value,
        called=call.number,
        caller=route.caller,
        info=info,
        state=call.state.value,
        version=call.version,
        started_at=call.started.wall,
        ringing_at=call.ringing_at,
        colleague_id=origin.colleague_id,
        consults_for_id=origin.consults_for,
    )
    _add_event(row, at=row.started_at)
    _save_agent(agent)


@transaction.atomic
def record_call(
    call: Call, *, agent: AgentRecord | None, trunk_id: int, attempts: Iterable[TrunkAttempt] = (), heir: str = ""
) -> None:
    """Write a call's new snapshot, and an event if its state changed. An older snapshot never overwrites a newer.

    What became of its attempts is counted with it, so each is counted once however often this is tried. ``heir`` is
    the consultation that goes on in its place. ``agent`` is None once the call goes on without them.
    """
    if agent is not None:
        _save_agent(agent)
    row = models.Call.objects.get(pk=call.id)
    if row.version >= call.version:
        return
    before = row.state
    _copy(call, row)
    # A trunk may have been deleted meanwhile: the call must be recorded all the same.
    row.trunk = models.Trunk.objects.filter(pk=trunk_id).first()
    row.save()
    trunk_counts.count(attempts)
    _add_events(row, before)
    if heir:
        _promote(heir)


def _add_events(row: models.Call, before: str) -> None:
    """To its agent a call that goes on without them has ended; what comes after that is for the record alone."""
    if before == row.state:
        return
    if row.bridged_at is None:
        _add_event(row, at=row.ended_at or row.answered_at or row.ringing_at or row.started_at)
        return
    if before != models.CallState.BRIDGED:
        _add_event(row, at=row.bridged_at, name=models.CallState.BRIDGED)
    if row.ended_at is not None:
        _add_event(row, at=row.ended_at, name=models.CallEvent.AFTERWARDS)


def _promote(call_id: str) -> None:
    """A consultation becomes a call like any other. The page hears now what it was not told."""
    models.Call.objects.filter(pk=call_id).update(consults_for=None)
    untold = list(models.CallEvent.objects.filter(call=call_id).order_by("seq"))
    models.CallEvent.objects.filter(call=call_id).delete()
    for event in untold:
        event.pk = None
        event.save(force_insert=True)


@transaction.atomic
def record_agent(agent: AgentRecord) -> None:
    _save_agent(agent)


def info_of(call_id: str) -> str:
    """What the agent was told with a call."""
    return models.Call.objects.values_list("info", flat=True).get(pk=call_id)


def inherit(heir_id: str, source_id: str) -> None:
    """The call ``heir_id``, which was about the one ``source_id``, goes on with its far end."""
    source = models.Call.objects.get(pk=source_id)
    outbound = source.direction == models.CallDirection.OUTBOUND
    models.Call.objects.filter(pk=heir_id).update(caller=source.called if outbound else source.caller, info=source.info)


def has_remark(call_id: str) -> bool:
    return models.Call.objects.filter(pk=call_id).exclude(remark="").exists()


def save_remark(agent_id: int, call_id: str, text: str, labels: Sequence[str] | None) -> bool:
    """Keep what the agent wrote about a call of their own; False when there is no such call."""
    fields: dict[str, Any] = {"remark": text} if labels is None else {"remark": text, "labels": list(labels)}
    return bool(models.Call.objects.filter(pk=call_id, agent_id=agent_id).update(**fields))


@transaction.atomic
def close_orphans() -> int:
    """End what a switchboard left open that did not stop properly; returns how many calls there were.

    Nothing is known of their end, so it is labelled with the last thing that was.
    """
    orphans = models.Call.objects.select_for_update().exclude(state=models.CallState.ENDED)
    for row in orphans:
        trunk_counts.count_orphan(row)
        _end_orphan(row)
    models.Agent.objects.exclude(status=AgentStatus.OFFLINE, leg_connected=False).update(
        status=AgentStatus.OFFLINE,
        status_since=timezone.now(),
        leg_connected=False,
        next_status=None,
        wrap_up_call=None,
        wrap_up_ends_at=None,
        version=F("version") + 1,
    )
    return len(orphans)


def _end_orphan(row: models.Call) -> None:
    last, is_bridged = row.events.order_by("seq").last(), row.state == models.CallState.BRIDGED
    row.state = models.CallState.ENDED
    row.ended_at = last.at if last else row.started_at
    row.duration_seconds = round((row.ended_at - row.answered_at).total_seconds()) if row.answered_at else None
    row.termination, row.ended_by = Cause.ORPHANED.value, VERDICTS[Cause.ORPHANED].ended_by.value
    row.version += 1
    row.save()
    _add_event(row, at=row.ended_at, name=models.CallEvent.AFTERWARDS if is_bridged else "")


def _copy(call: Call, row: models.Call) -> None:
    row.state = call.state.value
    row.version = call.version
    row.early_media = call.early_media
    row.muted = call.muted
    row.held = call.held
    row.held_at = call.held_at
    row.held_by_far_end = call.held_by_far_end
    row.ringing_at = call.ringing_at
    row.answered_at = call.answered_at
    row.bridged_at = call.bridged_at
    row.ended_at = call.ended_at
    row.duration_seconds = None if call.duration_seconds is None else round(call.duration_seconds)
    if call.transfer is not None:
        _copy_transfer(call.transfer, row)
    if call.termination is not None:
        row.termination = call.termination.cause.value
        row.ended_by = VERDICTS[call.termination.cause].ended_by.value
        row.sip_code = call.termination.sip_code or None
        row.detail = call.termination.detail[:MAX_DETAIL]


def _copy_transfer(transfer: Transfer, row: models.Call) -> None:
    row.transfer_kind = transfer.kind.value
    row.transfer_to = transfer.to
    row.transfer_agent_id = transfer.agent_id or None
    row.transfer_state = transfer.state.value
    row.transfer_code = transfer.sip_code or None


def _save_agent(agent: AgentRecord) -> None:
    rows = models.Agent.objects.filter(pk=agent.id)
    rows.exclude(status=agent.status).update(status=agent.status, status_since=timezone.now())
    rows.update(
        leg_connected=agent.leg_connected,
        next_status=agent.next_status,
        wrap_up_call=agent.wrap_up_call_id,
        wrap_up_ends_at=agent.wrap_up_ends_at,
        version=F("version") + 1,
    )


def _add_event(row: models.Call, *, at: datetime, name: str = "") -> None:
    models.CallEvent.objects.create(
        call=row, seq=row.events.count() + 1, name=name or row.state, at=at, data=on_call_value(row)
    )


def on_call_value(row: models.Call) -> dict[str, Any]:
    """The value of the contract's ``onCall`` (cc-sdk-contract.md, Events).

    Times are ISO 8601 in UTC or None, ``duration`` whole seconds or None, ``reason`` the termination's slug or None.
    """
    return {
        "callStatus": call_status(CallState(row.state), answered=row.answered_at is not None),
        "calledNumber": row.called,
        "callId": row.id,
        "direction": str(row.direction),
        "callerNumber": row.caller,
        "info": row.info,
        "reason": row.termination or None,
        "startedAt": _iso(row.started_at),
        "answeredAt": _iso(row.answered_at),
        "endedAt": _iso(row.left_at),
        "duration": row.talked_seconds,
        "transferredTo": row.transfer_to if row.transfer_state == models.TransferState.DONE else None,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
