"""Which carriers are not asked again."""

import pytest

from widget.switchboard.refer_refusals import REMEMBERED_SECONDS, ReferRefusals


@pytest.mark.parametrize(("code", "expected"), [(405, True), (501, True), (408, True), (403, False), (603, False)])
def test_only_what_is_about_the_method_is_remembered(code: int, expected: bool) -> None:  # noqa: FBT001  (pytest's)
    refusals = ReferRefusals(now=lambda: 10.0)
    refusals.note(1, code)
    assert refusals.expects(1) is expected
    assert not refusals.expects(2)


def test_it_is_asked_again_after_an_hour() -> None:
    now = 10.0
    refusals = ReferRefusals(now=lambda: now)
    refusals.note(1, 405)
    now += REMEMBERED_SECONDS
    assert not refusals.expects(1)
