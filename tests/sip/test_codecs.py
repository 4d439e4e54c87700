"""Codecs, digits and comfort noise in offers and answers: by name and clock rate, under any number."""

import pytest

from widget.sip.offer_answer import OfferAnswerError, RemoteAudio, answer_offer, make_offer, read_answer

ALL = ["opus", "G722", "PCMU", "PCMA"]


def sdp(media: str, *attributes: str) -> str:
    lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", media, *attributes, ""]
    return "\r\n".join(lines)


def answered(*media: str, codecs: list[str] | None = None) -> RemoteAudio:
    return read_answer(sdp(*media), codecs=codecs or ALL)


def reply(*media: str, codecs: list[str] | None = None) -> tuple[str, RemoteAudio]:
    return answer_offer(sdp(*media), host="192.0.2.1", port=4000, codecs=codecs or ALL, session_id=1, version=1)


def test_the_offer_has_each_codec_with_its_clock_rate_and_digits_at_both() -> None:
    offer = make_offer(host="192.0.2.1", port=4000, codecs=ALL, session_id=1)
    assert "m=audio 4000 RTP/AVP 107 9 0 8 101 102\r\n" in offer
    for line in (
        "a=rtpmap:107 opus/48000/2",
        "a=fmtp:107 useinbandfec=1",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=rtpmap:102 telephone-event/48000",
        "a=fmtp:102 0-15",
    ):
        assert line + "\r\n" in offer


def test_digits_are_offered_at_the_clock_rates_of_the_codecs_only() -> None:
    assert " 107 102\r\n" in make_offer(host="192.0.2.1", port=4000, codecs=["opus"], session_id=1)


def test_packet_time_is_the_trunks() -> None:
    assert "a=ptime:30\r\n" in make_offer(host="192.0.2.1", port=4, codecs=["PCMA"], session_id=1, ptime_ms=30)


OPUS = ("m=audio 6000 RTP/AVP 111 0 96 97", "a=rtpmap:111 OPUS/48000/2", "a=fmtp:111 stereo=0;maxplaybackrate=16000")
EVENTS = ("a=rtpmap:96 telephone-event/8000", "a=rtpmap:97 telephone-event/48000")


def test_opus_with_its_parameters_and_the_digits_of_its_clock_rate() -> None:
    remote = answered(*OPUS, *EVENTS)
    assert (remote.codec, remote.payload_type, remote.clock_rate) == ("opus", 111, 48_000)
    assert remote.parameters == "stereo=0;maxplaybackrate=16000"
    assert (remote.dtmf_payload_type, remote.dtmf_clock_rate) == (97, 48_000)


def test_digits_of_another_clock_rate_are_better_than_none() -> None:
    remote = answered(*OPUS, EVENTS[0])
    assert (remote.dtmf_payload_type, remote.dtmf_clock_rate) == (96, 8000)


@pytest.mark.parametrize("rtpmap", ["opus/48000", "opus/16000/2", "G722/16000", "PCMU/16000", "PCMU/8000/2"])
def test_a_codec_at_another_rate_or_with_other_channels_is_another_codec(rtpmap: str) -> None:
    with pytest.raises(OfferAnswerError):
        answered("m=audio 6000 RTP/AVP 111", f"a=rtpmap:111 {rtpmap}")


def test_g722_needs_no_rtpmap() -> None:
    remote = answered("m=audio 6000 RTP/AVP 9")
    assert (remote.codec, remote.payload_type, remote.clock_rate) == ("G722", 9, 8000)


def test_our_order_decides_when_we_answer_and_theirs_when_they_do() -> None:
    media = ("m=audio 6000 RTP/AVP 8 0 9",)
    assert reply(*media, codecs=["G722", "PCMU", "PCMA"])[1].codec == "G722"
    assert reply(*media, codecs=["PCMU", "PCMA"])[1].codec == "PCMU"
    assert answered(*media).codec == "PCMA"


def test_comfort_noise_is_answered_where_it_is_offered_at_the_audios_clock_rate() -> None:
    text, remote = reply("m=audio 6000 RTP/AVP 0 13")
    assert remote.comfort_noise_payload_type == 13
    assert "m=audio 4000 RTP/AVP 0 13\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:13 CN/8000\r\n" in text
    assert reply("m=audio 6000 RTP/AVP 107 13", "a=rtpmap:107 opus/48000/2")[1].comfort_noise_payload_type is None


def test_an_answer_under_other_numbers_sends_under_ours() -> None:
    remote = answered("m=audio 6000 RTP/AVP 120 99", "a=rtpmap:120 opus/48000/2", "a=rtpmap:99 telephone-event/48000")
    assert (remote.payload_type, remote.heard_payload_type) == (120, 107)
    assert (remote.dtmf_payload_type, remote.heard_dtmf_payload_type) == (99, 102)
    same = answered("m=audio 6000 RTP/AVP 0 101", EVENTS[0].replace("96", "101"))
    assert (same.heard_payload_type, same.heard_dtmf_payload_type) == (None, None)


def test_a_later_offer_keeps_the_numbers_that_were_agreed() -> None:
    _, remote = reply("m=audio 6000 RTP/AVP 101 107", "a=rtpmap:101 opus/48000/2", "a=rtpmap:107 telephone-event/48000")
    offer = make_offer(host="192.0.2.1", port=4000, codecs=ALL, session_id=1, version=2, remote=remote)
    assert "a=rtpmap:101 opus/48000/2\r\n" in offer
    assert "a=rtpmap:107 telephone-event/48000\r\n" in offer
    assert "a=rtpmap:96 telephone-event/8000\r\n" in offer
    assert len(set(offer.split("m=audio 4000 RTP/AVP ")[1].splitlines()[0].split())) == 6


def test_rtcp_goes_where_the_far_end_says() -> None:
    assert answered("m=audio 6000 RTP/AVP 0", "a=rtcp:7001").rtcp_port == 7001
    remote = answered("m=audio 6000 RTP/AVP 0", "a=rtcp:7001 IN IP4 198.51.100.7")
    assert (remote.rtcp_host, remote.rtcp_port) == ("198.51.100.7", 7001)


@pytest.mark.parametrize("value", ["x", "7001 IN IP4 media.example", "99999"])
def test_an_rtcp_attribute_that_is_none_costs_the_reports_not_the_call(value: str) -> None:
    remote = answered("m=audio 6000 RTP/AVP 0", f"a=rtcp:{value}")
    assert (remote.rtcp_host, remote.rtcp_port) == ("", 0)


def test_rtcp_mux_is_answered_where_it_is_offered_and_kept() -> None:
    text, remote = reply("m=audio 6000 RTP/AVP 0", "a=rtcp-mux")
    assert remote.rtcp_mux
    assert "a=rtcp-mux\r\n" in text
    offer = make_offer(host="192.0.2.1", port=4000, codecs=["PCMU"], session_id=1, remote=remote)
    assert "a=rtcp-mux\r\n" in offer
    media = sdp("m=audio 6000 RTP/AVP 0", "a=rtcp-mux")
    assert read_answer(media, codecs=ALL, remote=remote).rtcp_mux
    assert not read_answer(media, codecs=ALL).rtcp_mux


def test_the_longest_packet_time_is_a_limit() -> None:
    assert answered("m=audio 6000 RTP/AVP 0", "a=ptime:60", "a=maxptime:40").ptime_ms == 40
    assert answered("m=audio 6000 RTP/AVP 0", "a=maxptime:nonsense").ptime_ms == 20


@pytest.mark.parametrize(
    ("wanted", "answered"),
    [
        ("voip-metrics stat-summary=loss,dup,jitt", "a=rtcp-xr:voip-metrics stat-summary=loss\r\n"),
        ("rcvr-rtt=all:10 stat-summary voip-metrics", "a=rtcp-xr:voip-metrics stat-summary=loss\r\n"),
        ("voip-metrics", "a=rtcp-xr:voip-metrics\r\n"),
        ("pkt-loss-rle stat-summary=TTL", ""),
        ("", ""),
    ],
)
def test_extended_reports_are_answered_as_far_as_we_send_them(wanted: str, answered: str) -> None:
    text, remote = reply("m=audio 6000 RTP/AVP 0", f"a=rtcp-xr:{wanted}")
    assert "".join(line + "\r\n" for line in text.split("\r\n") if line.startswith("a=rtcp-xr")) == answered
    assert bool(remote.extended_reports) == bool(answered)
    assert "rtcp-xr" not in reply("m=audio 6000 RTP/AVP 0")[0]
