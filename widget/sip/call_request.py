"""What the owner wants of an outgoing call."""

from dataclasses import dataclass

from widget.sip.compose import SDP_TYPE, HeaderList
from widget.sip.config import UserAgentConfig
from widget.sip.stack import ACCEPT, SUPPORTED, SUPPORTED_UNRELIABLY
from widget.sip.trunk import Trunk

RELIABLY = ("Require", "100rel")


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


def extensions(trunk: Trunk) -> HeaderList:
    """What our INVITE says of extensions; without an offer of ours there is nothing to acknowledge reliably."""
    if trunk.late_offer or not (trunk.offers_reliable or trunk.reliable_provisional):
        return (SUPPORTED_UNRELIABLY,)
    return (RELIABLY, SUPPORTED) if trunk.reliable_provisional else (SUPPORTED,)


def capabilities(trunk: Trunk, allow: tuple[str, str]) -> HeaderList:
    """What our INVITE to this trunk says that we can do, and of its body."""
    return (*extensions(trunk), allow, ACCEPT if trunk.late_offer else SDP_TYPE)


def session_seconds(trunk: Trunk, config: UserAgentConfig) -> int:
    """The session lifetime to ask for: the trunk's, else the configured one; 0 for none."""
    return config.session_seconds if trunk.session_timer_seconds is None else trunk.session_timer_seconds
