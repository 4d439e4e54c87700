"""Records in words: what a stored slug or number means to the reader of a record."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from widget.calls.termination import Cause

TERMINATIONS: Mapping[str, Promise] = {
    Cause.AGENT_HUNG_UP: _("The agent hung up."),
    Cause.CUSTOMER_HUNG_UP: _("The customer hung up."),
    Cause.CANCELLED: _("The agent hung up before the call was answered."),
    Cause.BUSY: _("The number was busy."),
    Cause.DECLINED: _("The call was declined."),
    Cause.NO_ANSWER: _("Nobody answered in time."),
    Cause.NOT_FOUND: _("The carrier does not know the number."),
    Cause.UNAVAILABLE: _("The carrier or the number was not available."),
    Cause.REJECTED: _("The carrier refused the call."),
    Cause.CARRIER_SILENT: _("The carrier did not respond at all. Check the trunk's host and port."),
    Cause.AUTHENTICATION_FAILED: _("The carrier did not accept the trunk's user name and password."),
    Cause.TRANSPORT_FAILED: _("The carrier could not be reached. Check the trunk's host and the network."),
    Cause.MEDIA_FAILED: _("No audio path could be agreed on. Check the trunk's codecs."),
    Cause.RELAY_LOST: _("The media relay stopped; it has been started again."),
    Cause.AGENT_LOST: _("The agent's browser was gone for too long."),
    Cause.CALL_TOO_LONG: _("The call reached the longest time allowed."),
    Cause.SERVER_STOPPED: _("The server was stopped."),
    Cause.ORPHANED: _("The server broke down during the call; the record was closed afterwards."),
}


def termination_in_words(slug: str) -> str:
    """Return the sentence for a termination; a slug of a newer version is shown as it is."""
    return str(TERMINATIONS.get(slug) or slug.replace("_", " "))


def clock(seconds: int | None) -> str:
    """Return whole seconds as m:ss or h:mm:ss; "" for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def offset(elapsed: timedelta) -> str:
    """Return how long after the start something was, to the millisecond."""
    return f"{elapsed.total_seconds():+.3f} s"


def foreign(text: str) -> SafeString:
    """Show a text from outside: escaped, and its writing direction kept from spilling over to ours."""
    return format_html("<bdi>{}</bdi>", text)


def pairs(data: Any, *, without: Set[str] = frozenset()) -> SafeString:
    """Show an event's data as ``name: value`` pairs, without empty ones and those named in ``without``."""
    if not isinstance(data, dict):
        return foreign(str(data))
    told = {name: value for name, value in data.items() if name not in without and value not in (None, "")}
    return foreign(", ".join(f"{name}: {value}" for name, value in told.items()))
