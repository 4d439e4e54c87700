"""What can lie in a desk's queue."""

from dataclasses import dataclass

from widget.media.events import MediaEvent
from widget.switchboard.happenings import CallHappening
from widget.switchboard.inbound import InboundOffered
from widget.switchboard.messages import Message


@dataclass(frozen=True, slots=True)
class CallHappened:
    """Something of SIP or a timer, for the call of this id."""

    call_id: str
    what: CallHappening


class WrapUpRanOut:
    """The time for after-call work is over."""


class AnswerByItself:
    """The agent has heard the call ring that the mode answers for them."""


class PageGraceRanOut:
    """No page came back in time."""


class WriteAgain:
    """The database may take now what it refused."""


class Stop:
    """The server stops: end the call, go offline, then handle nothing more."""


TimerItem = WrapUpRanOut | AnswerByItself | PageGraceRanOut | WriteAgain
Item = Message | CallHappened | InboundOffered | MediaEvent | TimerItem | Stop
