"""URIs of our own making, and those of others."""

import pytest

from widget.sip.address import parse_name_addr, split_value
from widget.sip.trunk import Transport
from widget.sip.uri import (
    Hop,
    InvalidUriError,
    dialled_uri,
    hop_to,
    host_port,
    is_loose_router,
    parse_uri,
    user_uri,
    without_headers,
)


@pytest.mark.parametrize(
    ("number", "host", "port", "uri"),
    [
        ("+12025550100", "carrier.example", 5060, "sip:+12025550100@carrier.example"),
        ("*31#100", "192.0.2.2", 5070, "sip:*31%23100@192.0.2.2:5070"),
        ("100", "2001:db8::1", 5060, "sip:100@[2001:db8::1]"),
    ],
)
def test_dialled_uri(number: str, host: str, port: int, uri: str) -> None:
    assert dialled_uri(number, host, port) == uri
    assert parse_uri(uri).user == number


@pytest.mark.parametrize(
    "number", ["", "+", "++1", "1;a", "1@b", "1%41", "1<", "1>", "1 2", "1\n", "\u0661", "1" * 21, "a"]
)
def test_number_that_is_none(number: str) -> None:
    with pytest.raises(InvalidUriError):
        dialled_uri(number, "h.example", 5060)


@pytest.mark.parametrize("user", ["a b", 'a"b', "a>b", "a@b", "a;b", "a\r\nb", "é", "%"])
def test_hostile_callers_are_escaped(user: str) -> None:
    uri = user_uri(user, "192.0.2.1")
    assert parse_uri(uri).user == user
    assert not set(uri) & set(' "<>;\r\n')


@pytest.mark.parametrize(
    ("text", "hop"),
    [
        ("sip:a@192.0.2.1", Hop("192.0.2.1", 5060, Transport.UDP)),
        ("sip:a@192.0.2.1:5070;transport=UDP", Hop("192.0.2.1", 5070, Transport.UDP)),
        ("sip:a@h.example;transport=tcp", Hop("h.example", 0, Transport.TCP)),
        ("sip:a@h.example;transport=tls", Hop("h.example", 0, Transport.TLS)),
        ("sips:a@h.example", Hop("h.example", 0, Transport.TLS)),
        ("sip:a@[2001:db8::1]:5070", Hop("2001:db8::1", 5070, Transport.UDP)),
        ("sip:a@pbx1:5070", Hop("pbx1", 5070, Transport.UDP)),
        ("sip:pbx-1.lab2", Hop("pbx-1.lab2", 0, Transport.UDP)),
        ("sip:a@h.example;maddr=192.0.2.9", Hop("192.0.2.9", 5060, Transport.UDP)),
        ("sip:a@[::ffff:192.0.2.1]:5070", Hop("192.0.2.1", 5070, Transport.UDP)),
        ("sip:*31#@192.0.2.1", Hop("192.0.2.1", 5060, Transport.UDP)),
        ("sip:192.0.2.1:5070;lr;ftag=1;vsf=AAA/=;Transport=TCP", Hop("192.0.2.1", 5070, Transport.TCP)),
        ("sip:a@192.0.2.1;x={y}|z;;?Subject=1", Hop("192.0.2.1", 5060, Transport.UDP)),
    ],
)
def test_next_hop(text: str, hop: Hop) -> None:
    assert hop_to(text) == hop


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:a@",
        "sip:a@b c",
        "sip:a@b:0",
        "sip:a@b:65536",
        "http:a",
        "sip:a@-b1",
        "sip:a@b1-",
        "sip:a@b..c1",
        "sip:é@b",
        "sip:a@" + "b" * 2000,
    ],
)
def test_uri_that_is_none(text: str) -> None:
    with pytest.raises(InvalidUriError):
        parse_uri(text)


@pytest.mark.parametrize(
    "text",
    ["tel:+12025550100", "", "sip:", "sip:a@", "sip:a@b:0", "sip:a@b:65536", "sip:a@[::g]", "sip:a@1.2.3", "urn:x:y"],
)
def test_uri_that_leads_nowhere(text: str) -> None:
    with pytest.raises(InvalidUriError):
        hop_to(text)


@pytest.mark.parametrize("text", ["sip:a;lr", "sip:a;LR", "sip:a;x=1;lr=on;y", "sip:a:5070;lr?x", "sip:u@[::1];lr"])
def test_loose_router(text: str) -> None:
    assert is_loose_router(text)
    assert not is_loose_router(text.replace("lr", "clr").replace("LR", "lrx"))


def test_a_request_uri_has_no_headers() -> None:
    assert without_headers("sip:a?b@h.example;x?Replaces=1") == "sip:a?b@h.example;x"
    assert without_headers("sip:a?b@h.example;x") == "sip:a?b@h.example;x"


def test_default_port_is_left_out() -> None:
    assert host_port("h.example", 5060) == "h.example"
    assert host_port("::1", 5061) == "[::1]:5061"


def test_lists_of_addresses_split_outside_quotes_and_brackets() -> None:
    first, second, third = split_value('"A, \\", <B>" <sip:a,1@b.example>;x="1,2", <sip:c@d.example>,sip:e@f.example')
    assert parse_name_addr(first).name == 'A, ", <B>'
    assert parse_name_addr(first).uri == "sip:a,1@b.example"
    assert parse_name_addr(second).uri == "sip:c@d.example"
    assert parse_name_addr(third).uri == "sip:e@f.example"
