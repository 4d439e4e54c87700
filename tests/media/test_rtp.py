import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.media.rtp import RtpHeader, is_rtcp, parse_header, payload_bounds

headers = st.builds(
    RtpHeader,
    payload_type=st.integers(0, 63) | st.integers(96, 127),
    sequence=st.integers(0, 0xFFFF),
    timestamp=st.integers(0, 0xFFFFFFFF),
    ssrc=st.integers(0, 0xFFFFFFFF),
    marker=st.booleans(),
    csrcs=st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
)


@given(header=headers, payload=st.binary(max_size=200))
def test_what_is_packed_is_parsed(header: RtpHeader, payload: bytes) -> None:
    datagram = header.pack() + payload
    parsed = parse_header(datagram)
    assert parsed is not None
    assert parsed.pack() == header.pack()
    assert parsed.payload_of(datagram) == payload


@given(datagram=st.binary(max_size=64))
def test_no_datagram_breaks_the_parser(datagram: bytes) -> None:
    parsed = parse_header(datagram)
    assert parsed is None or 12 <= parsed.payload_start <= parsed.payload_end <= len(datagram)


def test_extension_and_padding_are_no_payload() -> None:
    fixed = bytearray(RtpHeader(payload_type=0, sequence=1, timestamp=2, ssrc=3).pack())
    fixed[0] |= 0x30
    datagram = bytes(fixed) + b"\xbe\xde\x00\x01abcd" + b"payload" + b"\x00\x00\x03"
    parsed = parse_header(datagram)
    assert parsed is not None
    assert parsed.payload_of(datagram) == b"payload"


@pytest.mark.parametrize("flags", [0x10, 0x20, 0x0F])
def test_a_header_that_promises_more_than_there_is_is_refused(flags: int) -> None:
    fixed = bytearray(RtpHeader(payload_type=0, sequence=1, timestamp=2, ssrc=3).pack())
    fixed[0] |= flags
    assert payload_bounds(bytes(fixed)) is None


def test_rtcp_is_told_apart_on_a_shared_port() -> None:
    assert is_rtcp(b"\x80\xc8" + bytes(26))
    assert not is_rtcp(RtpHeader(payload_type=0, sequence=0, timestamp=0, ssrc=0, marker=True).pack())
    assert parse_header(b"\x80\xc9" + bytes(6)) is None
