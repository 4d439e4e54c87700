import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.media.dtmf import DIGITS, DtmfEvent, digit_to_event, pack, press, unpack

events = st.builds(
    DtmfEvent,
    event=st.integers(0, 255),
    end=st.booleans(),
    volume=st.integers(0, 63),
    duration=st.integers(0, 0xFFFF),
)


@given(event=events)
def test_what_is_packed_is_unpacked(event: DtmfEvent) -> None:
    assert unpack(pack(event)) == event


def test_the_example_of_the_rfc() -> None:
    # RFC 4733 section 2.5.1.2: digit 1, end of event, volume 20, duration 1760.
    assert pack(DtmfEvent(event=1, end=True, volume=20, duration=1760)) == bytes.fromhex("019406e0")


@pytest.mark.parametrize("digit", DIGITS)
def test_digits_and_events_agree(digit: str) -> None:
    assert DtmfEvent(digit_to_event(digit.lower())).digit == digit


@pytest.mark.parametrize("digit", ["", "12", "E", " "])
def test_what_is_no_digit_is_refused(digit: str) -> None:
    with pytest.raises(ValueError, match=r"digit|substring"):
        digit_to_event(digit)


def test_short_payloads_and_other_events() -> None:
    assert unpack(b"\x01\x02\x03") is None
    assert DtmfEvent(16).digit is None


def test_a_press_grows_and_ends_three_times() -> None:
    payloads = press("5", duration=800, step=160)
    assert [event.duration for event in payloads] == [160, 320, 480, 640, 800, 800, 800]
    assert [event.end for event in payloads] == [False] * 4 + [True] * 3
