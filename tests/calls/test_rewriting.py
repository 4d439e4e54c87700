"""Numbers as a carrier writes them."""

import pytest

from widget.calls.rewriting import NumberRule, rewrite

TO_E164 = (NumberRule("00", "+"), NumberRule("0", "+49", min_digits=6), NumberRule("", "+", min_digits=8))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("004930123456", "+4930123456"),
        ("030123456", "+4930123456"),
        ("12025550100", "+12025550100"),
        ("110", "110"),
        ("+12025550100", "+12025550100"),
        ("0110", "0110"),
    ],
)
def test_the_first_rule_that_fits_is_applied_once(number: str, written: str) -> None:
    assert rewrite(number, TO_E164) == written


@pytest.mark.parametrize("number", ["anonymous", "", "+", "1;x=y", "1" * 21, "١٢٣"])
def test_what_is_no_number_stays_as_it_is(number: str) -> None:
    assert rewrite(number, [NumberRule("", "+")]) == number


def test_a_rule_whose_result_cannot_be_dialled_is_passed_over() -> None:
    rules = [NumberRule("", "00"), NumberRule("+", "00")]
    assert rewrite("+4930123456", rules) == "004930123456"
    assert rewrite("1" * 20, [NumberRule("", "+1")]) == "1" * 20
    assert rewrite("49", [NumberRule("49", "")]) == "49"


def test_plus_is_no_digit() -> None:
    rule = NumberRule("", "9", min_digits=3, max_digits=3)
    assert (rewrite("123", [rule]), rewrite("+123", [rule]), rewrite("1234", [rule])) == ("9123", "+123", "1234")
