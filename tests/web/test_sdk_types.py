"""sip-sdk.d.ts: TypeScript accepts it, and it names what the element has."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from widget import models
from widget.switchboard.journal import on_call_value

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


def test_every_field_of_a_call_is_typed_and_null_where_it_may_be() -> None:
    typed = dict(re.findall(r"^  readonly (\w+): (.*);", _body("CcCall"), re.M))
    value = on_call_value(models.Call(started_at=datetime(2026, 1, 5, tzinfo=UTC), state="calling"))
    assert list(typed) == list(value)
    assert {name for name, kind in typed.items() if "null" in kind} == {
        name for name, given in value.items() if given is None
    } | {"startedAt"}


def test_what_get_state_gives_before_the_sign_in_is_typed() -> None:
    signed_out = re.search(r"SIGNED_OUT = {(.*?)^  };", ELEMENT, re.S | re.M)
    assert signed_out
    typed = re.findall(r"^  readonly (\w+):", _body("CcState"), re.M)
    assert re.findall(r"^    (\w+):", signed_out[1], re.M) == typed


def test_every_option_is_typed() -> None:
    options = re.search(r"OPTION_TYPES = {(.*?)};", ELEMENT, re.S)
    assert options
    typed = re.findall(r"^  (\w+)\??:", _body("CcRegisterOptions"), re.M)
    assert typed == re.findall(r"(\w+):", options[1])
