"""Offers and answers as other people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.sip.offer_answer import OfferAnswerError, RemoteAudio, answer_offer, make_offer, read_answer

CODECS = ["PCMU", "PCMA"]


def sdp(*media: str, connection: str = "c=IN IP4 192.0.2.9", ending: str = "\r\n") -> str:
    return ending.join(["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", connection, "t=0 0", *media, ""])


def answered(*media: str, connection: str = "c=IN IP4 192.0.2.9") -> RemoteAudio:
    return read_answer(sdp(*media, connection=connection), codecs=CODECS)


def reply(offer: str, codecs: list[str] | None = None) -> tuple[str, RemoteAudio]:
    return answer_offer(offer, host="192.0.2.1", port=4000, codecs=codecs or CODECS, session_id=1, version=2)


def test_offer_lists_our_codecs_in_our_order() -> None:
    offer = make_offer(host="192.0.2.1", port=4000, codecs=["PCMA", "PCMU"], session_id=5, version=2)
    assert "o=- 5 2 IN IP4 192.0.2.1\r\n" in offer
    assert "m=audio 4000 RTP/AVP 8 0 101\r\n" in offer
    assert "a=fmtp:101 0-15\r\n" in offer
    assert offer.endswith("a=ptime:20\r\na=sendrecv\r\n")


def test_offer_of_ipv6() -> None:
    assert "c=IN IP6 2001:db8::1\r\n" in make_offer(host="2001:db8::1", port=4000, codecs=CODECS, session_id=1)


def test_codec_that_we_do_not_speak() -> None:
    with pytest.raises(OfferAnswerError):
        make_offer(host="192.0.2.1", port=4000, codecs=["G729"], session_id=1)


def test_plain_answer() -> None:
    assert answered("m=audio 6000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000") == RemoteAudio(
        host="192.0.2.9",
        port=6000,
        codec="PCMA",
        payload_type=8,
        dtmf_payload_type=101,
        sends=True,
        receives=True,
        ptime_ms=20,
    )


@pytest.mark.parametrize(
    ("media", "field", "value"),
    [
        (("m=audio 6000 RTP/AVP 18 0",), "codec", "PCMU"),
        (("m=audio 6000 RTP/AVP 0",), "dtmf_payload_type", None),
        (("m=audio 6000 RTP/AVP 0 96", "a=rtpmap:96 Telephone-Event/8000"), "dtmf_payload_type", 96),
        (
            ("m=audio 6000 RTP/AVP 0 96 97", "a=rtpmap:96 telephone-event/48000", "a=rtpmap:97 telephone-event/8000"),
            "dtmf_payload_type",
            97,
        ),
        (("m=audio 6000 RTP/AVP 100", "a=rtpmap:100 pcma/8000/1"), "payload_type", 100),
        (("m=audio 6000 RTP/AVP 100", "a=rtpmap:100 pcma/8000"), "codec", "PCMA"),
        (("m=audio 6000 RTP/AVP 0 8", "a=rtpmap:0 G726-32/8000"), "codec", "PCMA"),
        (("m=audio 6000 RTP/AVP 0", "a=ptime:30"), "ptime_ms", 30),
        (("m=audio 6000 RTP/AVP 0", "a=ptime:20.0"), "ptime_ms", 20),
        (("m=audio 6000 RTP/AVP 0", "a=ptime:nonsense"), "ptime_ms", 20),
        (("m=audio 6000 RTP/AVP 0", "a=ptime:9999"), "ptime_ms", 200),
        (("m=audio 6000 RTP/AVP 0", "a=sendonly"), "receives", False),
        (("m=audio 6000 RTP/AVP 0", "a=recvonly"), "sends", False),
        (("a=inactive", "m=audio 6000 RTP/AVP 0"), "receives", False),
        (("a=inactive", "m=audio 6000 RTP/AVP 0", "a=sendrecv"), "receives", True),
        (("m=audio 6000 RTP/AVP 0", "c=IN IP4 198.51.100.3"), "host", "198.51.100.3"),
        (("m=audio 6000 RTP/AVP 0", "c=IN IP4 0.0.0.0"), "receives", False),
        (("m=video 7000 RTP/AVP 96", "m=audio 6000 RTP/AVP 0"), "port", 6000),
        (("m=audio 0 RTP/AVP 0", "m=audio 6000 RTP/AVP 0"), "port", 6000),
        (("m=audio 5000 RTP/SAVP 0", "m=audio 6000 RTP/AVP 0"), "port", 6000),
    ],
)
def test_what_is_read(media: tuple[str, ...], field: str, value: object) -> None:
    assert getattr(answered(*media), field) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        sdp(),
        sdp("m=audio 0 RTP/AVP 0"),
        sdp("m=video 6000 RTP/AVP 96"),
        sdp("m=audio 6000 RTP/AVP 18"),
        sdp("m=audio 6000 RTP/SAVP 0"),
        sdp("m=audio 99999 RTP/AVP 0"),
        sdp("m=audio 60_0 RTP/AVP 0"),
        sdp("m=audio \u0661 RTP/AVP 0"),
        sdp("m=audio 6000/2 RTP/AVP 0"),
        sdp("m=audio 6000 RTP/AVP 128"),
        sdp("m=audio 6000 RTP/AVP"),
        sdp("m=audio"),
        sdp("m=magic 6000 RTP/AVP 0"),
        sdp("m=audio 6000 RTP/AVP 0", "a=rtpmap:0"),
        sdp("m=audio 6000 RTP/AVP 0", connection="c=IN IP4 media.example"),
        sdp("m=audio 6000 RTP/AVP 0", connection="c=IN IP4 224.2.1.1"),
        sdp("m=audio 6000 RTP/AVP 0", connection="c=IN IP4 192.0.2.9/127"),
        sdp("m=audio 6000 RTP/AVP 0", connection="s=no connection"),
        sdp("m=audio 6000 RTP/AVP 0", *["a=ssrc:1 x"] * 200),
        sdp("m=audio 6000 RTP/AVP 0", "a=x:" + "y" * 16_384),
        sdp("m=audio 6000 RTP/AVP 0", "a=x:" + "é" * 9_000),
        sdp("m=audio 6000 RTP/AVP 0", "no equals sign"),
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(OfferAnswerError):
        read_answer(text, codecs=CODECS)
    with pytest.raises(OfferAnswerError):
        reply(text)


def test_bare_line_feeds_are_understood() -> None:
    assert read_answer(sdp("m=audio 6000 RTP/AVP 0", ending="\n"), codecs=CODECS).port == 6000


@pytest.mark.parametrize(
    "lines",
    [
        ("a=rtpmap:98 X/192000", "a=rtpmap:99 L16/48000/64"),
        ("a=rtpmap:x PCMA/8000", "a=fmtp:red 0/0", "a=rtcp:", "a=rtcp:6001 IN IP4 media.example"),
        (" ", "a=bundle-only"),
        ("m=video 7000/2 RTP/AVP 96", "c=IN IP4 224.2.1.1/127"),
        ("m=video 0 RTP/AVP 96", "c=IN IP4 media.example"),
    ],
)
def test_what_is_not_about_our_audio_refuses_nothing(lines: tuple[str, ...]) -> None:
    remote = read_answer(sdp("m=audio 6000 RTP/AVP 0 98 99", *lines), codecs=CODECS)
    assert (remote.host, remote.port, remote.codec, remote.rtcp_port) == ("192.0.2.9", 6000, "PCMU", 0)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("sendrecv", "sendrecv"), ("sendonly", "recvonly"), ("recvonly", "sendonly"), ("inactive", "inactive")],
)
def test_hold_is_mirrored(theirs: str, ours: str) -> None:
    text, _ = reply(sdp("m=audio 6000 RTP/AVP 0", f"a={theirs}"))
    assert text.endswith(f"a={ours}\r\n")


def test_hold_of_rfc_2543_is_answered_with_recvonly() -> None:
    text, remote = reply(sdp("m=audio 6000 RTP/AVP 0", connection="c=IN IP4 0.0.0.0"))
    assert text.endswith("a=recvonly\r\n")
    assert not remote.receives


def test_answer_repeats_payload_types_and_refuses_other_streams() -> None:
    text, remote = reply(
        sdp(
            "m=video 7000 RTP/AVP 96 97",
            "m=audio 6000 RTP/AVP 18 100 96",
            "a=rtpmap:100 PCMA/8000",
            "a=rtpmap:96 telephone-event/8000",
            "a=ptime:30",
            "m=audio 6002 RTP/AVP 0",
        )
    )
    assert "m=video 0 RTP/AVP 96 97\r\nm=audio 4000 RTP/AVP 100 96\r\na=rtpmap:100 PCMA/8000\r\n" in text
    assert "a=ptime:30\r\n" in text
    assert text.endswith("m=audio 0 RTP/AVP 0\r\n")
    assert (remote.codec, remote.payload_type, remote.dtmf_payload_type) == ("PCMA", 100, 96)


def test_our_own_offer_and_answer_agree() -> None:
    offer = make_offer(host="192.0.2.9", port=6000, codecs=CODECS, session_id=1)
    text, remote = reply(offer, ["PCMA"])
    assert remote.codec == "PCMA"
    assert read_answer(text, codecs=CODECS).codec == "PCMA"


@given(st.text(alphabet="vosctma=0 16:/RTPAVPINIP4audio\r\n.-é", max_size=300))
def test_noise_is_refused_and_nothing_else(text: str) -> None:
    for read in (lambda: read_answer(text, codecs=CODECS), lambda: reply(text)):
        with pytest.raises(OfferAnswerError):
            read()


@pytest.mark.parametrize(
    ("theirs", "wanted", "ours"),
    [
        ("sendrecv", "sendrecv", "sendrecv"),
        ("sendrecv", "sendonly", "sendonly"),
        ("sendonly", "sendonly", "inactive"),
        ("recvonly", "sendonly", "sendonly"),
        ("inactive", "sendrecv", "inactive"),
    ],
)
def test_answer_gives_no_more_than_we_want(theirs: str, wanted: str, ours: str) -> None:
    offer = make_offer(host="192.0.2.1", port=4000, codecs=["PCMU"], session_id=1, direction=theirs)
    answer, _ = answer_offer(
        offer, host="192.0.2.2", port=5000, codecs=["PCMU"], session_id=2, version=1, direction=wanted
    )
    assert f"a={ours}\r\n" in answer
