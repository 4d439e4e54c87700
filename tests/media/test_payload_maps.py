"""Which payload goes where, and what becomes of it on the way."""

from typing import Any

import pytest

from widget.media.dtmf import DtmfEvent, pack, unpack
from widget.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from widget.media.relay.payloads import Route, heard_encoding, towards_browser, towards_carrier
from widget.media.relay.protocol import SetCarrier

BROWSER = {"PCMU": 0, "PCMA": 8, "telephone-event": 126}
CHROMIUM = {"opus": 111, "G722": 9, "CN": 13, "telephone-event/48000": 110} | BROWSER
NUMBERS = {"PCMU": 0, "PCMA": 8, "G722": 9, "opus": 107}
ALL = bytes(range(256))


def terms(codec: str, *, dtmf: int | None = 101, **more: Any) -> SetCarrier:
    return SetCarrier(
        leg=1,
        host="192.0.2.1",
        port=4000,
        codec=codec,
        dtmf_payload_type=dtmf,
        sends=True,
        receives=True,
        **{"payload_type": NUMBERS[codec], "clock_rate": 48000 if codec == "opus" else 8000, **more},
    )


def opus(**more: Any) -> SetCarrier:
    return terms("opus", **{"dtmf_clock_rate": 48000, **more})


def converted(route: Route, payload: bytes = ALL) -> bytes:
    assert route[1] is not None
    return route[1](payload)


def test_the_same_codec_passes_as_it_is() -> None:
    table = towards_carrier(BROWSER, terms("PCMU"))
    assert table[0] == (0, None)
    assert table[0x80] == (0x80, None)
    assert converted(table[8]) == ALL.translate(ALAW_TO_ULAW)


@pytest.mark.parametrize("codec", ["opus", "G722"])
def test_wide_band_passes_as_it_is_and_nothing_is_made_of_it(codec: str) -> None:
    agreed = terms(codec)
    assert towards_carrier(CHROMIUM, agreed)[CHROMIUM[codec]] == (NUMBERS[codec], None)
    assert towards_browser(CHROMIUM, agreed)[NUMBERS[codec]] == (CHROMIUM[codec], None)
    assert 0 not in towards_carrier(CHROMIUM, agreed)
    assert heard_encoding(CHROMIUM, agreed) == codec


def test_telephone_events_are_mapped_both_ways() -> None:
    assert towards_carrier(BROWSER, terms("PCMA"))[126 | 0x80] == (101 | 0x80, None)
    assert towards_browser(BROWSER, terms("PCMA"))[101] == (126, None)


def test_telephone_events_of_the_audios_clock_rate_pass_as_they_are() -> None:
    assert towards_carrier(CHROMIUM, opus())[110] == (101, None)
    assert towards_browser(CHROMIUM, opus())[101] == (110, None)
    assert towards_browser(CHROMIUM, terms("G722"))[101] == (126, None)


def test_durations_of_digits_follow_the_clock_rate() -> None:
    table = towards_carrier(CHROMIUM, opus(dtmf_clock_rate=8000))
    digit = unpack(converted(table[110], pack(DtmfEvent(5, end=True, duration=4800))))
    assert digit == DtmfEvent(5, end=True, duration=800)
    back = towards_browser(CHROMIUM, opus(dtmf_clock_rate=8000))[101]
    assert unpack(converted(back, pack(DtmfEvent(5, duration=800)))) == DtmfEvent(5, duration=4800)
    longest = unpack(converted(back, pack(DtmfEvent(5, duration=60_000))))
    assert longest == DtmfEvent(5, duration=0xFFFF)
    assert converted(back, b"short") == b"short"


def test_without_telephone_events_on_one_side_there_are_none() -> None:
    assert 126 not in towards_carrier(BROWSER, terms("PCMA", dtmf=None))
    assert 101 not in towards_browser({"PCMU": 0}, terms("PCMU"))


def test_the_browser_gets_the_carriers_codec_where_it_takes_it() -> None:
    assert towards_browser(BROWSER, terms("PCMA"))[8] == (8, None)
    assert converted(towards_browser({"PCMU": 0}, terms("PCMA"))[8]) == ALL.translate(ALAW_TO_ULAW)
    assert towards_browser({"PCMU": 0}, terms("PCMA"))[8][0] == 0
    assert converted(towards_browser({"PCMA": 8}, terms("PCMU"))[0]) == ALL.translate(ULAW_TO_ALAW)


def test_the_carrier_may_send_under_our_numbers_instead_of_its_own() -> None:
    agreed = opus(payload_type=120, heard_payload_type=107, dtmf=99, heard_dtmf_payload_type=102)
    table = towards_browser(CHROMIUM, agreed)
    assert [table[number][0] for number in (120, 107, 99, 102)] == [111, 111, 110, 110]
    assert towards_carrier(CHROMIUM, agreed)[111][0] == 120
    assert towards_carrier(CHROMIUM, agreed)[110][0] == 99


def test_comfort_noise_passes_where_both_know_it() -> None:
    assert towards_carrier(CHROMIUM, terms("PCMU", comfort_noise_payload_type=13))[13] == (13, None)
    assert towards_browser(CHROMIUM, terms("PCMU", comfort_noise_payload_type=98))[98] == (13, None)
    assert 13 not in towards_carrier(CHROMIUM, terms("PCMU"))
    assert 13 not in towards_browser(BROWSER, terms("PCMU"))


def test_comfort_noise_that_nobody_spoke_of_is_taken_from_the_carrier_at_8_khz() -> None:
    assert towards_browser(CHROMIUM, terms("G722"))[13] == (13, None)
    assert 13 not in towards_browser(CHROMIUM, opus())


def test_a_codec_that_nobody_translates_goes_nowhere() -> None:
    assert towards_browser({"opus": 111}, terms("PCMU")) == {}
    assert towards_carrier({"opus": 111}, terms("PCMU")) == {}


@pytest.mark.parametrize("foreign", [9, 111, 200])
def test_strangers_have_no_route(foreign: int) -> None:
    assert foreign not in towards_carrier(BROWSER, terms("PCMU"))
    assert foreign not in towards_browser(BROWSER, terms("PCMU"))
