"""docs/embedding.md against the code: methods, events, properties; its plain page runs in tests/e2e/element."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import engines

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/embedding.md").read_text(encoding="utf-8")
TYPES = (ROOT / "static/widget/sip-sdk.d.ts").read_text(encoding="utf-8")
ELEMENT = (ROOT / "static/widget/sip-sdk.js").read_text(encoding="utf-8")
ORIGINAL = {"callPhone", "hangupCall", "reConnectWebrtc", "onSeatStatus", "onCall", "onWebrtcStatus", "onHttp"}


def _names(heading: str) -> set[str]:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)", section, re.MULTILINE))


def _typed(interface: str, pattern: str) -> set[str]:
    body = TYPES.split(f"interface {interface} ")[1].split("\n}")[0]
    return set(re.findall(pattern, body, re.MULTILINE)) - ORIGINAL


def test_methods() -> None:
    listeners = {"addEventListener", "removeEventListener"}
    assert _names("Methods") == _typed("CcSdkElement", r"^  (\w+)\(") - listeners
    assert all(f"{name}" in PAGE for name in ORIGINAL)


def test_events() -> None:
    assert _names("Events") == _typed("CcEventMap", r"^  (on\w+):")


def test_properties() -> None:
    theme = re.search(r'const THEME = "([^"]+)"', ELEMENT)
    assert theme
    listed = set(re.findall(r"`--cc-(\w+)`", PAGE))
    assert listed == {*theme[1].split(), "width", "height"}
    assert {"width", "height"} <= set(re.findall(r"var\(--cc-(\w+)", ELEMENT))


@pytest.mark.parametrize("engine", ["django", "jinja2"])
def test_the_template_examples(engine: str) -> None:
    found = re.search(r"```django\n(.*?)```", PAGE, re.DOTALL) if engine == "django" else re.search(r"({{.*?}})", PAGE)
    assert found
    html = engines[engine].from_string(found[1]).render({"token": "Bearer x", "request": {"csp_nonce": "n1"}})
    assert '<cc-sdk id="sdk"></cc-sdk>' in html
    assert 'ccSdk.register({"token": "Bearer x", "lang": "es"' in html
