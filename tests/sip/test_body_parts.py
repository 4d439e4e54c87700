"""Bodies: the session description alone or among other parts, and what must not be passed over unread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.sip.body_parts import MAX_PARTS, Body, is_understood, session_description

SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\n"
ISUP = "Content-Type: application/ISUP;version=itu-t92+\r\n\r\n\x01\x10\x20"
SDP_PART = f"Content-Type: application/sdp\r\n\r\n{SDP}"
MIXED = "multipart/mixed;boundary=edge"


def joined(*parts: str, edge: str = "edge") -> bytes:
    return "".join(f"--{edge}\r\n{part}\r\n" for part in parts).encode() + f"--{edge}--\r\n".encode()


@pytest.mark.parametrize(
    ("kind", "content", "found"),
    [
        ("application/sdp", SDP.encode(), SDP),
        ("Application/SDP; charset=utf-8", SDP.encode(), SDP),
        (MIXED, joined(SDP_PART, ISUP), SDP),
        (MIXED, joined(ISUP, SDP_PART), SDP),
        ('multipart/mixed; BOUNDARY="edge"', b"for old readers\r\n" + joined(SDP_PART) + b"\r\nthe end", SDP),
        ('Multipart/Mixed;boundary="a b=?:/"', joined(SDP_PART, edge="a b=?:/"), SDP),
        (MIXED, joined("content-type:\r\n application/sdp\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + SDP), SDP),
        (
            MIXED,
            joined(SDP_PART.replace("\r\n\r\n", "\r\nContent-Disposition: session;handling=required\r\n\r\n")),
            SDP,
        ),
        (MIXED, joined(SDP_PART.replace("\r\n\r\n", "\r\nContent-Disposition: early-session\r\n\r\n")), ""),
        (MIXED, joined(SDP_PART.replace("\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n")), ""),
        (MIXED, joined(ISUP), ""),
        (MIXED, b"no delimiter at all", ""),
        (MIXED, b"", ""),
        ("multipart/mixed", joined(SDP_PART), ""),
        ("multipart/alternative;boundary=edge", joined(SDP_PART.replace("s=-", "s=worse"), SDP_PART), SDP),
        ("text/plain", b"hello", ""),
        ("", b"hello", ""),
    ],
)
def test_where_the_session_description_is(kind: str, content: bytes, found: str) -> None:
    assert session_description(Body(content, kind)) == found


def test_a_multipart_within_a_multipart() -> None:
    inner = joined(ISUP, SDP_PART, edge="inner").decode()
    outer = joined(f"Content-Type: multipart/related; boundary=inner\r\n\r\n{inner}")
    assert session_description(Body(outer, MIXED)) == SDP


def test_nesting_and_parts_have_a_limit() -> None:
    body, kind = SDP, "application/sdp"
    for level in range(5):
        body = joined(f"Content-Type: {kind}\r\n\r\n{body}", edge=f"e{level}").decode()
        kind = f"multipart/mixed;boundary=e{level}"
    assert session_description(Body(body.encode(), kind)) == ""
    assert session_description(Body(joined(*[ISUP] * MAX_PARTS, SDP_PART), MIXED)) == ""


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_encoded_description_is_not_read(encoding: str) -> None:
    body = Body(SDP.encode(), "application/sdp", encoding=encoding)
    assert session_description(body) == ""
    assert not is_understood(body)


@pytest.mark.parametrize(
    ("kind", "disposition", "content", "understood"),
    [
        ("application/sdp", "", SDP.encode(), True),
        ("application/sdp", "render", SDP.encode(), False),
        ("application/pidf+xml", "", b"<presence/>", False),
        ("application/pidf+xml", "render; handling=optional", b"<presence/>", True),
        ("application/pidf+xml", 'render;handling="required"', b"<presence/>", False),
        ("text/plain", "", b"", True),
        (MIXED, "", joined(SDP_PART, ISUP), True),
        (MIXED, "", joined(SDP_PART, "Content-Disposition: signal; handling=required\r\n" + ISUP), False),
        (MIXED, "", joined(SDP_PART, "Content-Disposition: signal; handling=optional\r\n" + ISUP), True),
        (MIXED, "", b"no delimiter at all", False),
        ("multipart/alternative;boundary=edge", "", joined(SDP_PART, ISUP), True),
    ],
)
def test_what_must_be_understood(kind: str, disposition: str, content: bytes, understood: bool) -> None:  # noqa: FBT001  (the table's last column)
    assert is_understood(Body(content, kind, disposition)) is understood


@given(st.binary(max_size=300), st.sampled_from([MIXED, "multipart/alternative;boundary=-", "application/sdp"]))
def test_any_bytes_are_read_without_an_error(content: bytes, kind: str) -> None:
    body = Body(content.replace(b"!", b"--edge\r\n"), kind)
    session_description(body)
    is_understood(body)
