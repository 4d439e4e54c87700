"""What the owner wants of an outgoing call."""

from dataclasses import dataclass

from widget.sip.compose import HeaderList
from widget.sip.config import UserAgentConfig
from widget.sip.trunk import Trunk


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What a call is about. `headers` are additional ones, checked by whoever made this."""

    call_id: str
    number: str
    caller: str
    sdp: str
    headers: HeaderList = ()
    first_response_seconds: float = 8.0
    session_seconds: int = 1800


def session_seconds(trunk: Trunk, config: UserAgentConfig) -> int:
    """The session lifetime to ask for: the trunk's, else the configured one; 0 for none."""
    return config.session_seconds if trunk.session_timer_seconds is None else trunk.session_timer_seconds
