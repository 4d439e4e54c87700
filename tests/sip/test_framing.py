"""Messages out of a byte stream: where they end, and what ends the connection."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.sip.framing import PING, Framer, FramingError, content_length
from widget.sip.message import MAX_HEAD_BYTES, MAX_MESSAGE_BYTES


def message(*lines: str, body: str = "") -> bytes:
    return "\r\n".join(["OPTIONS sip:a@b SIP/2.0", "Via: x", *lines, "", body]).encode()


PLAIN = message("Content-Length: 4", body="v=0\n")
EMPTY = message("l: 0")
NAMES = {b"content-length", b"l"}


def read(data: bytes) -> list[bytes]:
    return list(Framer().feed(data))


def test_messages_and_keep_alives_one_after_the_other() -> None:
    assert read(PLAIN + EMPTY + PING + EMPTY) == [PLAIN, EMPTY, PING, EMPTY]


def test_a_pong_or_padding_before_a_message_is_skipped() -> None:
    assert read(b"\r\n" + PLAIN) == [PLAIN]


@given(st.lists(st.sampled_from([PLAIN, EMPTY, PING]), max_size=6), st.data())
def test_any_cut_gives_the_same_messages(wanted: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(wanted)
    framer, found, position = Framer(), [], 0
    while position < len(stream):
        count = data.draw(st.integers(1, len(stream) - position))
        found += list(framer.feed(stream[position : position + count]))
        position += count
    assert found == wanted
    assert framer.is_empty


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("Content-Length: 4", "Content-Length: 4"),
        ("Content-Length: 4", "l: 4"),
        ("Content-Length : 4",),
        ("Content-Length\t: 4",),
        ("Content-Length:", " 4"),
        ("Content-Length: 4", " 0"),
        ("Subject: x", " Content-Length: 4"),
        ("Content-Length: -4",),
        ("Content-Length: +4",),
        ("Content-Length: 4, 4",),
        ("Content-Length: 4_0",),
        ("Content-Length: 0x4",),
        ("Content-Length: \u0664",),
        ("Content-Length: 9999999",),
        ("Content-Length",),
        ("Content-Length: 4\nX: y",),
        ("Content-Length: 4\rX: y",),
        ("Content-Length: 4\x00",),
    ],
)
def test_unclear_lengths_end_the_connection(lines: tuple[str, ...]) -> None:
    with pytest.raises(FramingError):
        read(message(*lines, body="abcd"))


def test_what_came_before_the_fault_is_still_delivered() -> None:
    pieces = Framer().feed(PLAIN + message())
    assert next(pieces) == PLAIN
    with pytest.raises(FramingError):
        next(pieces)


def test_limits() -> None:
    with pytest.raises(FramingError, match="headers too large"):
        read(b"x" * (MAX_HEAD_BYTES + 1))
    with pytest.raises(FramingError, match="message too large"):
        read(message(f"Content-Length: {MAX_MESSAGE_BYTES}"))


def test_length_in_a_body_counts_for_nothing() -> None:
    body = "Content-Length: 9\r\n\r\n"
    whole = message(f"Content-Length: {len(body)}", body=body)
    assert read(whole + EMPTY) == [whole, EMPTY]


HEAD_PIECES = [
    b"Content-Length",
    b"content-LENGTH",
    b"l",
    b"L",
    b":",
    b": ",
    b" ",
    b"\t",
    b"4",
    b"12",
    b"x",
    b"\r\n",
    b"\r",
]


@given(st.lists(st.sampled_from(HEAD_PIECES), max_size=14).map(b"".join))
def test_the_length_is_what_reading_line_by_line_finds(rest: bytes) -> None:
    head = b"BYE sip:a SIP/2.0\r\n" + rest
    try:
        found: int | None = content_length(head)
    except FramingError:
        found = None
    assert found == length_line_by_line(head)


def length_line_by_line(head: bytes) -> int | None:
    """As plainly as can be: None where the stream cannot be read on."""
    lines = head.split(b"\r\n")
    mine = [index for index, line in enumerate(lines) if line.partition(b":")[0].strip().lower() in NAMES]
    if b"\r" in head.replace(b"\r\n", b"") or len(mine) != 1:
        return None
    name, _, value = lines[mine[0]].partition(b":")
    is_folded = lines[mine[0] + 1 : mine[0] + 2] and lines[mine[0] + 1][:1] in {b" ", b"\t"}
    plain = value.strip(b" \t").isdigit() and len(value.strip(b" \t")) <= 6 and name == name.strip()
    return int(value) if plain and not is_folded else None
