"""The messages that RFC 4475 and RFC 5118 describe, written anew from their text: what is taken, refused, dropped."""

import pytest

from tests.sip.test_user_agent import THEM, US
from tests.sip.virtual import VirtualNetwork, VirtualTransport, start_agent
from widget.sip.message import MessageError, Request, Response, parse_message
from widget.sip.transport import Address, MessageTransport

HEAD = {
    "Via": "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKt1;rport",
    "From": "<sip:200@192.0.2.2>;tag=them",
    "To": "<sip:100@192.0.2.1>",
    "Call-ID": "torture-1",
    "CSeq": "1 OPTIONS",
    "Max-Forwards": "70",
    "Content-Length": "0",
}


def request(start: str = "OPTIONS sip:100@192.0.2.1 SIP/2.0", *more: str, body: str = "", **changed: str) -> bytes:
    """A good OPTIONS with some headers changed (`_` for `-`, "" leaves it out) and some lines more."""
    head = {**HEAD, **{name.replace("_", "-"): value for name, value in changed.items()}}
    lines = [start, *(f"{name}: {value}" for name, value in head.items() if value), *more]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


TAKEN = {
    "3.1.1.1 a short tortuous INVITE": request(
        "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0",
        "NewFangledHeader:   newfangled value\r\n continued newfangled value",
        "UnknownHeaderWithUnusualValue: ;;,,;;,;",
        "Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>",
        'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =\r\n newvalue ;\r\n  secondparam ; q = 0.33',
        Via="SIP  / 2.0\r\n /UDP\r\n    192.0.2.2;branch=z9hG4bK390skdjuw",
        CSeq="0009\r\n  INVITE",
        From='"J Rosenberg \\\\\\"" <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8',
        To="sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n",
        Max_Forwards="0068",
    ),
    "3.1.1.2 the full range of characters in a method": request(
        "!interesting-0123_*+`.%indeed'~ sip:user@example.com SIP/2.0", CSeq="139122385 !interesting-0123_*+`.%indeed'~"
    ),
    "3.1.1.3 valid use of the percent sign": request(
        "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0", CSeq="1 INVITE"
    ),
    "3.1.1.6 a message with no LWS between display name and <": request(From="caller<sip:caller@example.com>;tag=323"),
    "3.1.1.7 long values": request(From=f'"{"long " * 90}" <sip:a@example.com>;tag={"1" * 200}'),
    "3.1.1.8 extra octets after a datagram": request() + b"\xde\xad\xbe\xef",
    "3.1.1.9 semicolon in the user part": request("OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0"),
    "3.1.1.10 unknown transport in Via": request(Via="SIP/2.0/UNKNOWN t5.example.com;branch=z9hG4bKt1"),
    "5118 4.1 IPv6 in the request URI": request("OPTIONS sip:[2001:db8::10] SIP/2.0"),
    "5118 4.4 port in brackets and not": request("OPTIONS sip:[2001:db8::10:5070] SIP/2.0"),
    "5118 4.5 IPv6 in Via with received": request(
        Via="SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111"
    ),
    "5118 4.7 IPv6 in many places": request(
        "OPTIONS sip:user@[2001:db8::20] SIP/2.0",
        "Contact: <sip:user@[2001:db8::20]>",
        From="<sip:user@[2001:db8::9:1]>;tag=81x2",
    ),
}

REFUSED = {
    "3.1.2.1 extraneous header field separators": request(Via="SIP/2.0/UDP 192.0.2.15;;branch=z9hG4bKt1;,;rport"),
    "3.1.2.2 Content-Length larger than the message": request(Content_Length="9999"),
    "3.1.2.3 negative Content-Length": request(Content_Length="-999"),
    "3.1.2.4 overlarge values": request(CSeq="36893488147419103232 OPTIONS"),
    "3.1.2.6 request URI in angle brackets": request("OPTIONS <sip:user@example.com> SIP/2.0"),
    "3.1.2.7 spaces in the request URI": request("OPTIONS sip:user@example.com; lr SIP/2.0"),
    "3.1.2.8 spaces between the start line's fields": request("OPTIONS  sip:user@example.com  SIP/2.0"),
    "3.1.2.9 spaces at the end of the request line": request("OPTIONS sip:user@example.com SIP/2.0  "),
    "3.1.2.11 unterminated quoted string": request(To='"Mr. J. User <sip:j.user@example.com>'),
    "3.1.2.14 brackets left out around a URI with a comma": request(From="sip:a@example.com, sip:b@x;tag=1"),
    "3.1.2.16 unknown protocol version": request("OPTIONS sip:t.watson@example.org SIP/7.0"),
    "3.1.2.17 start line and CSeq disagree": request(CSeq="8 INVITE"),
    "3.1.2.18 unknown method and CSeq disagree": request("NEWMETHOD sip:user@example.com SIP/2.0"),
    "3.3.8 multiple single headers": request("OPTIONS sip:a@b SIP/2.0", "Call-ID: 2", "From: <sip:x@y>;tag=2"),
    "3.3.9 two Content-Lengths": request("OPTIONS sip:a@b SIP/2.0", "Content-Length: 5"),
    "3.3.1 missing headers": b"OPTIONS sip:user@example.com SIP/2.0\r\nCSeq: 193942 OPTIONS\r\n\r\n",
    "5118 4.2 IPv6 without brackets": request("OPTIONS sip:2001:db8::10 SIP/2.0"),
}

OLD_NAMES = request(From='"M\u00fcller" <sip:200@192.0.2.2>;tag=them', Subject="\u0080").decode().encode("latin-1")
"""From an exchange that writes Latin-1."""

RESPONSES = {
    "3.1.1.12 reason phrase in another script": "SIP/2.0 200 \u65e0\u6cd5",
    "3.1.1.13 no reason phrase": "SIP/2.0 100 ",
}


@pytest.mark.parametrize("data", TAKEN.values(), ids=TAKEN.keys())
def test_unusual_but_valid(data: bytes) -> None:
    assert isinstance(parse_message(data), Request)


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_invalid(data: bytes) -> None:
    with pytest.raises(MessageError):
        parse_message(data)


def test_names_in_latin_1_are_read_and_given_back() -> None:
    message = parse_message(OLD_NAMES)
    assert message.header("From") == '"M\u00fcller" <sip:200@192.0.2.2>;tag=them'
    assert (message.from_tag, message.header("Subject")) == ("them", "\ufffd")


@pytest.mark.parametrize("name", ["Call-ID", "CSeq", "Max-Forwards"])
def test_nothing_that_tells_messages_apart_is_latin_1(name: str) -> None:
    value = HEAD[name]
    with pytest.raises(MessageError):
        parse_message(OLD_NAMES.replace(f"{name}: {value}".encode(), f"{name}: {value}\u00e9".encode("latin-1")))


@pytest.mark.parametrize("start", RESPONSES.values(), ids=RESPONSES.keys())
def test_unusual_responses(start: str) -> None:
    assert isinstance(parse_message(request(start)), Response)


@pytest.mark.parametrize("start", ["SIP/2.0 4294967301 better not break", "SIP/2.0 000 x"])
def test_overlarge_response_code(start: str) -> None:
    with pytest.raises(MessageError):
        parse_message(request(start))


class Sender:
    """Sends raw bytes and keeps the codes that come back."""

    def __init__(self, network: VirtualNetwork) -> None:
        self.codes: list[int] = []
        self.network = network
        VirtualTransport(network, THEM, self._receive)

    def _receive(self, data: bytes, _source: Address, _transport: MessageTransport) -> None:
        message = parse_message(data)
        assert isinstance(message, Response)
        self.codes.append(message.code)

    def send(self, data: bytes) -> list[int]:
        self.network.send(THEM, US, data)
        self.network.clock.run(0.1)
        return self.codes


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (REFUSED["3.1.2.2 Content-Length larger than the message"], 400),
        (REFUSED["3.1.2.6 request URI in angle brackets"], 400),
        (REFUSED["3.1.2.16 unknown protocol version"], 505),
        (request("OPTIONS nobodyknowsthisscheme:totallyopaquecontent SIP/2.0"), 416),
        (request("OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"), 416),
        (request("OPTIONS urn:service:sos SIP/2.0"), 416),
        (request("OPTIONS sip:a@b:99999 SIP/2.0"), 400),
    ],
)
def test_peer_is_told_what_it_sent(network: VirtualNetwork, data: bytes, code: int) -> None:
    start_agent(network, US, admits=lambda host: host == THEM[0])
    assert Sender(network).send(data) == [code]


@pytest.mark.parametrize(
    "data",
    [
        REFUSED["3.3.8 multiple single headers"],
        REFUSED["3.3.1 missing headers"],
        REFUSED["3.1.2.4 overlarge values"],
        request("ACK <sip:user@example.com> SIP/2.0", CSeq="1 ACK"),
        request("SIP/2.0 9999 x"),
        b"\x00\x01\x02 not SIP at all\r\n\r\n",
    ],
)
def test_what_names_no_sender_gets_no_answer(network: VirtualNetwork, data: bytes) -> None:
    start_agent(network, US, admits=lambda host: host == THEM[0])
    assert Sender(network).send(data) == []


def test_strangers_are_told_nothing(network: VirtualNetwork) -> None:
    start_agent(network, US)
    assert Sender(network).send(REFUSED["3.1.2.6 request URI in angle brackets"]) == []
