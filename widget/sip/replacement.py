"""An INVITE that takes another call's place (RFC 3891): the far end of a call of ours hands us on to somebody else.

Our side of the call goes on: its owner sees a change of media, and the old dialog is released.
"""

import re
from urllib.parse import unquote

from widget.sip.dialog import Dialog, DialogId
from widget.sip.events import MediaChanged
from widget.sip.message import Request
from widget.sip.running_transaction import ServerTransaction
from widget.sip.session import Session, SessionState
from widget.sip.stack import Stack
from widget.sip.transaction_users import ServerHandlers
from widget.sip.uri import Hop

REPLACES = re.compile(r"\s*(?P<call_id>[\x21-\x3a\x3c-\x7e]{1,256})\s*(?P<parameters>(;[^;]{1,300}){2,8})\s*")


def replaced_dialog(request: Request) -> tuple[DialogId, bool] | None:
    """The dialog that Replaces names, as we know it, and whether it may only be an early one. None: not valid."""
    match = REPLACES.fullmatch(request.header("Replaces"))
    if match is None or len(request.headers.getlist("Replaces")) > 1:
        return None
    pairs = [part.partition("=") for part in match["parameters"].split(";")[1:]]
    named = {key.strip().lower(): value.strip() for key, _, value in pairs}
    if not named.get("to-tag") or not named.get("from-tag"):
        return None
    return DialogId(unquote(match["call_id"]), named["to-tag"], named["from-tag"]), "early-only" in named


def replace_dialog(stack: Stack, transaction: ServerTransaction) -> None:
    """Let the INVITE take the place of the call that it names, or refuse it (section 3)."""
    named = replaced_dialog(transaction.request)
    if named is None:
        transaction.respond(400)
        return
    session = stack.dialogs.get(named[0])
    if not isinstance(session, Session) or session.state is SessionState.EARLY:
        transaction.respond(481)
    elif session.state is not SessionState.UP:
        transaction.respond(603)
    elif named[1]:
        transaction.respond(486)
    else:
        Replacement(stack, transaction, session).begin()


class Replacement:
    """One INVITE on its way into the place of a session."""

    def __init__(self, stack: Stack, transaction: ServerTransaction, old: Session) -> None:
        host, port = transaction.target
        dialog = Dialog.of_server(transaction.request, transaction.to_tag, Hop(host, port, transaction.transport.kind))
        stack.transport.remember(transaction.transport, dialog.next_hop())
        self._transaction = transaction
        self._old = old
        self._new = Session(stack, dialog, digest=old.digest, emit=_nobody, is_early=True, owns_call_id=False)
        self._new.learn_methods(transaction.request)

    def begin(self) -> None:
        """Ask the owner of the old session."""
        self._transaction.listen(
            ServerHandlers(failure=self._new.leave, ack=self._new.acknowledge, cancel=lambda _cancel: self._refuse(487))
        )
        self._transaction.respond(100)
        self._old.tell(MediaChanged(self._transaction.request.sdp, self._answer))

    def _answer(self, sdp: str | None) -> None:
        if sdp is None or self._old.state is not SessionState.UP:
            self._refuse(488 if sdp is None else 481)
        elif self._new.state is SessionState.EARLY:
            self._old.make_way_for(self._new)
            self._new.answer(self._transaction, sdp, self._new.late_answer(self._transaction))

    def _refuse(self, code: int) -> None:
        self._transaction.respond(code)
        self._new.leave()


def _nobody(_event: object) -> None:
    """Until it is answered nothing happens in the new dialog that anybody waits for."""
