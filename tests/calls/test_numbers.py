"""Dial strings."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widget.calls.numbers import InvalidNumberError, parse_dial_string


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("12025550100", "12025550100"),
        ("+1 (202) 555-0100", "+12025550100"),
        ("tel:+1-202-555-0100", "+12025550100"),
        (" 030 / 123.456 ", "030123456"),
        ("*31#0301234", "*31#0301234"),
        ("1\u00a0202\u2011555", "1202555"),
    ],
)
def test_what_people_write_is_cleaned(written: str, dialled: str) -> None:
    assert parse_dial_string(written) == dialled


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "+",
        "++1",
        "1+2",
        "abc",
        "1;phone-context=x",
        "1@host",
        "1%0d",
        "<1>",
        "1\r\n2x",
        "٣٤٥",
        "1" * 21,
        "sip:1",
    ],
)
def test_what_could_change_a_sip_uri_is_refused(text: str) -> None:
    with pytest.raises(InvalidNumberError):
        parse_dial_string(text)


@given(st.text())
def test_whatever_comes_out_can_be_dialled(text: str) -> None:
    try:
        number = parse_dial_string(text)
    except InvalidNumberError:
        return
    assert re.fullmatch(r"\+?[0-9*#]{1,20}", number, re.ASCII)
