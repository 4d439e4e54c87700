from widget.media import dtmf
from widget.simulator.digits import DigitReceiver


def press(digit: str) -> list[bytes]:
    return [dtmf.pack(event) for event in dtmf.press(digit, duration=800, step=160)]


def heard(receiver: DigitReceiver, payloads: list[bytes], *, timestamp: int, ssrc: int = 7) -> list[str]:
    digits = [receiver.hear(ssrc=ssrc, timestamp=timestamp, payload=payload) for payload in payloads]
    return [digit for digit in digits if digit]


def test_the_packets_of_a_press_are_one_digit() -> None:
    assert heard(DigitReceiver(), press("5"), timestamp=1000) == ["5"]


def test_the_same_digit_twice_is_two_digits() -> None:
    receiver = DigitReceiver()
    assert heard(receiver, press("5"), timestamp=1000) == ["5"]
    assert heard(receiver, press("5"), timestamp=2600) == ["5"]


def test_one_packet_of_a_press_is_enough() -> None:
    receiver = DigitReceiver()
    assert heard(receiver, press("#")[-1:], timestamp=1000) == ["#"]
    assert heard(receiver, press("*")[:1], timestamp=2000) == ["*"]


def test_a_new_source_with_the_same_timestamp_is_a_new_press() -> None:
    receiver = DigitReceiver()
    assert heard(receiver, press("1"), timestamp=1000, ssrc=1) == ["1"]
    assert heard(receiver, press("1"), timestamp=1000, ssrc=2) == ["1"]


def test_what_is_no_digit_is_ignored() -> None:
    receiver = DigitReceiver()
    flash = dtmf.pack(dtmf.DtmfEvent(16, duration=160))
    assert heard(receiver, [flash, b"", b"\x01", b"\xff" * 40], timestamp=1000) == []
