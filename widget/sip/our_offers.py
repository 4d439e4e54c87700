"""Changes of media that we ask for within a call, one at a time (RFC 3261 section 14.1)."""

from collections.abc import Callable
from dataclasses import dataclass

from widget.sip.auth import DigestClient
from widget.sip.compose import HeaderList
from widget.sip.dialog import Dialog
from widget.sip.message import Response
from widget.sip.reinvite import Reinvite, ReinviteHandlers
from widget.sip.session_timer import SessionTimer
from widget.sip.stack import Stack


@dataclass(frozen=True, slots=True)
class OfferHandlers:
    """What a session does about its own offers.

    `acknowledge` is called for each 2xx to an INVITE, `agreed` once per offer, with the offer. `refused` leaves a
    refresh out, which changes nothing that anybody asked for. `may_send`: no offer of the far end is open.
    """

    acknowledge: Callable[[Response, HeaderList], None]
    agreed: Callable[[Response, str], None]
    refused: Callable[[int], None]
    lost: Callable[[], None]
    may_send: Callable[[], bool]


class OurOffers:
    """An offer that is made while another one is open waits for that one's end; a still newer one takes its place."""

    __slots__ = (
        "_current",
        "_dialog",
        "_digest",
        "_handlers",
        "_is_stopped",
        "_next",
        "_owns_call_id",
        "_stack",
        "_timer",
    )

    def __init__(
        self,
        stack: Stack,
        dialog: Dialog,
        digest: DigestClient | None,
        timer: SessionTimer,
        handlers: OfferHandlers,
        *,
        owns_call_id: bool,
    ) -> None:
        self._stack = stack
        self._dialog = dialog
        self._digest = digest
        self._timer = timer
        self._handlers = handlers
        self._owns_call_id = owns_call_id
        self._current: Reinvite | None = None
        self._next: tuple[str, str] | None = None
        self._is_stopped = False

    @property
    def is_under_way(self) -> bool:
        """Whether the far end may get an offer of ours at any moment, or has one."""
        return self._current is not None and not self._current.is_waiting

    @property
    def is_busy(self) -> bool:
        """Whether an offer is under way, or waits for its time."""
        return self._current is not None

    def make(self, method: str, sdp: str, *, is_refresh: bool = False) -> None:
        """Offer `sdp` by INVITE or UPDATE. Glare is tried again by itself (section 14.1)."""
        if self._is_stopped:
            return
        if self._current:
            self._next = method, sdp
            return
        if self._digest:
            self._digest.begin()
        current: Reinvite

        def accepted(response: Response, headers: HeaderList) -> None:
            self._accepted(current, response, headers)

        refused = self._refresh_refused if is_refresh else self._refused
        handlers = ReinviteHandlers(accepted, refused, self._lost, self._handlers.may_send)
        current = Reinvite(
            self._stack, self._dialog, self._digest, sdp, self._owns_call_id, handlers, self._timer, method=method
        )
        self._current = current
        current.send()

    def stop(self) -> None:
        """The session ended."""
        self._is_stopped = True
        if self._current:
            self._current.is_stopped = True
        self._current = self._next = None

    def _accepted(self, offer: Reinvite, response: Response, headers: HeaderList) -> None:
        if response.cseq_method == "INVITE":
            self._handlers.acknowledge(response, headers)
        if self._current is offer:
            self._current = None
            self._handlers.agreed(response, offer.sdp)
            self._make_next()

    def _refused(self, code: int) -> None:
        self._current = None
        if not self._is_stopped:
            self._handlers.refused(code)
            self._make_next()

    def _refresh_refused(self, _code: int) -> None:
        """Nobody is told; the session timer asks again in its time."""
        self._current = None
        self._make_next()

    def _lost(self) -> None:
        self._current = None
        if not self._is_stopped:
            self._handlers.lost()

    def _make_next(self) -> None:
        if self._next:
            (method, sdp), self._next = self._next, None
            self.make(method, sdp)
