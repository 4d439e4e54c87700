"""What the owner wants of an outgoing call."""

from dataclasses import dataclass

from widget.sip.compose import HeaderList


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What a call is about. `headers` are additional ones, checked by whoever made this."""

    call_id: str
    number: str
    caller: str
    sdp: str
    headers: HeaderList = ()
    first_response_seconds: float = 8.0
