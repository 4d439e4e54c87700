"""The rows of the table that hand an answered call over.

One transfer at a time. One that fails leaves the call as it was, so the agent can try again or talk on. What the
carrier does not do the server does itself: it joins the two far ends, and the call goes on without its agent.
"""

from dataclasses import replace

from widget.calls.call import Call, CallState
from widget.calls.commands import HangUpCarrier, JoinFarEnds, PassOn, StopTimer, Timer
from widget.calls.ending import Outcome, end
from widget.calls.events import (
    CarrierHungUp,
    FarEndsJoined,
    OtherSideLeft,
    TransferMade,
    TransferRefused,
    TransferRequested,
    TransferTaken,
)
from widget.calls.moment import Moment
from widget.calls.termination import Cause, Termination
from widget.calls.transfer import Transfer, TransferKind, TransferState

DOES_NOT_EXIST = 481
"""To a REFER: the far end does not know the call any more, so there is nobody to join."""


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
    """Refused outright, or the new party could not be had: two different things to tell the agent, unless we can do it
    ourselves."""
    if call.transfer is None or not call.transfer.is_pending:
        return call, ()
    if _can_be_done_by_us(call.transfer, event.sip_code):
        return replace(call, transfer=replace(call.transfer, state=TransferState.TAKEN, by_server=True)), (
            JoinFarEnds(),
        )
    state = TransferState.REFUSED if call.transfer.state is TransferState.ASKED else TransferState.FAILED
    return replace(call, transfer=replace(call.transfer, state=state, sip_code=event.sip_code)), ()


def _can_be_done_by_us(transfer: Transfer, sip_code: int) -> bool:
    """Where it is the carrier who refused (0: it was never asked). After it has tried in vain to reach a number nobody
    rings that number again; a party to whom the agent talks already is there in any case."""
    if transfer.by_server or transfer.agent_id or not sip_code:
        return False
    if transfer.state is TransferState.ASKED:
        return sip_code != DOES_NOT_EXIST
    return transfer.kind is TransferKind.ATTENDED


def join(call: Call, event: FarEndsJoined, now: Moment) -> Outcome:
    """The agent is out; also for the call in which they talked to the new party."""
    bridged = replace(
        call,
        state=CallState.BRIDGED,
        transfer=call.transfer and replace(call.transfer, state=TransferState.DONE),
        termination=Termination(Cause.TRANSFERRED, 200),
        bridged_at=call.started.label(now),
    )
    return bridged, (StopTimer(Timer.REATTACH),)


def far_end_left(call: Call, event: CarrierHungUp, now: Moment) -> Outcome:
    """Our side of a joined pair."""
    return end(call, Termination(Cause.TRANSFERRED, 200, event.detail), now)


def other_side_left(call: Call, event: OtherSideLeft, now: Moment) -> Outcome:
    """The other side of the pair: this one has nobody to talk to."""
    return end(call, Termination(Cause.TRANSFERRED, 200), now, HangUpCarrier("Normal call clearing"))


def make(call: Call, event: TransferMade, now: Moment) -> Outcome:
    """The new party has it; also for the call in which the agent talked to that party."""
    return made(call, now, HangUpCarrier("Transferred"))


def made(call: Call, now: Moment, *commands: HangUpCarrier) -> Outcome:
    """End as transferred, with ``commands`` where the far end still has to be told."""
    done = call.transfer and replace(call.transfer, state=TransferState.DONE)
    return end(replace(call, transfer=done), Termination(Cause.TRANSFERRED, 200), now, *commands)


def is_pending(call: Call) -> bool:
    return call.transfer is not None and call.transfer.is_pending


def is_ours(call: Call, *kinds: TransferKind) -> bool:
    """Whether one is pending that the server does itself, of one of these kinds, or of any."""
    transfer = call.transfer
    return (
        transfer is not None and transfer.is_pending and transfer.by_server and transfer.kind in (kinds or TransferKind)
    )


def is_taken(call: Call) -> bool:
    """By the far end: from then on its hanging up is what was asked for."""
    return call.transfer is not None and call.transfer.state is TransferState.TAKEN and not call.transfer.by_server
