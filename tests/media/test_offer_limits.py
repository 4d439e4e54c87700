import pytest

from widget.media.errors import MediaError, MediaFailure
from widget.media.offer_limits import check_offer, comfort_noise_payload_type, telephone_event_payload_types

OFFER = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0 8 126\r\n"


def test_an_ordinary_offer_passes() -> None:
    check_offer(OFFER + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 20)


@pytest.mark.parametrize(
    ("extra", "failure"),
    [
        ("a=x\r\n" * 200, MediaFailure.OFFER_TOO_LARGE),
        ("a=" + "x" * 16384 + "\r\n", MediaFailure.OFFER_TOO_LARGE),
        ("a=candidate:1\r\n" * 21, MediaFailure.OFFER_TOO_LARGE),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", MediaFailure.OFFER_REFUSED),
    ],
)
def test_offers_beyond_the_limits_are_refused(extra: str, failure: MediaFailure) -> None:
    with pytest.raises(MediaError) as caught:
        check_offer(OFFER + extra)
    assert caught.value.failure is failure


@pytest.mark.parametrize("sdp", ["", "v=0\r\n", "m=application 9 DTLS/SCTP 5000\r\n"])
def test_an_offer_without_audio_is_refused(sdp: str) -> None:
    with pytest.raises(MediaError):
        check_offer(sdp)


@pytest.mark.parametrize(
    ("line", "payload_types"),
    [
        ("a=rtpmap:126 telephone-event/8000", {8000: 126}),
        ("a=rtpmap:101 TELEPHONE-EVENT/8000", {8000: 101}),
        ("a=rtpmap:110 telephone-event/48000", {48000: 110}),
        ("a=rtpmap:110 telephone-event/48000\r\na=rtpmap:126 telephone-event/8000", {48000: 110, 8000: 126}),
        ("a=rtpmap:0 telephone-event/8000", {}),
        ("a=rtpmap:999 telephone-event/8000", {}),
    ],
)
def test_telephone_events_are_found_at_each_clock_rate(line: str, payload_types: dict[int, int]) -> None:
    assert telephone_event_payload_types(OFFER + line + "\r\n") == payload_types


@pytest.mark.parametrize(
    ("line", "payload_type"), [("13 CN/8000", 13), ("98 cn/8000", 98), ("13 CN/16000", None), ("999 CN/8000", None)]
)
def test_comfort_noise_is_found_at_8_khz(line: str, payload_type: int | None) -> None:
    assert comfort_noise_payload_type(f"{OFFER}a=rtpmap:{line}\r\n") == payload_type
