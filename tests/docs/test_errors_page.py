"""docs/errors.md lists every code, every termination and every status, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from widget import errors
from widget.api.errors import ApiError
from widget.calls.termination import Cause

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")


def test_every_error_of_the_widget() -> None:
    listed = {(int(number), reason) for number, reason in re.findall(r"^\| (\d{6}) \| `(\w+)` \|", PAGE, re.MULTILINE)}
    assert listed == {(each.code, each.reason) for each in errors.CcError.__subclasses__()}


def test_every_termination() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == set(Cause)


def test_every_status_of_the_interface() -> None:
    listed = set(re.findall(r"^\| (-\d+) \|", PAGE, re.MULTILINE))
    assert listed == {each.status for each in ApiError.__subclasses__()}
