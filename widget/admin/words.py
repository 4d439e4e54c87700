"""Records in words: what a stored slug or number means to the reader of a record."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import datetime, timedelta
from typing import Any

from django.template.defaultfilters import linebreaksbr
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from widget.calls.termination import Cause
from widget.models import CallEvent, CallState

NOTHING = "-"

TERMINATIONS: Mapping[str, Promise] = {
    Cause.AGENT_HUNG_UP: _("The agent hung up."),
    Cause.CUSTOMER_HUNG_UP: _("The customer hung up."),
    Cause.CANCELLED: _("The agent hung up before the call was answered."),
    Cause.BUSY: _("The number was busy."),
    Cause.DECLINED: _("The call was declined."),
    Cause.NO_ANSWER: _("Nobody answered in time."),
    Cause.CALLER_GAVE_UP: _("The caller gave up before the agent answered."),
    Cause.AGENT_REJECTED: _("The agent rejected the call."),
    Cause.AGENT_NO_ANSWER: _("The agent did not answer in time."),
    Cause.NOT_FOUND: _("The carrier does not know the number."),
    Cause.UNAVAILABLE: _("The carrier or the number was not available."),
    Cause.REJECTED: _("The carrier refused the call."),
    Cause.CARRIER_SILENT: _("The carrier did not respond at all."),
    Cause.AUTHENTICATION_FAILED: _("The carrier did not accept our sign-in."),
    Cause.TRANSPORT_FAILED: _("The carrier could not be reached."),
    Cause.MEDIA_FAILED: _("No audio path could be agreed on."),
    Cause.RELAY_LOST: _("The media relay stopped."),
    Cause.AGENT_LOST: _("The agent's browser was gone for too long."),
    Cause.TRANSFERRED: _("The agent transferred the call."),
    Cause.CALL_TOO_LONG: _("The call reached the longest time allowed."),
    Cause.FELL_SILENT: _("After the transfer neither side was heard any more."),
    Cause.SERVER_STOPPED: _("The server was stopped."),
    Cause.ORPHANED: _("The server broke down during the call."),
}

ADVICE: Mapping[str, Promise] = {
    Cause.CARRIER_SILENT: _("Check the trunk's host and port."),
    Cause.AUTHENTICATION_FAILED: _("Check the trunk's user name and password."),
    Cause.TRANSPORT_FAILED: _("Check the trunk's host and the network."),
    Cause.MEDIA_FAILED: _("Check the trunk's codecs, and that the network lets UDP pass."),
    Cause.RELAY_LOST: _("It is started again for the next call; the log says why it stopped."),
    Cause.ORPHANED: _("The record was closed when the server came back; its end is when it was last seen."),
}


def termination_in_words(slug: str) -> str:
    """Return the sentence for a termination; a slug of a newer version is shown as it is."""
    return str(TERMINATIONS.get(slug) or slug.replace("_", " "))


def event_in_words(name: str) -> str:
    """Return what an event of a call is called; a name of a newer version is shown as it is."""
    if name == CallEvent.AFTERWARDS:
        return str(_("ended, without the agent"))
    return str(dict(CallState.choices).get(name, name))


def termination_with_advice(slug: str) -> str:
    """Return the sentence for a termination and, where there is something to do about it, what."""
    return f"{termination_in_words(slug)} {ADVICE.get(slug, '')}".strip()


def moment(at: datetime | None) -> str:
    """Return a time with its seconds, in the reader's time zone; a dash for None."""
    return date_format(localtime(at), "Y-m-d H:i:s") if at else NOTHING


def clock(seconds: int | None) -> str:
    """Return whole seconds as m:ss or h:mm:ss; a dash for None."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def offset(elapsed: timedelta) -> str:
    """Return how long after the start something was, to the millisecond."""
    return f"{elapsed.total_seconds():+.3f} s"


def foreign(text: str) -> SafeString:
    """Show a text from outside: escaped, and its writing direction kept from spilling over to ours."""
    return format_html("<bdi>{}</bdi>", linebreaksbr(text, autoescape=True)) if text else SafeString(NOTHING)


def pairs(data: Any, *, without: Set[str] = frozenset()) -> SafeString:
    """Show an event's data as ``name: value`` pairs, without empty ones and those named in ``without``."""
    if not isinstance(data, dict):
        return foreign(str(data))
    told = {name: value for name, value in data.items() if name not in without and value not in (None, "")}
    return foreign(", ".join(f"{name}: {value}" for name, value in told.items()))
