"""Why a call ended, in one sentence: our own verdict, and what the carrier said that led to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from widget.admin import sip_words, words
from widget.admin.sip_text import SipText
from widget.calls.termination import Cause
from widget.models import Call, CallDirection, CallMessage

MAX_PHRASE = 80


def explain(call: Call, messages: Sequence[CallMessage]) -> str:
    """One sentence for an operator, in the language that is active; "" for a call that is not over. Hostile parts."""
    if not call.is_ended:
        return ""
    verdict = words.termination_in_words(call.termination).rstrip(".")
    evidence = "; ".join(_evidence(call, messages))
    return f"{verdict}: {evidence}." if evidence else f"{verdict}."


def _evidence(call: Call, messages: Sequence[CallMessage]) -> list[str]:
    heard = [SipText(message.text) for message in messages if not message.is_sent]
    found = [_silence(call, messages, heard), _refusal(call, heard), _network(call, heard), _times(call)]
    return [each for each in found if each]


def _silence(call: Call, messages: Iterable[CallMessage], heard: Sequence[SipText]) -> str:
    """Nobody answered at all: how often, and whom we asked."""
    if call.termination != Cause.CARRIER_SILENT or heard:
        return ""
    invites = [message for message in messages if message.is_sent and message.start_line.startswith("INVITE ")]
    if not invites:
        return ""
    sent = sum(message.repeats + 1 for message in invites)
    remotes = ", ".join(dict.fromkeys(message.remote for message in invites))
    return ngettext(
        "the INVITE was sent %(count)d time to %(remotes)s and nothing came back",
        "the INVITE was sent %(count)d times to %(remotes)s and nothing came back",
        sent,
    ) % {"count": sent, "remotes": remotes}


def _refusal(call: Call, heard: Sequence[SipText]) -> str:
    """The carrier's last refusal of the call, or the status that the record keeps; 487 only says that we gave up."""
    if call.direction == CallDirection.INBOUND or call.answered_at:
        return ""
    refusals = [each for each in heard if (each.code or 0) >= 300 and each.cseq_method == "INVITE" and each.code != 487]
    wanted = [each for each in refusals if each.code not in {401, 407}] or refusals
    code = wanted[-1].code if wanted else call.sip_code
    if code in {None, 487}:
        return ""
    phrase = wanted[-1].phrase[:MAX_PHRASE] if wanted else ""
    answer = {"answer": f"{code} {phrase}".strip(), "meaning": sip_words.meaning(code)}
    return _("the carrier said “%(answer)s” (%(meaning)s)") % answer


def _network(call: Call, heard: Sequence[SipText]) -> str:
    """The telephone network's cause, from the last Reason header, or from the record."""
    reasons = [reason for each in heard if (reason := each.header("Reason"))]
    reason = reasons[-1] if reasons else call.detail
    cause = sip_words.network_cause(reason)
    if cause is None:
        return ""
    return _("the telephone network gave cause %(number)d, %(meaning)s") % {
        "number": cause,
        "meaning": sip_words.Q850[cause],
    }


def _times(call: Call) -> str:
    if call.answered_at:
        return _("they had talked for %(clock)s") % {"clock": words.clock(call.duration_seconds or 0)}
    seconds = (call.ended_at - call.started_at).total_seconds() if call.ended_at else 0
    return _("%(seconds).1f seconds after the start, before anybody answered") % {"seconds": max(seconds, 0.0)}
