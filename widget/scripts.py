"""What browsers load beside the documents, made once per process: the element's script, and the frame's files.

They are served by views of ours, not as static files, so a project has nothing to set up for them.

The sources are plain files that run as they are. What is served leaves out comments and the space between words and
signs, and the frame's modules travel together with htmx: one request in place of thirty before an agent is ready, and
one third of the bytes.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from types import MappingProxyType

from django.contrib.staticfiles import finders
from django.urls import reverse

_LIBRARIES = ("django_htmx/htmx-2.min.js", "django_htmx/ext/hx-ws-2.min.js")
_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:const|class|function\*?) \w+)", re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE)
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_STRING = r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`"""
_PATTERN = r"/(?![/*\s])(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*(?=[.,;)\s])"
_PRIVATE = re.compile(r"(?:(?<=\.)|(?<=^)|(?<=get )|(?<=set )|(?<=async )|(?<=static )|(?<=\*))#([A-Za-z]\w*)", re.M)
_SIGN = r"=>|[!=]==|&&|\|\||\?\?=?|[-+*]?=|[][{}(),;:?<>]"
_GOES_ON = r"\n(?=[.?:]|&&|\|\|)"
_NEEDLESS = rf",\n?(?=[)\]}}])|;\n?(?=\}})|{_GOES_ON}"
"""A last comma, a last semicolon, and the end of a line that the next one goes on with."""
_CONSTANT = re.compile(r"^const ([A-Z][A-Z\d_]+) =\s", re.MULTILINE)
_NAME = r"(?:(?<=\.{3})|(?<![.\w$#]))[A-Z][A-Z\d_]+\b(?!:)"
_IN_TEMPLATE = re.compile(r"(?<=\$\{)[^}]*")
_SPACED = re.compile(rf"({_STRING}|{_PATTERN})|(?:{_NEEDLESS})|({_NAME})|[ ]*({_SIGN})[ ]*(?!{_GOES_ON})(\n)?")
_ENDS = frozenset("}>)")
"""Signs after which a statement may end without a semicolon: their line's end stays."""


@dataclass(frozen=True, slots=True)
class Script:
    """What is sent: as it is, gzipped, and the strong tag of the content (32 hexadecimal digits)."""

    content: bytes
    packed: bytes
    tag: str


@functools.lru_cache(maxsize=1)
def element_script() -> Script:
    """``sip-sdk.js``, which customers' pages load."""
    return _script(compact(without_comments(_source("widget/sip-sdk.js"))))


@functools.cache
def frame_file(name: str) -> Script:
    """One of ``FRAME_FILES``."""
    return FRAME_FILES[name]()


def frame_part_address(name: str) -> str:
    """Where one of ``FRAME_FILES`` is, under its own tag, so that browsers may keep it for good."""
    return f"{reverse('ccsdk:frame-part', kwargs={'name': name})}?v={frame_file(name).tag}"


def frame_script() -> Script:
    """htmx, its WebSocket extension and the frame's modules, as one classic script."""
    libraries = [_source(name) for name in _LIBRARIES]
    return _script("\n".join([*libraries, compact(bundle(Path(_path("widget/frame/frame.js"))))]))


def refusal_script() -> Script:
    """The script of the frame that only says that its application does not exist."""
    return _script(compact(bundle(Path(_path("widget/frame/refusal.js")))))


def frame_style() -> Script:
    """The frame's style sheet."""
    return _script(without_comments(_source("widget/frame/frame.css")))


FRAME_FILES: Mapping[str, Callable[[], Script]] = MappingProxyType(
    {"frame.js": frame_script, "refusal.js": refusal_script, "frame.css": frame_style}
)


def bundle(entry: Path) -> str:
    """Join a module and all that it imports into one script with one scope: a scope for each would cost 400 bytes.

    Takes what our modules use: ``import { names } from "./file.js"`` and named exports at their declarations. Raises
    ValueError for another form, or for a name that two modules declare.
    """
    modules: dict[str, str] = {}
    _collect(entry, modules)
    declared = [name for source in modules.values() for name in _DECLARED.findall(source)]
    if twice := {name for name in declared if declared.count(name) > 1}:
        raise ValueError(f"declared by two modules: {', '.join(sorted(twice))}")
    return "\n".join(['(() => {\n"use strict";', *map(_body, modules.values()), "})();\n"])


def without_comments(source: str) -> str:
    """Leave out indentation and lines that are comments; our scripts have no text that runs over lines."""
    return "\n".join(_kept(source)) + "\n"


def compact(source: str) -> str:
    """Leave out the space around signs, but within strings and patterns, and shorten private names and constants.

    Takes lines without comments, in the form that Biome gives our sources: semicolons, double quotes, and no template
    within a template. A constant is what a module declares in capitals; no other name begins with "$".
    """
    names: dict[str, str] = {}
    shorter = _PRIVATE.sub(lambda found: f"#{names.setdefault(found[1], _short(len(names)))}", source)
    constants = {name: f"${_short(place)}" for place, name in enumerate(_CONSTANT.findall(shorter))}
    return _SPACED.sub(functools.partial(_tightened, constants=constants), shorter)


def _short(place: int) -> str:
    """a, b … z, ba, bb …"""
    rest, last = divmod(place, len(ascii_lowercase))
    return (_short(rest) if rest else "") + ascii_lowercase[last]


def _tightened(found: re.Match[str], *, constants: Mapping[str, str]) -> str:
    kept, name, sign, end = found.groups(default="")
    if kept.startswith("`"):
        return _IN_TEMPLATE.sub(lambda hole: re.sub(_NAME, lambda it: constants.get(it[0], it[0]), hole[0]), kept)
    return kept or constants.get(name, name) or sign + (end if sign in _ENDS else "")


def _collect(path: Path, modules: dict[str, str]) -> None:
    """Add a module after those that it imports. Ours have no circles; the first visit ends one."""
    source = path.read_text(encoding="utf-8")
    for _names, name in _IMPORT.findall(source):
        if name not in modules:
            _collect(path.with_name(f"{name}.js"), modules)
    modules[path.stem] = _IMPORT.sub("", source)


def _body(source: str) -> str:
    body = without_comments(_EXPORT.sub("", source)).rstrip("\n")
    if other := _OTHER.search(body):
        raise ValueError(f"not understood: {other[0]}")
    return body


def _kept(source: str) -> Iterator[str]:
    in_comment = False
    for line in map(str.strip, source.splitlines()):
        in_comment = in_comment or line.startswith("/*")
        if line and not in_comment and not line.startswith("//"):
            yield line
        in_comment = in_comment and "*/" not in line


def _source(name: str) -> str:
    return Path(_path(name)).read_text(encoding="utf-8")


def _path(name: str) -> str:
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(f"static file {name}")
    return found


def _script(text: str) -> Script:
    content = text.encode()
    return Script(content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:32])
