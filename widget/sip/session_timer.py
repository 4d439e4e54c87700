"""Session timers (RFC 4028): both sides notice within minutes that the other one is gone, though no BYE ever came."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from widget.sip.address import InvalidAddressError, split_parameters
from widget.sip.auth import DigestClient
from widget.sip.compose import HeaderList
from widget.sip.dialog import Dialog
from widget.sip.message import Message, Request, Response
from widget.sip.running_transaction import ClientHandlers
from widget.sip.stack import SUPPORTED, Stack
from widget.sip.timers import TimerHandle
from widget.sip.transport import Flow

SHORTEST_SECONDS = 90
LONGEST_SECONDS = 86_400
GLARE_SECONDS = 2.0
SESSION_EXPIRES = re.compile(r"(?P<seconds>[0-9]{1,9})[ \t]*(?P<parameters>;.*)?", re.S)


@dataclass(frozen=True, slots=True)
class SessionExpires:
    """The header: a lifetime in seconds, and who refreshes it: "uac", "uas", or "" when that is left open."""

    seconds: int
    refresher: str = ""


def read_session_expires(message: Message) -> SessionExpires | None:
    """None when it is absent or makes no sense."""
    return parse_session_expires(message.header("Session-Expires"))


@lru_cache(maxsize=64)
def parse_session_expires(text: str) -> SessionExpires | None:
    """The header's value, "" included."""
    match = SESSION_EXPIRES.fullmatch(text)
    if match is None:
        return None
    try:
        refresher = dict(split_parameters(match["parameters"] or "")).get("refresher", "").lower()
    except InvalidAddressError:
        return None
    seconds = min(int(match["seconds"]), LONGEST_SECONDS)
    return SessionExpires(seconds, refresher if refresher in {"uac", "uas"} else "")


@lru_cache(maxsize=32)
def offer_headers(seconds: int, refresher: str = "") -> HeaderList:
    """What a request of ours asks for, nothing for 0."""
    if not seconds:
        return ()
    who = f";refresher={refresher}" if refresher else ""
    return (("Session-Expires", f"{seconds}{who}"), ("Min-SE", str(min(seconds, SHORTEST_SECONDS))))


def is_too_brief(request: Request) -> bool:
    """Whether to answer 422: only somebody who knows of timers would understand that (section 9)."""
    wanted = read_session_expires(request)
    return wanted is not None and wanted.seconds < SHORTEST_SECONDS and "timer" in request.tokens("Supported")


class SessionTimer:
    """Of one dialog. Nothing runs until both sides agreed on a lifetime.

    The refresher sends UPDATE, or asks its owner for a re-INVITE when the peer does not take that. The other side
    gives the session up shortly before its end (section 10).
    """

    __slots__ = (
        "_agreed",
        "_dialog",
        "_digest",
        "_is_stopped",
        "_lost",
        "_reinvite",
        "_stack",
        "_takes_update",
        "_timer",
    )

    def __init__(
        self,
        stack: Stack,
        dialog: Dialog,
        digest: DigestClient | None,
        *,
        reinvite: Callable[[], None],
        lost: Callable[[], None],
    ) -> None:
        self._stack = stack
        self._dialog = dialog
        self._digest = digest
        self._reinvite = reinvite
        self._lost = lost
        self._takes_update = False
        self._agreed = SessionExpires(0)
        self._timer: TimerHandle | None = None
        self._is_stopped = False

    @property
    def request_headers(self) -> HeaderList:
        """For a re-INVITE or UPDATE of ours: what was agreed, with ourselves as the refresher if that is so."""
        return offer_headers(self._agreed.seconds, "uac" if self._agreed.refresher == "us" else "uas")

    def accepted(self, response: Response) -> None:
        """A 2xx to an INVITE or UPDATE of ours. Without the header nobody watches the session, or we alone do."""
        self._takes_update = "update" in response.tokens("Allow") or self._takes_update
        agreed = read_session_expires(response)
        if agreed:
            self._start(agreed.seconds, "them" if agreed.refresher == "uas" else "us")
        elif self._agreed.seconds:
            self._start(self._agreed.seconds, "us")

    def answer(self, request: Request) -> HeaderList:
        """For our 2xx to an INVITE or UPDATE that asks for a timer (section 9); it starts with that.

        One that does not ask ends what the far end had promised: from then on we refresh.
        """
        self._takes_update = "update" in request.tokens("Allow") or self._takes_update
        wanted = read_session_expires(request)
        knows = "timer" in request.tokens("Supported")
        if wanted is None or wanted.seconds < SHORTEST_SECONDS:
            wanted = SessionExpires(self._agreed.seconds, "uas")
        if not wanted.seconds:
            return ()
        refresher = (wanted.refresher or "uac") if knows else "uas"
        self._start(wanted.seconds, "them" if refresher == "uac" else "us")
        header = ("Session-Expires", f"{wanted.seconds};refresher={refresher}")
        return (header, ("Require", "timer")) if knows else (header,)

    def takes_longer(self, response: Response) -> bool:
        """Whether a 422 wants a longer session than our re-INVITE asked for: the next one asks for that."""
        wants = wants_longer(response, self._agreed.seconds)
        if wants:
            self._agreed = SessionExpires(longer(response, self._agreed.seconds), self._agreed.refresher)
        return wants

    def stop(self) -> None:
        """The session ended."""
        self._is_stopped = True
        self._cancel()

    def _start(self, seconds: int, refresher: str) -> None:
        self._cancel()
        if self._is_stopped:
            return
        self._agreed = SessionExpires(max(seconds, SHORTEST_SECONDS), refresher)
        if refresher == "us":
            self._plan(seconds / 2, self._refresh)
        else:
            self._plan(seconds - min(32.0, seconds / 3), self._lost)

    def _plan(self, seconds: float, act: Callable[[], None]) -> None:
        self._timer = self._stack.clock.scheduler.call_later(seconds, act)

    def _cancel(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _refresh(self) -> None:
        self._timer = None
        if self._takes_update:
            if self._digest:
                self._digest.begin()
            self._locate()
        else:
            self._reinvite()
            self._plan(self._agreed.seconds / 2, self._refresh)

    def _locate(self) -> None:
        if not self._is_stopped:
            self._stack.transport.locate(self._dialog.next_hop(), self._located)

    def _located(self, flow: Flow | None) -> None:
        if self._is_stopped:
            return
        if flow is None:
            self._lost()
            return
        uri, _ = self._dialog.path()
        credentials = self._digest.headers("UPDATE", uri) if self._digest else ()
        contact = ("Contact", flow.contact(self._stack.config.contact_user))
        headers = (contact, *credentials, *self.request_headers, self._stack.allow, SUPPORTED, *self._stack.own_headers)
        handlers = ClientHandlers(self._answered, self._lost, self._lost)
        self._stack.transactions.start_client(self._dialog.next_request("UPDATE", headers), flow, handlers)

    def _answered(self, response: Response) -> None:
        if response.code < 200 or self._is_stopped:
            return
        if response.code < 300:
            self._dialog.refresh_target(response)
            self.accepted(response)
        elif response.code in {408, 481}:
            self._lost()
        elif self._digest and self._digest.takes(response):
            self._locate()
        elif response.code == 422:
            self._start(longer(response, self._agreed.seconds), "us")
            self._locate()
        else:
            self._takes_update = response.code in {491, 500} and self._takes_update
            self._plan(GLARE_SECONDS, self._refresh)


def longer(response: Response, asked: int) -> int:
    """What a 422 wants at least (section 6)."""
    match = SESSION_EXPIRES.fullmatch(response.header("Min-SE"))
    return min(max(int(match["seconds"]) if match else 0, asked), LONGEST_SECONDS)


def wants_longer(response: Response, asked: int) -> bool:
    """Whether a 422 wants a longer session than we asked for; what it wants must grow each time."""
    return response.code == 422 and 0 < asked < longer(response, asked)
