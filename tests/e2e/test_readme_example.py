"""The README's back end works as printed, but for the address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ccsite.demo.values import API_KEY, API_SECRET
from tests.e2e.server import RunningSystem

pytestmark = pytest.mark.e2e

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_back_end_of_the_readme_fetches_a_credential(system: RunningSystem) -> None:
    block = next(code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "def credential" in code)
    names: dict[str, Any] = {"API_KEY": API_KEY, "API_SECRET": API_SECRET}
    exec(block.replace("https://cc.example.com", system.server_url), names)  # noqa: S102  (our own README)
    assert re.fullmatch(r"Bearer \w{10}:demo_001:[\w-]{36}", names["credential"]("demo_001"))
    with pytest.raises(RuntimeError, match="-24"):
        names["credential"]("nobody")
