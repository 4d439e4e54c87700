"""The rows of the table that end a call which the carrier could not bring about, or let the next trunk try."""

from dataclasses import replace
from types import MappingProxyType

from widget.calls.call import Call, CallState
from widget.calls.commands import SendInvite
from widget.calls.ending import Outcome, end
from widget.calls.events import CarrierFailed, CarrierFault, CarrierRejected
from widget.calls.moment import Moment
from widget.calls.termination import Cause, Termination, cause_of_rejection

_CAUSE_OF_FAULT = MappingProxyType(
    {
        CarrierFault.SILENT: Cause.CARRIER_SILENT,
        CarrierFault.TRANSPORT: Cause.TRANSPORT_FAILED,
        CarrierFault.AUTHENTICATION: Cause.AUTHENTICATION_FAILED,
        CarrierFault.BAD_ANSWER: Cause.MEDIA_FAILED,
        CarrierFault.LOST: Cause.TRANSPORT_FAILED,
        CarrierFault.FULL: Cause.UNAVAILABLE,
    }
)


_NO_FAILOVER = frozenset({CarrierFault.BAD_ANSWER, CarrierFault.LOST})
"""The called party may have the call already: nobody is to be rung twice."""


def rejected(call: Call, event: CarrierRejected, now: Moment) -> Outcome:
    """A 5xx speaks of the trunk, every other refusal of the called party."""
    if _may_fail_over(call) and 500 <= event.sip_code <= 599:
        return _next_route(call)
    return end(call, Termination(cause_of_rejection(event.sip_code), event.sip_code, event.detail), now)


def failed(call: Call, event: CarrierFailed, now: Moment) -> Outcome:
    """No final response came, or the way broke."""
    if _may_fail_over(call) and event.fault not in _NO_FAILOVER:
        return _next_route(call)
    return end(call, Termination(_CAUSE_OF_FAULT[event.fault]), now)


def _next_route(call: Call) -> Outcome:
    """Another trunk may do better. Each ``SendInvite`` takes the next route."""
    return replace(call, routes_left=call.routes_left - 1), (SendInvite(),)


def _may_fail_over(call: Call) -> bool:
    """Only while nothing rang: whoever heard ringing must not hear it begin again elsewhere."""
    return call.state is CallState.CALLING and call.routes_left > 0
