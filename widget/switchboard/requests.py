"""What an agent asks of the current call, as events of the call machine; pure."""

from widget.calls import events
from widget.calls.call import Call, Direction
from widget.calls.events import Event
from widget.calls.transitions import TRANSITIONS
from widget.switchboard.messages import AnswerCall, Command, Hold, Mute, RejectCall


def event_of(command: Command) -> Event | None:
    """The event that a command stands for; ``None`` for one that is not about the current call."""
    match command:
        case AnswerCall():
            return events.AnswerRequested()
        case RejectCall():
            return events.RejectRequested()
        case Mute(on=on):
            return events.MuteRequested(on)
        case Hold(on=on):
            return events.HoldRequested(on)
    return None


def makes_sense(call: Call, event: Event) -> bool:
    """Whether the call is in a state for it: what is not ringing cannot be answered, nor what was dialled."""
    if isinstance(event, events.AnswerRequested | events.RejectRequested) and call.direction is Direction.OUTBOUND:
        return False
    return (call.state, type(event)) in TRANSITIONS
