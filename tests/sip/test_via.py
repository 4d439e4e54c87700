"""Where responses go: never to where a sender's own `received` points."""

import pytest

from widget.sip.address import InvalidAddressError
from widget.sip.via import parse_via, read_branch, response_address, stamp_source

SOURCE = ("203.0.113.9", 4321)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport", SOURCE),
        ("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;rport=1;received=198.51.100.7", SOURCE),
        ("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;received=198.51.100.7", ("203.0.113.9", 5070)),
        ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1;maddr=198.51.100.7", ("203.0.113.9", 5060)),
    ],
)
def test_responses_go_back_to_the_source(text: str, target: tuple[str, int]) -> None:
    assert response_address(parse_via(text), SOURCE) == target


def test_received_and_rport_are_ours() -> None:
    top = "SIP/2.0/UDP 192.0.2.1:5070;received=198.51.100.7;branch=z9hG4bK1;rport=1;x"
    values = [f"{top}, SIP/2.0/UDP second.example", "SIP/2.0/UDP third.example"]
    assert stamp_source(values, parse_via(top), SOURCE) == [
        "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;x;received=203.0.113.9;rport=4321",
        "SIP/2.0/UDP second.example",
        "SIP/2.0/UDP third.example",
    ]


@pytest.mark.parametrize(
    "text", ["", "UDP a", "SIP/2.0/UDP a b", "SIP/2.0/UDP a;", "SIP/2.0/UDP a;=b", "SIP/1.0/UDP a"]
)
def test_no_via(text: str) -> None:
    with pytest.raises(InvalidAddressError):
        parse_via(text)


@pytest.mark.parametrize(
    "text", ["SIP/2.0/UDP a;branch=z9hG4bK1;rport", "SIP/2.0/TLS [::1]:5 ; received=b ; Branch = z9hG4bK1 ;x"]
)
def test_the_branch_of_a_response(text: str) -> None:
    assert read_branch(text) == "z9hG4bK1"


@pytest.mark.parametrize("text", ["", "SIP/2.0/UDP a;rport", "SIP/2.0/UDP a;branch=z9hG4bK1;branch=z9hG4bK2"])
def test_a_response_without_a_branch_of_its_own(text: str) -> None:
    with pytest.raises(InvalidAddressError):
        read_branch(text)
