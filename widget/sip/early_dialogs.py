"""Early dialogs of our INVITE: reliable provisional responses (RFC 3262), UPDATE before the answer (RFC 3311)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from widget.sip.auth import DigestClient
from widget.sip.compose import HeaderList, OutgoingRequest
from widget.sip.dialog import Dialog, DialogId
from widget.sip.events import MediaAnswered, MediaChanged
from widget.sip.message import Response
from widget.sip.running_transaction import ClientHandlers
from widget.sip.session import Session, SessionEvent, SessionState
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


class Heard(NamedTuple):
    """What a dialog can be made of: the first response of a fork, our INVITE, and where that went."""

    response: Response
    invite: OutgoingRequest
    hop: Hop


class EarlyDialogs:
    """By To tag. `emit` hears of offers and answers within them; `descriptions` is what each fork said of its media.

    Nearly no fork says more than that it rings, so most dialogs are made when their first request comes.
    """

    __slots__ = ("_by_tag", "_digest", "_emit", "_heard_of", "_key", "_stack", "descriptions", "highest_cseq")

    def __init__(
        self, stack: Stack, digest: DigestClient, emit: Callable[[MediaChanged | MediaAnswered], None]
    ) -> None:
        self._stack = stack
        self._digest = digest
        self._emit = emit
        self._by_tag: dict[str, EarlyDialog] = {}
        self._heard_of: dict[str, Heard] = {}
        self._key: tuple[str, str] | None = None
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
        if response.to_tag not in {"", *self._by_tag} and len(self._heard_of) < MAX_EARLY_DIALOGS:
            self._heard_of.setdefault(response.to_tag, Heard(response, invite, hop))
            self._key = response.call_id, response.from_tag
            self._stack.early[self._key] = self.open
        return True

    def open(self, dialog_id: DialogId) -> Session | None:
        """The dialog of a fork that rang and now says something, None for one that did not ring."""
        heard = self._heard_of.get(dialog_id.remote_tag)
        return self._open(*heard).session if heard else None

    def confirm(self, response: Response) -> Session | None:
        """The session of the fork that answers, no longer early; the other forks' are over."""
        early = self._by_tag.pop(response.to_tag, None)
        self.close()
        if early is None or early.session.state is SessionState.ENDED:
            return None
        early.session.confirm(response)
        return early.session

    def close(self) -> None:
        """The INVITE has its final answer. A fork that answers later counts on from the highest CSeq."""
        for early in self._by_tag.values():
            self.highest_cseq = max(self.highest_cseq, early.session.dialog.local_cseq)
            early.session.leave()
        self._by_tag.clear()
        self._heard_of.clear()
        if self._key:
            self._stack.early.pop(self._key, None)

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
        self._heard_of.pop(tag, None)
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
