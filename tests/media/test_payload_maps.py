import pytest

from widget.media.g711 import ALAW_TO_ULAW, ULAW_TO_ALAW
from widget.media.relay.legs import towards_browser, towards_carrier
from widget.media.relay.protocol import SetCarrier

BROWSER = {"PCMU": 0, "PCMA": 8, "telephone-event": 126}


def terms(codec: str, *, payload_type: int | None = None, dtmf: int | None = 101) -> SetCarrier:
    number = {"PCMU": 0, "PCMA": 8}[codec] if payload_type is None else payload_type
    return SetCarrier(
        leg=1,
        host="192.0.2.1",
        port=4000,
        codec=codec,
        payload_type=number,
        dtmf_payload_type=dtmf,
        sends=True,
        receives=True,
    )


def test_the_same_codec_passes_as_it_is() -> None:
    table = towards_carrier(BROWSER, terms("PCMU"))
    assert table[0] == (0, None)
    assert table[0x80] == (0x80, None)
    assert table[8] == (0, ALAW_TO_ULAW)


def test_telephone_events_are_mapped_both_ways() -> None:
    assert towards_carrier(BROWSER, terms("PCMA"))[126 | 0x80] == (101 | 0x80, None)
    assert towards_browser(BROWSER, terms("PCMA"))[101] == (126, None)


def test_without_telephone_events_on_one_side_there_are_none() -> None:
    assert 126 not in towards_carrier(BROWSER, terms("PCMA", dtmf=None))
    assert 101 not in towards_browser({"PCMU": 0}, terms("PCMU"))


def test_the_browser_gets_the_carriers_codec_where_it_takes_it() -> None:
    assert towards_browser(BROWSER, terms("PCMA"))[8] == (8, None)
    assert towards_browser({"PCMU": 0}, terms("PCMA"))[8] == (0, ALAW_TO_ULAW)
    assert towards_browser({"PCMA": 8}, terms("PCMU"))[0] == (8, ULAW_TO_ALAW)


def test_a_codec_that_nobody_translates_goes_nowhere() -> None:
    assert towards_browser({"opus": 111}, terms("PCMU")) == {}


@pytest.mark.parametrize("foreign", [13, 9, 111, 200])
def test_comfort_noise_and_strangers_have_no_route(foreign: int) -> None:
    assert foreign not in towards_carrier(BROWSER, terms("PCMU"))
    assert foreign not in towards_browser(BROWSER, terms("PCMU"))
