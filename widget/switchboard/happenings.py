"""What SIP reports of a call, in the words of the call machine; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from widget.calls import events
from widget.calls.events import CarrierFault, Event
from widget.sip import events as sip_events
from widget.sip.events import FailureCause
from widget.switchboard.colleague_line import TakeOver

_FAULTS = MappingProxyType(
    {
        FailureCause.NO_RESPONSE: CarrierFault.SILENT,
        FailureCause.TIMEOUT: CarrierFault.SILENT,
        FailureCause.TRANSPORT: CarrierFault.TRANSPORT,
        FailureCause.AUTHENTICATION: CarrierFault.AUTHENTICATION,
        FailureCause.BAD_ANSWER: CarrierFault.BAD_ANSWER,
        FailureCause.LOST: CarrierFault.LOST,
    }
)


@dataclass(frozen=True, slots=True)
class FarEndOffer:
    """A re-INVITE of the carrier: it changes the audio and perhaps who is on hold, never the state of the call."""

    sdp: str
    answer: Callable[[str | None], None]


@dataclass(frozen=True, slots=True)
class FarEndAnswer:
    """The answer to an offer of ours within the call."""

    sdp: str


@dataclass(frozen=True, slots=True)
class FarEndDigit:
    """A key that the far end pressed, told by SIP INFO."""

    digit: str


@dataclass(frozen=True, slots=True)
class JoinWanted:
    """The far end is to be joined with the party to whom it is transferred, by us."""


CallHappening = Event | FarEndOffer | FarEndAnswer | FarEndDigit | JoinWanted | TakeOver


def translate(event: sip_events.SipEvent | sip_events.IncomingEvent) -> CallHappening | None:
    """What a SIP event means to a call; ``None`` where the agent would see no difference."""
    match event:
        case sip_events.MediaChanged(sdp=sdp, answer=answer):
            return FarEndOffer(sdp, answer)
        case sip_events.MediaAnswered(sdp=sdp) | sip_events.Confirmed(sdp=str() as sdp):
            return FarEndAnswer(sdp)
        case sip_events.MediaRefused():
            return events.HoldRefused()
        case sip_events.DigitReceived(digit=digit):
            return FarEndDigit(digit)
    return _progress(event) or _transfer(event) or _end(event)


def _progress(event: sip_events.SipEvent | sip_events.IncomingEvent) -> Event | None:
    match event:
        case sip_events.Ringing(sdp=sdp):
            return events.CarrierRang(sdp)
        case sip_events.Progress(sdp=str() as sdp):
            return events.CarrierRang(sdp)
        case sip_events.Answered(sdp=sdp):
            return events.CarrierAnswered(sdp)
    return None


def _transfer(event: sip_events.SipEvent | sip_events.IncomingEvent) -> Event | None:
    match event:
        case sip_events.TransferProgress():
            return events.TransferTaken()
        case sip_events.TransferDone():
            return events.TransferMade()
        case sip_events.TransferFailed(code=code):
            return events.TransferRefused(code)
    return None


def _end(event: sip_events.SipEvent | sip_events.IncomingEvent) -> Event | None:
    match event:
        case sip_events.Rejected(code=code, phrase=phrase, reason=reason):
            return events.CarrierRejected(code, reason or phrase)
        case sip_events.HungUp(reason=reason):
            return events.CarrierHungUp(reason)
        case sip_events.Cancelled():
            return events.CarrierHungUp()
        case sip_events.Failed(cause=cause):
            return events.CarrierFailed(_FAULTS[cause])
    return None
