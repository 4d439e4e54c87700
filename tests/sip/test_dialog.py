"""Route sets, remote targets and CSeq (RFC 3261 section 12)."""

import pytest

from widget.sip.compose import OutgoingRequest
from widget.sip.dialog import Dialog, DialogId, id_at_server
from widget.sip.message import Request, Response, parse_message
from widget.sip.trunk import Transport
from widget.sip.uri import Hop

TRUNK = Hop("192.0.2.2", 5060, Transport.UDP)
INVITE = OutgoingRequest(
    "INVITE",
    "sip:100@192.0.2.2",
    (("From", "<sip:200@192.0.2.1>;tag=us"), ("To", "<sip:100@192.0.2.2>"), ("Call-ID", "c"), ("CSeq", "3 INVITE")),
)
COMMON = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nCall-ID: c\r\n"


def answer(*lines: str, to_tag: str = "them") -> Response:
    head = f"{COMMON}From: <sip:200@192.0.2.1>;tag=us\r\nTo: <sip:100@192.0.2.2>;tag={to_tag}\r\nCSeq: 3 INVITE\r\n"
    parsed = parse_message(
        f"SIP/2.0 200 OK\r\n{head}{''.join(line + chr(13) + chr(10) for line in lines)}\r\n".encode()
    )
    assert isinstance(parsed, Response)
    return parsed


def asked(method: str, cseq: int, *lines: str, to_tag: str = "") -> Request:
    tag = f";tag={to_tag}" if to_tag else ""
    head = f"{COMMON}From: <sip:100@192.0.2.2>;tag=them\r\nTo: <sip:200@192.0.2.1>{tag}\r\nCSeq: {cseq} {method}\r\n"
    text = f"{method} sip:200@192.0.2.1 SIP/2.0\r\n{head}{''.join(line + chr(13) + chr(10) for line in lines)}\r\n"
    parsed = parse_message(text.encode())
    assert isinstance(parsed, Request)
    return parsed


def routes_of(request: OutgoingRequest) -> list[str]:
    return [value for name, value in request.headers if name == "Route"]


ROUTES = ("Record-Route: <sip:far.example;lr>, <sip:mid.example;lr>", "Record-Route: <sip:192.0.2.7:5070;lr>")
CONTACT = "Contact: <sip:dev@192.0.2.9:5090>"


def test_caller_reverses_the_route_set_and_aims_at_the_contact() -> None:
    dialog = Dialog.of_client(INVITE, answer(CONTACT, *ROUTES), TRUNK)
    bye = dialog.next_request("BYE")
    assert dialog.id == DialogId("c", "us", "them")
    assert bye.uri == "sip:dev@192.0.2.9:5090"
    assert routes_of(bye) == ["<sip:192.0.2.7:5070;lr>", "<sip:mid.example;lr>", "<sip:far.example;lr>"]
    assert dialog.next_hop() == Hop("192.0.2.7", 5070, Transport.UDP)
    assert (bye.value("From"), bye.value("To")) == ("<sip:200@192.0.2.1>;tag=us", "<sip:100@192.0.2.2>;tag=them")
    assert bye.value("CSeq") == "4 BYE"


def test_ack_takes_the_cseq_of_its_invite() -> None:
    dialog = Dialog.of_client(INVITE, answer(CONTACT), TRUNK)
    assert dialog.request("ACK", 3).value("CSeq") == "3 ACK"
    assert dialog.next_hop() == Hop("192.0.2.9", 5090, Transport.UDP)


def test_callee_keeps_the_route_set_in_order() -> None:
    dialog = Dialog.of_server(asked("INVITE", 7, CONTACT, *ROUTES), "us", TRUNK)
    bye = dialog.next_request("BYE")
    assert routes_of(bye) == ["<sip:far.example;lr>", "<sip:mid.example;lr>", "<sip:192.0.2.7:5070;lr>"]
    assert dialog.id == DialogId("c", "us", "them")
    assert (bye.value("From"), bye.value("CSeq")) == ("<sip:200@192.0.2.1>;tag=us", "1 BYE")


def test_strict_router_becomes_the_request_uri() -> None:
    dialog = Dialog.of_client(
        INVITE, answer(CONTACT, "Record-Route: <sip:far.example;lr>, <sip:strict.example>"), TRUNK
    )
    bye = dialog.next_request("BYE")
    assert bye.uri == "sip:strict.example"
    assert routes_of(bye) == ["<sip:far.example;lr>", "<sip:dev@192.0.2.9:5090>"]
    assert dialog.next_hop().host == "strict.example"


@pytest.mark.parametrize("lines", [(), ("Contact: *",), ("Contact: <sip:x@h:99999>",), ("Contact: <tel:+1>",)])
def test_unusable_contact_falls_back_to_where_the_invite_went(lines: tuple[str, ...]) -> None:
    dialog = Dialog.of_client(INVITE, answer(*lines), TRUNK)
    assert dialog.next_request("BYE").uri == INVITE.uri
    assert dialog.next_hop() == TRUNK


def test_far_requests_must_come_in_order() -> None:
    dialog = Dialog.of_server(asked("INVITE", 7, CONTACT), "us", TRUNK)
    assert not dialog.takes(asked("BYE", 7, to_tag="us"))
    assert dialog.takes(asked("INVITE", 9, to_tag="us"))
    assert not dialog.takes(asked("BYE", 8, to_tag="us"))
    assert id_at_server(asked("BYE", 10, to_tag="us")) == dialog.id


def test_reinvite_moves_the_target_but_not_the_route() -> None:
    dialog = Dialog.of_client(INVITE, answer(CONTACT, *ROUTES), TRUNK)
    routes = dialog.routes
    dialog.refresh_target(asked("INVITE", 1, "Contact: <sip:new@192.0.2.10>", to_tag="us"))
    dialog.refresh_target(asked("INVITE", 2, to_tag="us"))
    assert dialog.target == "sip:new@192.0.2.10"
    assert dialog.routes == routes


def test_forks_are_different_dialogs() -> None:
    one = Dialog.of_client(INVITE, answer(CONTACT, to_tag="one"), TRUNK)
    two = Dialog.of_client(INVITE, answer(CONTACT, to_tag="two"), TRUNK)
    assert one.id != two.id
