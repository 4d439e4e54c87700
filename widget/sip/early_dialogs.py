"""Early dialogs of our INVITE: reliable provisional responses (RFC 3262), UPDATE before the answer (RFC 3311)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from widget.sip.auth import DigestClient
from widget.sip.compose import HeaderList, OutgoingRequest
from widget.sip.dialog import Dialog
from widget.sip.events import MediaAnswered, MediaChanged
from widget.sip.message import Response
from widget.sip.running_transaction import ClientHandlers
from widget.sip.session import Session, SessionEvent
from widget.sip.stack import Stack
from widget.sip.uri import Hop

MAX_EARLY_DIALOGS = 16
"""More forks than that ring unheard: each holds memory until the INVITE ends."""


@dataclass(slots=True)
class EarlyDialog:
    """One fork that answered reliably; `last` is its newest RSeq, `open` counts our PRACKs without an answer."""

    session: Session
    last: int = 0
    open: int = 0


class EarlyDialogs:
    """By To tag. `emit` hears of offers and answers within them; `descriptions` is what each fork said of its media."""

    __slots__ = ("_by_tag", "_digest", "_emit", "_stack", "descriptions", "highest_cseq")

    def __init__(
        self, stack: Stack, digest: DigestClient, emit: Callable[[MediaChanged | MediaAnswered], None]
    ) -> None:
        self._stack = stack
        self._digest = digest
        self._emit = emit
        self._by_tag: dict[str, EarlyDialog] = {}
        self.descriptions: dict[str, str] = {}
        self.highest_cseq = 0

    @property
    def current(self) -> Session | None:
        """The fork that agreed on media last, once it has our PRACK: a request that overtook it would spoil it."""
        agreed = [early.session for early in self._by_tag.values() if early.session.has_agreed and not early.open]
        return agreed[-1] if agreed else None

    def takes(self, response: Response, invite: OutgoingRequest, hop: Hop) -> bool:
        """Acknowledge a reliable response. False: it came before, or too early (section 4), and is not to be told.

        `hop` is where the INVITE went.
        """
        if "100rel" in response.tokens("Require") and response.to_tag and not self._is_next(response, invite, hop):
            return False
        if response.sdp:
            self.descriptions[response.to_tag] = response.sdp
        return True

    def confirm(self, response: Response) -> Session | None:
        """The session of the fork that answers, no longer early; the other forks' are over."""
        early = self._by_tag.pop(response.to_tag, None)
        self.close()
        if early is None:
            return None
        early.session.confirm(response)
        return early.session

    def close(self) -> None:
        """The INVITE has its final answer. A fork that answers later counts on from the highest CSeq."""
        for early in self._by_tag.values():
            self.highest_cseq = max(self.highest_cseq, early.session.dialog.local_cseq)
            early.session.leave()
        self._by_tag.clear()

    def _is_next(self, response: Response, invite: OutgoingRequest, hop: Hop) -> bool:
        number = response.number("RSeq")
        known = self._by_tag.get(response.to_tag)
        if number is None or (known and number != known.last + 1) or len(self._by_tag) >= MAX_EARLY_DIALOGS:
            return False
        early = known or self._open(response, invite, hop)
        early.last = number
        early.session.has_agreed = early.session.has_agreed or bool(response.sdp)
        early.open += 1
        self._acknowledge(early, (("RAck", f"{number} {response.cseq} INVITE"),))
        return True

    def _open(self, response: Response, invite: OutgoingRequest, hop: Hop) -> EarlyDialog:
        tag = response.to_tag
        session = Session(
            self._stack,
            Dialog.of_client(invite, response, hop),
            digest=self._digest,
            emit=lambda event: self._heard(tag, event),
            is_early=True,
        )
        session.local_sdp = invite.body
        self._by_tag[tag] = EarlyDialog(session)
        return self._by_tag[tag]

    def _heard(self, tag: str, event: SessionEvent) -> None:
        """What the fork agrees on is what its answer to the INVITE stands for, when that brings no description."""
        if isinstance(event, MediaAnswered):
            self.descriptions[tag] = event.sdp
            self._emit(event)
        elif isinstance(event, MediaChanged):
            self._emit(replace(event, answer=self._noting(tag, event)))

    def _noting(self, tag: str, offer: MediaChanged) -> Callable[[str | None], None]:
        def answer(sdp: str | None) -> None:
            if sdp is not None:
                self.descriptions[tag] = offer.sdp
            offer.answer(sdp)

        return answer

    def _acknowledge(self, early: EarlyDialog, rack: HeaderList) -> None:
        """PRACK; without an answer to it the far end gives up, not we."""
        dialog = early.session.dialog
        uri, _ = dialog.path()
        request = dialog.next_request("PRACK", (*rack, *self._digest.headers("PRACK", uri), *self._stack.own_headers))

        def over() -> None:
            early.open -= 1

        def answered(response: Response) -> None:
            if response.code >= 300 and self._digest.takes(response):
                self._acknowledge(early, rack)
            elif response.code >= 200:
                over()

        self._stack.send(request, dialog.next_hop(), ClientHandlers(answered, over, over))
