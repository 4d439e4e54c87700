"""The header fields of a message: what sipmessage, the library that was used before, reads from the same lines."""

from collections.abc import Callable

import pytest
import sipmessage
from hypothesis import given
from hypothesis import strategies as st

from widget.sip.address import InvalidAddressError, parse_name_addr, read_address_tag
from widget.sip.headers import COMPACT_FORMS, ONLY_ONCE, Headers, InvalidHeaderLineError

TOKEN = "abcXYZ019.!%*_+`'~-"

names = st.sampled_from(["Via", "v", "V", "Contact", "m", "Allow", "ALLOW", "Route", "Subject", "X-a", "x"]) | st.text(
    TOKEN, min_size=1, max_size=12
)
values = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), max_size=30)
spaces = st.sampled_from(["", " ", "\t", "  "])
lines = st.lists(st.tuples(names, spaces, values).map(lambda parts: f"{parts[0]}:{parts[1]}{parts[2]}{parts[1]}"))


@given(lines)
def test_keeps_what_the_library_keeps(given_lines: list[str]) -> None:
    oracle = sipmessage.Headers()
    for line in given_lines:
        name, _, value = line.partition(":")
        oracle.add(COMPACT_FORMS.get(name.lower(), name), value.strip(" \t"))
    if any(len(oracle.getlist(name)) > 1 for name in ONLY_ONCE):
        with pytest.raises(InvalidHeaderLineError):
            Headers(given_lines)
        return
    ours = Headers(given_lines)
    for name in oracle.keys():  # noqa: SIM118  (no dictionary)
        assert ours.getlist(name) == oracle.getlist(name)
        assert ours.get(name.swapcase()) == oracle.get(name)


PIECES = [
    '"',
    "A B",
    "\\",
    "<sip:a@b>",
    "<",
    ">",
    "sip:a@b",
    " ",
    ";",
    ";tag=",
    "x1",
    ";lr",
    "=",
    ",",
    ":",
    "\t",
    "\u00a0",
]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_the_short_way_to_a_tag_leads_where_the_long_one_does(text: str) -> None:
    assert tag_or_error(read_address_tag, text) == tag_or_error(lambda value: parse_name_addr(value).tag, text)


def tag_or_error(read: Callable[[str], str], text: str) -> str | None:
    try:
        return read(text)
    except InvalidAddressError:
        return None


@pytest.mark.parametrize("line", ["", "no colon", ": value", "two words: x", "ü: x", "a" * 65 + ": x", "a\u00a0: x"])
def test_what_is_no_header(line: str) -> None:
    with pytest.raises(InvalidHeaderLineError):
        Headers([line])


@pytest.mark.parametrize("name", sorted(ONLY_ONCE))
def test_what_stands_alone_may_not_be_repeated_in_any_form(name: str) -> None:
    forms = [short for short, long in COMPACT_FORMS.items() if long == name] or [name.upper()]
    with pytest.raises(InvalidHeaderLineError):
        Headers([f"{name}: 1", f"{forms[0]} : 1"])


def test_values_keep_their_order_and_absent_ones_are_none() -> None:
    headers = Headers(["Via: a", "X: b", "v: c", "VIA:  d "])
    assert headers.getlist("Via") == ["a", "c", "d"]
    assert headers.get("Route") is None
    assert headers.getlist("Route") == []
