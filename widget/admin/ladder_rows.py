"""A call's SIP messages as the rows of a ladder: who to whom, when, how long after the one before, what it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from widget.admin import sip_words, words
from widget.admin.sip_text import SipText
from widget.models import Call, CallEvent, CallMessage, CallState

MAX_LANES = 5
"""Other sides beside each other; more of them share the last lane."""
MAX_LABEL = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """``lane`` counts the other sides from 1; ``kind`` names the colour. Every text is hostile."""

    at: str
    after: str
    is_sent: bool
    lane: int
    kind: str
    label: str
    meaning: Promise | str
    audio: str
    repeats: str
    who: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """What the call itself came to."""

    at: str
    event: str


@dataclass(frozen=True, slots=True)
class Side:
    """Another side; both texts are hostile."""

    transport: str
    remote: str


@dataclass(frozen=True, slots=True)
class Ladder:
    """``lanes``: the other sides, in the order in which they appear."""

    lanes: tuple[Side, ...]
    rows: tuple[MessageRow | EventRow, ...]


def build(call: Call, messages: Sequence[CallMessage], events: Iterable[CallEvent]) -> Ladder:
    """Everything in the order of time."""
    sides = list(dict.fromkeys(_side(message) for message in messages))
    lanes = {side: min(number, MAX_LANES) for number, side in enumerate(sides, start=1)}
    timed: list[tuple[datetime, MessageRow | EventRow]] = [
        (message.at, _row(message, before, call, lanes[_side(message)])) for message, before in _with_before(messages)
    ]
    timed += [(event.at, _event(event, call)) for event in events]
    names = (*sides[: MAX_LANES - 1], Side("", _("others"))) if len(sides) > MAX_LANES else tuple(sides)
    return Ladder(names, tuple(row for _at, row in sorted(timed, key=lambda each: each[0])))


def as_text(call: Call, messages: Sequence[CallMessage], sentence: str) -> Iterator[str]:
    """The same for a mail to the carrier: one block per message."""
    yield f"{_('Call')} {call.id}, {words.moment(call.started_at)}\n{sentence}\n"
    for message in messages:
        arrow = "->" if message.is_sent else "<-"
        again = f", {_repeats(message)}" if message.repeats else ""
        when = f"{message.at.isoformat(timespec='milliseconds')} ({words.offset(message.at - call.started_at)})"
        yield f"\n===== {when} {arrow} {message.transport} {message.remote}{again}\n{message.text}\n"


def _with_before(messages: Sequence[CallMessage]) -> Iterable[tuple[CallMessage, CallMessage | None]]:
    return zip(messages, [None, *messages], strict=False)


def _row(message: CallMessage, before: CallMessage | None, call: Call, lane: int) -> MessageRow:
    read = SipText(message.text)
    who = _("we to %(remote)s") if message.is_sent else _("%(remote)s to us")
    return MessageRow(
        at=words.offset(message.at - call.started_at),
        after=_gap(message.at - before.at) if before else "",
        is_sent=message.is_sent,
        lane=lane,
        kind=_kind(read.code),
        label=_label(read),
        meaning=sip_words.message_in_words(read),
        audio=read.audio,
        repeats=_repeats(message),
        who=who % {"remote": f"{message.transport} {message.remote}"},
        text=message.text,
    )


def _event(event: CallEvent, call: Call) -> EventRow:
    state, is_end = words.event_in_words(event.name), event.name in {CallState.ENDED, CallEvent.AFTERWARDS}
    why = words.termination_in_words(call.termination) if is_end else ""
    return EventRow(at=words.offset(event.at - call.started_at), event=f"{state}: {why}" if why else state)


def _side(message: CallMessage) -> Side:
    return Side(message.transport, message.remote)


def _kind(code: int | None) -> str:
    if code is None:
        return "request"
    if code in {401, 407}:
        return "challenge"
    return {1: "progress", 2: "success"}.get(code // 100, "failure")


def _label(read: SipText) -> str:
    """A request's method; a response's code and phrase, and for other than INVITE what it answers."""
    if read.code is None:
        return read.method[:MAX_LABEL]
    answered = f" ({read.cseq_method})" if read.cseq_method not in {"INVITE", ""} else ""
    return f"{read.code} {read.phrase}"[:MAX_LABEL] + answered[:MAX_LABEL]


def _gap(elapsed: timedelta) -> str:
    seconds = elapsed.total_seconds()
    return f"{seconds * 1000:.0f} ms" if abs(seconds) < 1 else f"{seconds:.1f} s"


def _repeats(message: CallMessage) -> str:
    if not message.repeats:
        return ""
    times = ngettext("repeated %(count)d time", "repeated %(count)d times", message.repeats) % {
        "count": message.repeats
    }
    if message.last_at is None:
        return times
    return _("%(times)s within %(gap)s") % {"times": times, "gap": _gap(message.last_at - message.at)}
