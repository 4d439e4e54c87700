"""Why a call ended: who ended it, may it be tried again, and which public code says so.

The public codes are those of the original API (original-api.md, 6.1): ``hangupReason`` and ``hangingDirection``.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class EndedBy(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"


class Cause(StrEnum):
    """The stable slug of a termination; the widget and the admin show a sentence for each."""

    AGENT_HUNG_UP = "agent_hung_up"
    CUSTOMER_HUNG_UP = "customer_hung_up"
    CANCELLED = "cancelled"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    CALLER_GAVE_UP = "caller_gave_up"
    AGENT_REJECTED = "agent_rejected"
    AGENT_NO_ANSWER = "agent_no_answer"
    NOT_FOUND = "not_found"
    UNAVAILABLE = "unavailable"
    REJECTED = "rejected"
    CARRIER_SILENT = "carrier_silent"
    AUTHENTICATION_FAILED = "authentication_failed"
    TRANSPORT_FAILED = "transport_failed"
    MEDIA_FAILED = "media_failed"
    RELAY_LOST = "relay_lost"
    AGENT_LOST = "agent_lost"
    CALL_TOO_LONG = "call_too_long"
    TRANSFERRED = "transferred"
    FELL_SILENT = "fell_silent"
    SERVER_STOPPED = "server_stopped"
    ORPHANED = "orphaned"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a cause means: who ended the call, whether dialling again may help, and the original's ``hangupReason``."""

    ended_by: EndedBy
    retry: bool
    hangup_reason: int


_NOT_ANSWERED, _HUNG_UP, _FAILED, _NO_SERVICE, _OUT_OF_AREA, _BUSY, _MISSED = 0, 1, 4, 5, 6, 7, 8

VERDICTS = MappingProxyType(
    {
        Cause.AGENT_HUNG_UP: Verdict(EndedBy.AGENT, retry=False, hangup_reason=_HUNG_UP),
        Cause.CUSTOMER_HUNG_UP: Verdict(EndedBy.CUSTOMER, retry=False, hangup_reason=_HUNG_UP),
        Cause.CANCELLED: Verdict(EndedBy.AGENT, retry=True, hangup_reason=_NOT_ANSWERED),
        Cause.BUSY: Verdict(EndedBy.CUSTOMER, retry=True, hangup_reason=_BUSY),
        Cause.DECLINED: Verdict(EndedBy.CUSTOMER, retry=False, hangup_reason=_NOT_ANSWERED),
        Cause.NO_ANSWER: Verdict(EndedBy.CUSTOMER, retry=True, hangup_reason=_NOT_ANSWERED),
        Cause.CALLER_GAVE_UP: Verdict(EndedBy.CUSTOMER, retry=True, hangup_reason=_MISSED),
        Cause.AGENT_REJECTED: Verdict(EndedBy.AGENT, retry=True, hangup_reason=_MISSED),
        Cause.AGENT_NO_ANSWER: Verdict(EndedBy.AGENT, retry=True, hangup_reason=_MISSED),
        Cause.NOT_FOUND: Verdict(EndedBy.SYSTEM, retry=False, hangup_reason=_OUT_OF_AREA),
        Cause.UNAVAILABLE: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_NO_SERVICE),
        Cause.REJECTED: Verdict(EndedBy.SYSTEM, retry=False, hangup_reason=_FAILED),
        Cause.CARRIER_SILENT: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_NO_SERVICE),
        Cause.AUTHENTICATION_FAILED: Verdict(EndedBy.SYSTEM, retry=False, hangup_reason=_FAILED),
        Cause.TRANSPORT_FAILED: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_NO_SERVICE),
        Cause.MEDIA_FAILED: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_FAILED),
        Cause.RELAY_LOST: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_FAILED),
        Cause.AGENT_LOST: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_FAILED),
        Cause.CALL_TOO_LONG: Verdict(EndedBy.SYSTEM, retry=False, hangup_reason=_HUNG_UP),
        Cause.TRANSFERRED: Verdict(EndedBy.AGENT, retry=False, hangup_reason=_HUNG_UP),
        Cause.FELL_SILENT: Verdict(EndedBy.SYSTEM, retry=False, hangup_reason=_FAILED),
        Cause.SERVER_STOPPED: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_FAILED),
        Cause.ORPHANED: Verdict(EndedBy.SYSTEM, retry=True, hangup_reason=_FAILED),
    }
)

HANGING_DIRECTION = MappingProxyType({EndedBy.CUSTOMER: 0, EndedBy.AGENT: 1, EndedBy.SYSTEM: 3})
"""The original's ``hangingDirection``; it documents no 2."""

_BY_SIP_CODE = MappingProxyType(
    {
        401: Cause.AUTHENTICATION_FAILED,
        403: Cause.REJECTED,
        404: Cause.NOT_FOUND,
        407: Cause.AUTHENTICATION_FAILED,
        408: Cause.NO_ANSWER,
        410: Cause.NOT_FOUND,
        480: Cause.UNAVAILABLE,
        484: Cause.NOT_FOUND,
        486: Cause.BUSY,
        487: Cause.NO_ANSWER,  # Not after our CANCEL: then the call had ended before.
        488: Cause.MEDIA_FAILED,
        600: Cause.BUSY,
        603: Cause.DECLINED,
        604: Cause.NOT_FOUND,
        606: Cause.MEDIA_FAILED,
    }
)


def cause_of_rejection(sip_code: int) -> Cause:
    """The cause that a final SIP response 300 to 699 to our INVITE stands for (RFC 3261 section 21)."""
    if 500 <= sip_code <= 599:
        return Cause.UNAVAILABLE
    return _BY_SIP_CODE.get(sip_code, Cause.REJECTED)


@dataclass(frozen=True, slots=True)
class Termination:
    """How one call ended. ``sip_code`` is 0 where the carrier gave none; ``detail`` is hostile text from outside."""

    cause: Cause
    sip_code: int = 0
    detail: str = ""

    @property
    def verdict(self) -> Verdict:
        return VERDICTS[self.cause]
