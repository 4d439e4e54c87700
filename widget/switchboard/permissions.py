"""What an agent's mode lets them do: the widget does not offer the rest, and the server refuses it; pure."""

from widget.calls import events
from widget.calls.agent import AgentStatus
from widget.calls.events import Event
from widget.errors import NotAllowedError
from widget.switchboard.journal import AgentProfile


def check_event(profile: AgentProfile, event: Event) -> None:
    """Raises NotAllowedError. Ending a mute or a hold is never refused: the mode may have changed meanwhile."""
    match event:
        case events.MuteRequested(on=True) if not profile.may_mute:
            raise NotAllowedError("mute")
        case events.HoldRequested(on=True) if not profile.may_hold:
            raise NotAllowedError("hold")


def check_status(profile: AgentProfile, status: AgentStatus) -> None:
    """Raises NotAllowedError."""
    if status not in profile.statuses:
        raise NotAllowedError(f"status {status.value}")
