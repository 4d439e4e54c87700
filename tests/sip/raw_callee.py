"""A far end that we call and that writes every byte itself: responses, requests in the call, whatever the test says."""

from dataclasses import dataclass, field

from tests.sip.far_end import CALLEE, CALLER
from tests.sip.virtual import SDP, Datagram, VirtualNetwork, VirtualTransport
from widget.sip.address import parse_name_addr
from widget.sip.message import Request, Response, parse_message
from widget.sip.transport import Address, MessageTransport

CONTACT = f"Contact: <sip:far@{CALLEE[0]}>"


@dataclass
class RawCallee:
    """Keeps what comes; `tag` is its To tag where a test says no other."""

    network: VirtualNetwork
    address: Address = CALLEE
    tag: str = "far"
    came: list[Request | Response] = field(default_factory=list)
    cseq: int = 0

    def __post_init__(self) -> None:
        VirtualTransport(self.network, self.address, self._receive)

    def _receive(self, data: bytes, _source: Address, _transport: MessageTransport) -> None:
        self.came.append(parse_message(data))

    def run(self, seconds: float = 0.1) -> None:
        self.network.clock.run(seconds)

    def starts(self) -> list[str]:
        """What came, in order: methods, and codes with their method."""
        return [each.method if isinstance(each, Request) else f"{each.code} {each.cseq_method}" for each in self.came]

    def last(self, start: str) -> Request | Response:
        return next(each for name, each in zip(self.starts()[::-1], self.came[::-1], strict=True) if name == start)

    def request(self, method: str) -> Request:
        """The last of this method."""
        found = self.last(method)
        assert isinstance(found, Request)
        return found

    def response(self, start: str) -> Response:
        """The last one like `200 INVITE`."""
        found = self.last(start)
        assert isinstance(found, Response)
        return found

    def reply(
        self, code: int, *lines: str, to: str = "INVITE", tag: str = "", body: str = "", contact: str = CONTACT
    ) -> None:
        """A response to our last request of the method `to`."""
        request = self.request(to)
        remote = request.header("To") if request.to_tag else f"{request.header('To')};tag={tag or self.tag}"
        self._say(
            f"SIP/2.0 {code} As The Test Says",
            *(f"Via: {via}" for via in request.headers.getlist("Via")),
            f"From: {request.header('From')}",
            f"To: {remote}",
            f"CSeq: {request.cseq} {request.method}",
            contact,
            *lines,
            body=body,
        )

    def ask(self, method: str, *lines: str, tag: str = "", cseq: int = 0, body: str = "") -> None:
        """A request of its own in the call; an ACK takes the number of the request before it, others the next."""
        invite = self.request("INVITE")
        self.cseq = cseq or self.cseq + (method != "ACK")
        self._say(
            f"{method} {parse_name_addr(invite.header('Contact')).uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address[0]}:{self.address[1]};branch=z9hG4bK{method}{self.cseq}{tag};rport",
            f"From: {invite.header('To').partition(';tag=')[0]};tag={tag or self.tag}",
            f"To: {invite.header('From')}",
            f"CSeq: {self.cseq} {method}",
            CONTACT,
            *lines,
            body=body,
        )

    def answer(self, *lines: str, body: str = SDP) -> None:
        """200 to the INVITE."""
        self.reply(200, *lines, body=body)

    def _say(self, *lines: str, body: str) -> None:
        about = (f"Call-ID: {self.request('INVITE').call_id}", f"Content-Length: {len(body)}")
        typed = ("Content-Type: application/sdp",) if body else ()
        self.network.send(self.address, CALLER, "\r\n".join((*lines, *about, *typed, "", body)).encode())
        self.run()

    def sent_by_us(self) -> list[Datagram]:
        """Also what went elsewhere."""
        return [each for each in self.network.log if each.source == CALLER]
