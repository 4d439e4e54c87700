"""The scripts that browsers load: one file made of the frame's modules, small, and the same as their sources."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from widget.scripts import bundle, compact, element_script, frame_script, without_comments

ROOT = Path(__file__).parents[2]
HOST_LIMIT, FRAME_LIMIT = 4096, 40_000


def test_sizes_in_bytes_as_they_travel() -> None:
    assert len(element_script().packed) <= HOST_LIMIT
    assert len(frame_script().packed) <= FRAME_LIMIT


def test_the_frames_script_holds_every_module_that_the_frame_needs() -> None:
    served = _nameless(frame_script().content.decode())
    modules = set((ROOT / "static/widget/frame").glob("*.js")) - {ROOT / "static/widget/frame/refusal.js"}
    for path in modules:
        last = without_comments(path.read_text(encoding="utf-8")).splitlines()[-2]
        assert _nameless(compact(last.removeprefix("export "))).rstrip(";\n") in served, path.name


def _nameless(source: str) -> str:
    """Without the constants' names, long or short."""
    return re.sub(r"\$[a-z]+|(?<![.\w])[A-Z][A-Z\d_]+\b", "", source)


def test_modules_are_joined_in_the_order_of_their_imports(tmp_path: Path) -> None:
    (tmp_path / "words.js").write_text("// Words.\nexport const WORD = 'a';\nconst own = 1;\nexport class Book {}\n")
    (tmp_path / "main.js").write_text('import { WORD } from "./words.js";\nconst mine = 2;\nuse(WORD, mine);\n')
    assert bundle(tmp_path / "main.js").splitlines() == [
        "(() => {",
        '"use strict";',
        "const WORD = 'a';",
        "const own = 1;",
        "class Book {}",
        "const mine = 2;",
        "use(WORD, mine);",
        "})();",
    ]


@pytest.mark.parametrize(
    "source",
    ['import all from "./x.js";\n', 'import "./x.js";\n', "export default 1;\n", "const a = 1;\nexport { a };\n"],
)
def test_another_form_is_refused_not_mangled(tmp_path: Path, source: str) -> None:
    (tmp_path / "main.js").write_text(source)
    with pytest.raises(ValueError, match="not understood"):
        bundle(tmp_path / "main.js")


@pytest.mark.parametrize("declaration", ["export function NAME() {}", "const NAME = 2;", "class NAME {}"])
def test_a_name_that_two_modules_declare_is_refused(tmp_path: Path, declaration: str) -> None:
    (tmp_path / "one.js").write_text("const NAME = 1;\nexport const OTHER = NAME;\n")
    (tmp_path / "main.js").write_text(f'import {{ OTHER }} from "./one.js";\n{declaration}\n')
    with pytest.raises(ValueError, match="two modules: NAME"):
        bundle(tmp_path / "main.js")


def test_comments_go_and_code_stays() -> None:
    source = (
        "/** A.\n * B\n */\nfunction a() {\n  return 4; // not a line of its own\n}\n// c\nclass D {\n  *e() {}\n}\n"
    )
    assert without_comments(source).splitlines() == [
        "function a() {",
        "return 4; // not a line of its own",
        "}",
        "class D {",
        "*e() {}",
        "}",
    ]


@pytest.mark.parametrize(
    ("source", "served"),
    [
        ("const a = (b, c) => {\nreturn b ?? c;\n};\n", "const a=(b,c)=>{return b??c};"),
        ('say("a = b, c", `d = ${e} : f`);\n', 'say("a = b, c",`d = ${e} : f`);'),
        ("if (a > b && /^[ ,;/]+ = $/.test(c)) d();\n", "if(a>b&&/^[ ,;/]+ = $/.test(c))d();"),
        ("let a = b\n? c\n: d;\n}\nnext();\n", "let a=b?c:d}\nnext();"),
        ("call(\na,\n{ b: [\nc,\n],\n},\n)\n.then(d);\n", "call(a,{b:[c]}).then(d);"),
        (
            "const LIMIT = 2;\nconst ALL =\n[4];\nset({ LIMIT: LIMIT }, [...ALL], a.LIMIT, JSON);\n",
            "const $a=2;const $b=[4];set({LIMIT:$a},[...$b],a.LIMIT,JSON);",
        ),
        ('const LIMIT = 2;\nsay("LIMIT", `LIMIT ${LIMIT + a}`);\n', 'const $a=2;say("LIMIT",`LIMIT ${$a + a}`);'),
        ("class A {\n#word = 1;\na(b) {\nreturn b?.#word;\n}\n}\n", "class A{#a=1;a(b){return b?.#a}\n}\n"),
        ("const half = count / 2, rest = count / 3;\n", "const half=count / 2,rest=count / 3;"),
        ("return a !== b;\n", "return a!==b;"),
        ('const said = "a \\" = b";\n', 'const said="a \\" = b";'),
    ],
)
def test_space_goes_only_where_it_says_nothing(source: str, served: str) -> None:
    assert compact(source) == served


def test_no_source_has_a_form_that_compacting_would_break() -> None:
    for path in (ROOT / "static/widget").rglob("*.js"):
        source = without_comments(path.read_text(encoding="utf-8"))
        assert not re.search(r"`[^`\n]*\$\{[^}`\n]*`", source), f"{path.name}: a template within a template"
        assert not re.search(r"^[^`]*`[^`]*$", source, re.MULTILINE), f"{path.name}: a template over two lines"


def test_no_constant_keeps_its_name_where_it_is_declared_or_used() -> None:
    for script in (element_script(), frame_script()):
        ours = script.content.decode().rpartition("(()=>{")[2]
        assert re.findall(r"(?:const |\.{3})[A-Z][A-Z\d_]+\b", ours) == []
    names = [
        name
        for path in (ROOT / "static/widget").rglob("*.js")
        for name in re.findall(
            r"^ *(?:export )?const ([A-Z][A-Z\d_]+) =", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    ]
    served = re.sub(r'"[^"\n]*"', "", f"{element_script().content.decode()}{frame_script().content.decode()}")
    assert [name for name in names if re.search(rf"(?<![.\w]){name}\b(?!:)", served)] == []


def test_the_style_sheet_needs_no_static_files(client: Client) -> None:
    response: Any = client.get("/cc/frame.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert b"--accent:" in response.content


@pytest.mark.parametrize(("query", "kept"), [(f"?v={frame_script().tag}", "immutable"), ("", "no-cache")])
def test_the_frames_script_is_kept_under_its_own_name(client: Client, query: str, kept: str) -> None:
    response: Any = client.get(f"/cc/frame.js{query}", headers={"accept-encoding": "gzip"})
    assert gzip.decompress(response.content) == frame_script().content
    assert kept in response["Cache-Control"]
    again = client.get("/cc/frame.js", headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304
