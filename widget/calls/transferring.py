"""The rows of the table that hand an answered call over.

One transfer at a time. One that fails leaves the call as it was, so the agent can try again or talk on.
"""

from dataclasses import replace

from widget.calls.call import Call
from widget.calls.commands import HangUpCarrier, PassOn
from widget.calls.ending import Outcome, end
from widget.calls.events import TransferMade, TransferRefused, TransferRequested, TransferTaken
from widget.calls.moment import Moment
from widget.calls.termination import Cause, Termination
from widget.calls.transfer import Transfer, TransferState


def request(call: Call, event: TransferRequested, now: Moment) -> Outcome:
    """Ask for it, unless another one is under way."""
    if is_pending(call):
        return call, ()
    wanted = Transfer(event.kind, event.to, event.agent_id)
    return replace(call, transfer=wanted), (PassOn(wanted),)


def take(call: Call, event: TransferTaken, now: Moment) -> Outcome:
    """The far end does it; from now on its hanging up is the transfer's end (RFC 5589 section 6.1)."""
    if call.transfer is None or call.transfer.state is not TransferState.ASKED:
        return call, ()
    return replace(call, transfer=replace(call.transfer, state=TransferState.TAKEN)), ()


def refuse(call: Call, event: TransferRefused, now: Moment) -> Outcome:
    """Refused outright, or the new party could not be had: two different things to tell the agent."""
    if call.transfer is None or not call.transfer.is_pending:
        return call, ()
    state = TransferState.REFUSED if call.transfer.state is TransferState.ASKED else TransferState.FAILED
    return replace(call, transfer=replace(call.transfer, state=state, sip_code=event.sip_code)), ()


def make(call: Call, event: TransferMade, now: Moment) -> Outcome:
    """The new party has it; also for the call in which the agent talked to that party."""
    return made(call, now, HangUpCarrier("Transferred"))


def made(call: Call, now: Moment, *commands: HangUpCarrier) -> Outcome:
    """End as transferred, with ``commands`` where the far end still has to be told."""
    done = call.transfer and replace(call.transfer, state=TransferState.DONE)
    return end(replace(call, transfer=done), Termination(Cause.TRANSFERRED, 200), now, *commands)


def is_pending(call: Call) -> bool:
    return call.transfer is not None and call.transfer.is_pending


def is_taken(call: Call) -> bool:
    return call.transfer is not None and call.transfer.state is TransferState.TAKEN
