import pytest

from widget.media.relay.packets import decode, encode
from widget.media.relay.progress import MAX_LEGS, MAX_MESSAGE, LegProgress
from widget.media.relay.protocol import (
    AddBrowser,
    AddCarrier,
    Bridge,
    BrowserSilent,
    CarrierRemoved,
    ControlPacket,
    Datagram,
    Health,
    Message,
    Progress,
    RemoveBrowser,
    RemoveCarrier,
    SecureCarrier,
    SendEvent,
    SetBrowserAddress,
    SetCarrier,
    SetKeys,
)


def progress(leg: int, heard_ssrc: int | None) -> LegProgress:
    return LegProgress(
        is_carrier=leg > 1,
        leg=leg,
        sent_index=1 << 40,
        timestamp=0xFFFFFFFF,
        sent_at=1.5,
        has_source=heard_ssrc is not None,
        source=heard_ssrc or 0,
        clock_rate=48000,
        heard_index=65536,
        received=1,
        expected=2,
        gaps=3,
        jitter_seconds=0.25,
        heard_clock_rate=8000,
        heard_at=0.5,
        unsent=9,
        lag_seconds=0.125,
        received_packets=1,
        received_bytes=2,
        sent_packets=3,
        sent_bytes=4,
        strays=5,
        foreign=6,
        unwanted=7,
        rtcp=8,
        rejected=1 << 40,
    )


MESSAGES: list[Message] = [
    AddBrowser(leg=1, ufrag="abcd"),
    SetKeys(leg=1, profile=1, receive_key="00", send_key="ff", ssrc=7, payload_types={"PCMU": 0}),
    SetBrowserAddress(leg=1, socket=0, host="::1", port=5),
    RemoveBrowser(leg=1),
    AddCarrier(leg=2),
    SetCarrier(
        leg=2,
        host="127.0.0.1",
        port=4,
        codec="PCMU",
        payload_type=0,
        dtmf_payload_type=None,
        sends=True,
        receives=False,
    ),
    SecureCarrier(leg=2, profile=1, receive_key="00", send_key="ff", heard_ssrc=3, heard_index=65536, controls=2),
    SendEvent(leg=2, payload="050a00a0", begins=True, ends=False),
    Bridge(carrier=2, browser=None),
    RemoveCarrier(leg=2),
    CarrierRemoved(leg=2, counters={"strays": 1}),
    BrowserSilent(leg=1, seconds=8),
    Health(cpu_seconds=1.5, strays=1, held_back=2, rejected=3, replayed=4, undelivered=1 << 40),
    Progress(tuple(progress(leg=leg, heard_ssrc=ssrc) for leg, ssrc in [(1, None), (-1, 0), (3, 0xFFFFFFFF)])),
    Datagram(leg=1 << 30, socket=1, host="192.0.2.9", port=65535, data=b"\x00\x01"),
    Datagram(leg=3, socket=0, host="2001:db8::1", port=1, data=b""),
    ControlPacket(is_carrier=True, leg=-1, data=b"\x80\xc9", at=1.5),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_survive_the_wire(message: Message) -> None:
    assert decode(encode(message)) == message


def test_as_many_legs_as_a_message_may_hold_fit_into_it() -> None:
    full = Progress(tuple(progress(leg=leg, heard_ssrc=1) for leg in range(MAX_LEGS)))
    assert len(encode(full)) <= MAX_MESSAGE
    assert len(encode(Progress((*full.legs, full.legs[0])))) > MAX_MESSAGE


@pytest.mark.parametrize("packet", [b"J[]", b'J["Unknown", {}]', b'J["RemoveBrowser", {}]', b"X{}", b"J"])
def test_what_is_no_message_is_refused(packet: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(packet)


def test_keys_do_not_show_in_logs() -> None:
    assert "ff" not in repr(MESSAGES[1])
