"""What few dialogs ever need: each part is made when it is first asked for, as thousands of dialogs may be held."""

from functools import cached_property
from typing import Protocol

from widget.sip.auth import DigestClient
from widget.sip.dialog import Dialog
from widget.sip.events import TransferEvent
from widget.sip.info_digits import InfoDigits
from widget.sip.message import Request, Response
from widget.sip.stack import Stack
from widget.sip.transfer import Transfers


class Part(Protocol):
    """Something that ends with its dialog."""

    def stop(self) -> None:
        """The dialog ended."""


class DialogParts:
    """Of one session, which is a subclass."""

    stack: Stack
    dialog: Dialog
    digest: DigestClient | None
    refuses_refer = False
    """Whether the far end lists what it allows, and REFER is not in the list."""

    def learn_methods(self, message: Request | Response) -> None:
        """What the far end allows, where it says so (RFC 3261 section 20.5). Only what is unusual takes memory."""
        allowed = ",".join(message.headers.getlist("Allow"))
        if allowed and ("refer" in allowed.lower()) is self.refuses_refer:
            self.refuses_refer = not self.refuses_refer

    @cached_property
    def transfers(self) -> Transfers:
        """REFER and NOTIFY."""
        return Transfers(self.stack, self.dialog, self.digest, emit=self.tell)

    @cached_property
    def digits(self) -> InfoDigits:
        """INFO."""
        return InfoDigits(self.stack, self.dialog, self.digest)

    def tell(self, event: TransferEvent) -> None:
        """Let the owner of the session know."""
        raise NotImplementedError

    def made(self, *names: str) -> list[Part]:
        """Those of the parts that were asked for."""
        return [part for name in names if (part := vars(self).get(name))]
