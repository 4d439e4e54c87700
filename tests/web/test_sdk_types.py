"""sip-sdk.d.ts: TypeScript accepts it, and it names what the element has."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TYPES = (ROOT / "static/widget/sip-sdk.d.ts").read_text(encoding="utf-8")
ELEMENT = (ROOT / "static/widget/sip-sdk.js").read_text(encoding="utf-8")
CONSTANTS = (ROOT / "static/widget/frame/constants.js").read_text(encoding="utf-8")
COMPILER = ROOT / ".venv/biome/node_modules/typescript/lib/tsc.js"
NODE = ROOT / ".venv/bin/node"


def _body(name: str) -> str:
    found = re.search(rf"interface {name}\b[^{{]*{{(.*?)^}}", TYPES, re.S | re.M)
    assert found
    return found[1]


def test_typescript_accepts_a_page_that_uses_everything() -> None:
    options = ("--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom")
    page = ROOT / "tests/web/sdk_types.ts"
    done = subprocess.run([NODE, COMPILER, *options, page], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""


def test_every_method_is_typed() -> None:
    listed = re.search(r'const METHODS =\s+"([^"]+)"', ELEMENT)
    assert listed
    own = re.findall(r"^    (hangupCall|unregister|getState)\(", ELEMENT, re.M)
    typed = set(re.findall(r"^  (\w+)\(", _body("CcSdkElement"), re.M))
    assert typed - {"addEventListener", "removeEventListener"} == {*listed[1].split(), *own}


def test_every_event_is_typed() -> None:
    events = re.search(r"EVENT = Object\.freeze\({(.*?)}\)", CONSTANTS, re.S)
    assert events
    assert set(re.findall(r"^  (on\w+):", _body("CcEventMap"), re.M)) == set(re.findall(r'"(on\w+)"', events[1]))


def test_every_option_is_typed() -> None:
    options = re.search(r"OPTION_TYPES = {(.*?)};", ELEMENT, re.S)
    assert options
    typed = re.findall(r"^  (\w+)\??:", _body("CcRegisterOptions"), re.M)
    assert typed == re.findall(r"(\w+):", options[1])
