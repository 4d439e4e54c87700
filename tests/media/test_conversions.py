"""Which payloads go to the transcoder, and what is said of them there."""

from dataclasses import replace

import pytest

from widget.media.relay.conversion import TRANSCODED, Conversion, Kind, unpack
from widget.media.relay.conversions import browser_codec, towards_browser, towards_carrier
from widget.media.relay.protocol import SetCarrier

G722 = SetCarrier(
    leg=1,
    host="192.0.2.1",
    port=4000,
    codec="G722",
    payload_type=9,
    dtmf_payload_type=101,
    sends=True,
    receives=True,
    comfort_noise_payload_type=13,
    packet_ms=30,
)
OPUS_BROWSER = {"opus": 111, "telephone-event/48000": 110, "telephone-event": 126, "CN": 13}


@pytest.mark.parametrize("codec", TRANSCODED)
def test_what_is_packed_is_unpacked(codec: str) -> None:
    for kind in Kind:
        plain = Conversion(kind=kind, source=codec, destination="PCMU", payload_type=0)
        full = replace(plain, event_payload_type=96, noise_payload_type=13, event_rate=48000, packet_ms=60)
        assert unpack(plain.pack()) == plain
        assert unpack(full.pack()) == full


def test_nothing_is_transcoded_that_passes_or_cannot_be_had() -> None:
    for payload_types in ({"G722": 9, "opus": 111}, {}, {"telephone-event": 126}):
        assert browser_codec(payload_types, G722) is None
        assert towards_carrier(payload_types, G722) == towards_browser(payload_types, G722) == {}
    by_table = replace(G722, codec="PCMA", payload_type=8)
    assert browser_codec({"PCMU": 0}, by_table) is None
    assert browser_codec({"opus": 111}, replace(G722, codec="GSM")) is None


def test_towards_the_carrier_audio_digits_and_noise_have_its_numbers() -> None:
    table = {number: unpack(packed) for number, packed in towards_carrier(OPUS_BROWSER, G722).items()}
    audio = Conversion(
        kind=Kind.AUDIO,
        source="opus",
        destination="G722",
        payload_type=9,
        event_payload_type=101,
        noise_payload_type=13,
        packet_ms=30,
    )
    assert table == {
        111: audio,
        110: replace(audio, kind=Kind.EVENT, source_event_rate=48000),
        126: replace(audio, kind=Kind.EVENT),
        13: replace(audio, kind=Kind.NOISE),
    }


def test_towards_the_browser_digits_are_counted_as_its_codec_counts() -> None:
    terms = replace(G722, heard_payload_type=109, heard_dtmf_payload_type=97)
    table = {number: unpack(packed) for number, packed in towards_browser(OPUS_BROWSER, terms).items()}
    audio = Conversion(
        kind=Kind.AUDIO,
        source="G722",
        destination="opus",
        payload_type=111,
        event_payload_type=110,
        event_rate=48000,
    )
    event, noise = replace(audio, kind=Kind.EVENT), replace(audio, kind=Kind.NOISE)
    assert table == {9: audio, 109: audio, 101: event, 97: event, 13: noise}


def test_each_side_may_be_the_one_that_makes_noise() -> None:
    narrow = {"PCMU": 0, "CN": 13}
    audio = unpack(towards_browser(narrow, G722)[9])
    assert (audio.destination, audio.noise_payload_type) == ("PCMU", 13)
    wide = replace(G722, codec="opus", payload_type=96, clock_rate=48000, comfort_noise_payload_type=13)
    assert unpack(towards_carrier(narrow, wide)[0]).noise_payload_type is None


def test_a_direction_that_nobody_wants_is_empty() -> None:
    held = replace(G722, sends=False, receives=False)
    assert towards_carrier(OPUS_BROWSER, held) == towards_browser(OPUS_BROWSER, held) == {}


def test_a_carrier_without_digits_gets_none() -> None:
    assert set(towards_carrier(OPUS_BROWSER, replace(G722, dtmf_payload_type=None))) == {111, 13}
    assert set(towards_browser({"opus": 111}, G722)) == {9, 13}
