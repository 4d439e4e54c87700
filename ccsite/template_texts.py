"""For ``make messages``: the texts that Django's own templates mark, which Babel does not find by itself.

Django turns a template into the calls of gettext that it stands for, with blanked text between them; Babel reads those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize


def extract(file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Any) -> Iterator[Any]:
    """Babel's interface of an extractor, for ``{% translate %}``, ``{% blocktranslate %}`` and ``_("…")``.

    What it yields is Babel's: line, function, texts and comments.
    """
    calls = templatize(file.read().decode("utf-8"))
    # Blanked text that is indented would be no Python.
    lines = "".join(line.lstrip(" \t") for line in calls.splitlines(keepends=True))
    yield from extract_python(BytesIO(lines.encode()), keywords, comment_tags, options)
