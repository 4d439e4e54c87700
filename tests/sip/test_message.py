"""Parser hardening: what the library lets through, and what it refuses wrongly."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.sip.compose import encode
from widget.sip.message import (
    MAX_HEAD_BYTES,
    MAX_HEADERS,
    MAX_LINE_LENGTH,
    MessageError,
    Request,
    Response,
    parse_message,
)

HEADERS = {
    "Via": "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport",
    "From": '"A, <B>" <sip:a@b.example>;tag=from-1',
    "To": "<sip:c@d.example>",
    "Call-ID": "call-1@host",
    "CSeq": "1 INVITE",
    "Max-Forwards": "70",
    "Content-Length": "4",
}


def message(
    *extra: str, start: str = "INVITE sip:c@d.example SIP/2.0", body: str = "body", **changed: str | None
) -> bytes:
    """A good request, with changed or removed headers (names with _ for -) and further lines."""
    headers: dict[str, str | None] = dict(HEADERS)
    for name, value in changed.items():
        headers[name.replace("_", "-")] = value
    lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([start, *lines, *extra, "", body]).encode()


def test_good_request() -> None:
    parsed = parse_message(message())
    assert isinstance(parsed, Request)
    assert (parsed.method, parsed.uri, parsed.body) == ("INVITE", "sip:c@d.example", b"body")
    assert (parsed.call_id, parsed.from_tag, parsed.to_tag, parsed.cseq) == ("call-1@host", "from-1", "", 1)
    assert (parsed.via.branch, parsed.via.wants_rport, parsed.via.sent_by) == ("z9hG4bKabc", True, "192.0.2.1:5060")


@pytest.mark.parametrize(("start", "phrase"), [("SIP/2.0 200 OK", "OK"), ("SIP/2.0 200 ", ""), ("SIP/2.0 200", "")])
def test_good_response(start: str, phrase: str) -> None:
    parsed = parse_message(message(start=start))
    assert isinstance(parsed, Response)
    assert (parsed.code, parsed.phrase) == (200, phrase)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"INVITE sip:c@d.example SIP/2.0\r\n",
        message("From: <sip:x@y.example>;tag=2"),
        message("f: <sip:x@y.example>;tag=2"),
        message("To: <sip:x@y.example>"),
        message("Call-ID: other"),
        message("i: other"),
        message("CSeq: 2 INVITE"),
        message("Content-Length: 4"),
        message("l: 3"),
        message("Content-Length : 3"),
        message("Max-Forwards: 70"),
        message("X: a\rb"),
        message("X: a\nb"),
        message("X: a\0b"),
        message("X: a\x1bb"),
        message("no colon"),
        message(": no name"),
        message("Bad Name: x"),
        message(From=None),
        message(To=None),
        message(Via=None),
        message(Call_ID=None),
        message(CSeq=None),
        message(CSeq="1099511627776 INVITE"),
        message(CSeq="2147483648 INVITE"),
        message(CSeq="1 BYE"),
        message(CSeq="-1 INVITE"),
        message(CSeq="2_4 INVITE"),
        message(CSeq="٤٢ INVITE"),
        message(CSeq="1INVITE"),
        message(CSeq="1"),
        message(Content_Length="5"),
        message(Content_Length="-1"),
        message(Content_Length="2_4"),
        message(Content_Length="٤"),
        message(Content_Length="4 4"),
        message(Content_Length=""),
        message(Max_Forwards="7_0"),
        message("Expires: 1_0"),
        message(Call_ID="a b"),
        message(Call_ID=""),
        message(Call_ID="é"),
        message(Via="SIP/2.0/UDP 192.0.2.1:99999;branch=z9hG4bKabc"),
        message(Via="SIP/2.0/UDP 192.0.2.1:0;branch=z9hG4bKabc"),
        message(Via="SIP/2.0/UDP 192.0.2.1:5_0;branch=z9hG4bKabc"),
        message(Via="SIP/2.0/UDP"),
        message(Via="SIP/2.0/UDP 192.0.2.1;branch=a;branch=b"),
        message(From="<sip:a@b.example>;tag=1;tag=2"),
        message(From="<sip:a@b.example>;tag=a b"),
        message(From='"open <sip:a@b.example>;tag=1'),
        message(From="sip:a b@c.example"),
        message(start="INVITE sip:c@d.example:99999 SIP/2.0"),
        message(start="INVITE sip:c@d.example:5_0 SIP/2.0"),
        message(start="INVITE  sip:c@d.example SIP/2.0"),
        message(start="INVITE sip:c d@e.example SIP/2.0"),
        message(start="INVITE sip:c@d.example SIP/3.0"),
        message(start="INVITE sip:c@d.example HTTP/1.1"),
        message(start="IN<ITE sip:c@d.example SIP/2.0"),
        message(start="INVITE http://d.example SIP/2.0"),
        message(start="SIP/2.0 20 OK"),
        message(start="SIP/2.0 2000 OK"),
        message(start="SIP/2.0 ٢٠٠ OK"),
        message(start="SIP/2.0 700 OK"),
        message("X: " + "a" * MAX_LINE_LENGTH),
        message(*["X: a"] * MAX_HEADERS),
        message(*["X: " + "a" * 4000] * (MAX_HEAD_BYTES // 4000 + 1)),
        message(body="b" * 70_000, Content_Length="70000"),
    ],
)
def test_rejected(data: bytes) -> None:
    with pytest.raises(MessageError):
        parse_message(data)


@pytest.mark.parametrize(
    "data",
    [
        message(Content_Length=None),
        message(Content_Length="2"),
        message(Max_Forwards=None),
        message(From="sip:a@b.example;tag=x"),
        message(From="A B <sip:a@b.example>;tag=x"),
        message(From="<tel:+12025550100>;tag=x"),
        message(To="<sip:c@pbx1>"),
        message(start="INVITE sip:c@pbx1:5070;transport=udp SIP/2.0"),
        message(start="INVITE sip:c@[::1]:5070 SIP/2.0"),
        message(Via="SIP / 2.0 / UDP pbx-1:5060 ;branch=z9hG4bKabc"),
        message(Via="SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKabc"),
        message("Subject: folded", " here", "\tand there"),
        message("Subject : spaced"),
        message("Subject:"),
        message("X-Name: ünïcode"),
    ],
)
def test_accepted(data: bytes) -> None:
    assert parse_message(data)


def test_body_ends_where_content_length_says() -> None:
    assert parse_message(message(Content_Length="2")).body == b"bo"


def test_compact_names_are_the_long_ones() -> None:
    parsed = parse_message(message("m: <sip:x@y.example>", "c: application/sdp", "k: 100rel"))
    assert parsed.header("Contact") == "<sip:x@y.example>"
    assert parsed.sdp == "body"
    assert parsed.tokens("Supported") == ("100rel",)


@pytest.mark.parametrize(
    "header",
    [
        'Contact: "' + 'a" <sip:' * 500,
        "From: " + "<" * 4000,
        "Via: " + "SIP/2.0/UDP " + "a." * 1900,
        "Via: SIP/2.0/UDP a" + ";a=b" * 1000,
        'To: "' + '\\"' * 1900,
        "To: <sip:" + "a-" * 1900 + ">",
        "Route: " + "<sip:a@b>," * 400,
    ],
)
def test_worst_input_costs_little(header: str) -> None:
    name, _, value = header.partition(": ")
    data = message(header) if name in {"Contact", "Route"} else message(**{name: value})
    before = time.process_time()
    for _ in range(5):
        try:
            parse_message(data)
        except MessageError:
            continue
    assert time.process_time() - before < 0.25


@given(st.binary(max_size=400))
def test_noise_is_rejected_and_nothing_else(data: bytes) -> None:
    with pytest.raises(MessageError):
        parse_message(data)


@given(st.integers(0, 600), st.integers(0, 40), st.binary(max_size=12))
def test_damaged_messages_parse_or_are_rejected(position: int, removed: int, inserted: bytes) -> None:
    good = message("Contact: <sip:a@192.0.2.1>", "Record-Route: <sip:p.example;lr>", "Require: x")
    damaged = good[:position] + inserted + good[position + removed :]
    try:
        parsed = parse_message(damaged)
    except MessageError:
        return
    assert parsed.call_id


def test_no_line_break_leaves_in_a_header() -> None:
    with pytest.raises(MessageError):
        encode("BYE sip:a SIP/2.0", [("Reason", "x\r\nEvil: y")], "")
