"""Numbers as agents read them."""

from __future__ import annotations

import pytest

from widget.phone_numbers import country_of, dialled, written


@pytest.mark.parametrize(
    ("number", "country", "text"),
    [
        ("+12025550100", "US", "(202) 555-0100"),
        ("+12025550100", "GB", "+1 202-555-0100"),
        ("+12025550100", None, "+1 202-555-0100"),
        ("+442079460958", "GB", "020 7946 0958"),
        ("2025550100", "US", "(202) 555-0100"),
        ("2025550100", None, "2025550100"),
        ("100", "US", "100"),
        ("*21#", "US", "*21#"),
        ("+12•••••00", "US", "+12•••••00"),
        ("<b>+12025550100", "US", "<b>+12025550100"),
        ("+١٢٠٢٥٥٥٠١٠٠", "US", "+١٢٠٢٥٥٥٠١٠٠"),
        ("", "US", ""),
    ],
)
def test_written(number: str, country: str | None, text: str) -> None:
    assert written(number, country) == text


def test_country_of() -> None:
    assert country_of("+12025550199") == "US"
    assert country_of("+34911234567") == "ES"
    assert country_of("2025550199") is None
    assert country_of("") is None


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("2025550100", "US", "+12025550100"),
        ("12025550100", "US", "+12025550100"),
        ("+442079460958", "US", "+442079460958"),
        ("030123456", "DE", "+4930123456"),
        ("100", "US", "100"),
        ("*21#", "US", "*21#"),
        ("2025550100", "", "2025550100"),
    ],
)
def test_what_is_typed_nationally_is_dialled_internationally(number: str, country: str, expected: str) -> None:
    assert dialled(number, country) == expected
