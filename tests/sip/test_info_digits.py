"""Digits by INFO, both ways, and what is no digit."""

import pytest

from tests.sip.far_end import TRUNK, Pair
from tests.sip.test_torture import request
from tests.sip.virtual import SDP, VirtualNetwork
from widget.sip.events import Confirmed, DigitReceived
from widget.sip.info_digits import read_digit
from widget.sip.message import Request, parse_message
from widget.sip.outgoing import OutgoingCall


@pytest.fixture
def pair(network: VirtualNetwork) -> Pair:
    return Pair(network)


def talking(pair: Pair) -> OutgoingCall:
    call = pair.caller.call(TRUNK)
    pair.run()
    pair.call.answer(SDP)
    pair.run()
    return call


def test_digits_arrive_in_order(pair: Pair) -> None:
    call = talking(pair)
    for digit in "1*#d":
        call.send_dtmf(digit, 160)
    pair.run(1)
    assert pair.events == [Confirmed(), *(DigitReceived(digit, 160) for digit in "1*#D")]
    pair.call.send_dtmf("9")
    pair.run(1)
    assert pair.caller.events[-1] == DigitReceived("9", 250)


def test_a_digit_is_not_lost_with_its_datagram(pair: Pair) -> None:
    call = talking(pair)
    seen: list[str] = []

    def judge(datagram: object) -> int:
        seen.append(getattr(datagram, "start", ""))
        return 0 if seen.count("INFO") == 1 and seen[-1] == "INFO" else 1

    pair.network.judge = judge
    call.send_dtmf("5")
    call.send_dtmf("6")
    pair.run(5)
    assert [event.digit for event in pair.events if isinstance(event, DigitReceived)] == ["5", "6"]


def test_a_far_end_that_takes_none_stops_nothing(pair: Pair) -> None:
    call = talking(pair)
    pair.call.hang_up()
    call.send_dtmf("5")
    pair.run(100)
    assert not pair.network.clock.pending


@pytest.mark.parametrize(("digit", "duration_ms"), [("", 100), ("55", 100), ("x", 100), ("5", 0), ("5", 10_001)])
def test_what_is_no_digit_is_refused(pair: Pair, digit: str, duration_ms: int) -> None:
    call = talking(pair)
    with pytest.raises(ValueError, match="digit"):
        call.send_dtmf(digit, duration_ms)


@pytest.mark.parametrize(
    ("kind", "body", "digit"),
    [
        ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", DigitReceived("5", 160)),
        ("application/dtmf-relay", "signal= 10 \nDuration= 99999", DigitReceived("*", 10_000)),
        ("Application/DTMF-Relay; charset=utf-8", "Signal=#", DigitReceived("#", 250)),
        ("application/dtmf", "a", DigitReceived("A", 250)),
        ("application/dtmf", "55", None),
        ("application/dtmf-relay", "Signal=x", None),
        ("application/dtmf-relay", "Signal=55", None),
        ("text/plain", "5", None),
    ],
)
def test_reading(kind: str, body: str, digit: DigitReceived | None) -> None:
    text = request("OPTIONS sip:a@b SIP/2.0", f"Content-Type: {kind}")
    message = parse_message(text.replace(b"Content-Length: 0\r\n", b"") + body.encode())
    assert isinstance(message, Request)
    assert read_digit(message) == digit
