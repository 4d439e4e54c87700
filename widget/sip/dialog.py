"""Dialogs (RFC 3261 section 12): what both sides remember, and the requests that are made from it."""

from dataclasses import dataclass, field
from typing import NamedTuple

from widget.sip.address import InvalidAddressError, parse_name_addr, split_values
from widget.sip.compose import MAX_FORWARDS, HeaderList, OutgoingRequest
from widget.sip.message import Message, Request, Response
from widget.sip.trunk import Transport
from widget.sip.uri import Hop, InvalidUriError, hop_to, is_loose_router, without_headers


class DialogId(NamedTuple):
    """Forks of one INVITE differ in the remote tag only."""

    call_id: str
    local_tag: str
    remote_tag: str


@dataclass(slots=True)
class Dialog:
    """One dialog. `local` and `remote` are the From and To values of our requests, tags included."""

    id: DialogId
    local: str
    remote: str
    target: str
    routes: tuple[str, ...]
    local_cseq: int
    remote_cseq: int = -1
    proxied: Hop | None = field(default=None)
    """Where the INVITE went or came from: there go requests when the far end gave no usable Contact."""

    @classmethod
    def of_client(cls, request: OutgoingRequest, response: Response, hop: Hop) -> "Dialog":
        """From a response to our INVITE: the route set is Record-Route reversed (section 12.1.2)."""
        return cls(
            DialogId(response.call_id, response.from_tag, response.to_tag),
            local=request.value("From"),
            remote=response.header("To"),
            target=usable_contact(response) or request.uri,
            routes=tuple(reversed(record_routes(response))),
            local_cseq=response.cseq,
            proxied=hop,
        )

    @classmethod
    def of_server(cls, request: Request, to_tag: str, source: Hop) -> "Dialog":
        """From an INVITE that came in: the route set is Record-Route in order (section 12.1.1)."""
        return cls(
            DialogId(request.call_id, to_tag, request.from_tag),
            local=f"{request.header('To')};tag={to_tag}",
            remote=request.header("From"),
            target=usable_contact(request) or parse_name_addr(request.header("From")).uri,
            routes=tuple(record_routes(request)),
            local_cseq=0,
            remote_cseq=request.cseq,
            proxied=source,
        )

    def next_request(self, method: str, headers: HeaderList = (), body: str = "") -> OutgoingRequest:
        """A request with the next CSeq."""
        self.local_cseq += 1
        return self.request(method, self.local_cseq, headers, body)

    def request(self, method: str, cseq: int, headers: HeaderList = (), body: str = "") -> OutgoingRequest:
        """A request in this dialog (section 12.2.1.1); ACK and CANCEL take an earlier CSeq."""
        uri, routes = self.path()
        return OutgoingRequest(
            method,
            uri,
            (
                *(("Route", route) for route in routes),
                MAX_FORWARDS,
                ("From", self.local),
                ("To", self.remote),
                ("Call-ID", self.id.call_id),
                ("CSeq", f"{cseq} {method}"),
                *headers,
            ),
            body,
        )

    def path(self) -> tuple[str, tuple[str, ...]]:
        """The request URI and the Route values; a strict router of RFC 2543 gets itself as request URI."""
        if not self.routes:
            return self.target, ()
        first = parse_name_addr(self.routes[0]).uri
        if is_loose_router(first):
            return self.target, self.routes
        return first, (*self.routes[1:], f"<{self.target}>")

    def next_hop(self) -> Hop:
        """Where requests of this dialog are sent."""
        first = parse_name_addr(self.routes[0]).uri if self.routes else self.target
        try:
            return hop_to(first, self.proxied.transport if self.proxied else Transport.UDP)
        except InvalidUriError:
            if self.proxied is None:
                raise
            return self.proxied

    def takes(self, request: Request) -> bool:
        """Check and keep the order of the far end's requests (section 12.2.2)."""
        if request.cseq <= self.remote_cseq:
            return False
        self.remote_cseq = request.cseq
        return True

    def confirm(self, response: Response) -> None:
        """The 2xx that makes an early dialog a real one; some proxies leave Record-Route out of provisionals only."""
        self.refresh_target(response)
        self.routes = tuple(reversed(record_routes(response)))

    def refresh_target(self, message: Message) -> None:
        """A re-INVITE, or its answer, may move the far end (section 12.2.1.2)."""
        self.target = usable_contact(message) or self.target


def usable_contact(message: Message) -> str:
    """The URI of the first Contact, "" when there is none that we could send to."""
    try:
        values = split_values(message.headers.getlist("Contact"))
        if not values:
            return ""
        uri = without_headers(parse_name_addr(values[0]).uri)
        hop_to(uri)
    except (InvalidAddressError, InvalidUriError):
        return ""
    return uri


def record_routes(message: Message) -> list[str]:
    """The Record-Route values, none when one of them cannot be used: half a route set leads nowhere."""
    try:
        values = split_values(message.headers.getlist("Record-Route"))
        for value in values:
            hop_to(parse_name_addr(value).uri)
    except (InvalidAddressError, InvalidUriError):
        return []
    return values


def id_at_server(request: Request) -> DialogId:
    """The dialog that a request of the far end belongs to."""
    return DialogId(request.call_id, request.to_tag, request.from_tag)
