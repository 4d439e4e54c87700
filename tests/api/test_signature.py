"""The published vector and our own (original-api.md, 1.2), and the time window."""

import pytest

from widget.api.signature import is_fresh, matches, sign


@pytest.mark.parametrize(
    ("key", "secret", "timestamp", "expected"),
    [
        ("bDqJFiq9", "7bz1lzh9", "1630468800", "05d7a50893e22a5c4bb3216ae3396c7c"),
        ("ourKey01", "ourSecret01", "1767225600", "7253d5c6f01e3061d95bfa8bc0c58c98"),
    ],
)
def test_documented_vectors(key: str, secret: str, timestamp: str, expected: str) -> None:
    assert sign(key, secret, timestamp) == expected


@pytest.mark.parametrize(
    ("given", "expected", "same"),
    [("ABCDEF", "abcdef", True), ("abcdef", "abcdef", True), ("abcdee", "abcdef", False), ("é", "e", False)],
)
def test_comparison_ignores_case_and_takes_any_text(given: str, expected: str, *, same: bool) -> None:
    assert matches(given, expected) is same


@pytest.mark.parametrize(
    ("timestamp", "fresh"),
    [
        ("1000", True),
        ("700", True),
        ("1300", True),
        ("699", False),
        ("1301", False),
        ("1000000", False),
        ("", False),
        ("-1000", False),
        ("1000.0", False),
        ("\u0661\u0660\u0660\u0660", False),
        ("9" * 5000, False),
    ],
)
def test_timestamps_within_the_tolerance_are_fresh(timestamp: str, *, fresh: bool) -> None:
    assert is_fresh(timestamp, now=1000, tolerance_seconds=300) is fresh
