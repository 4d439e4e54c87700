"""Text that shows what it is: no control characters, and none that turn the writing direction of what stands around."""

from __future__ import annotations

import re

# C0 and C1 controls, line and paragraph separators, and the bidirectional controls of UAX 9 but the three marks, which
# turn nothing. Joiners stay: Hindi and Arabic are written with them.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def is_visible(text: str) -> bool:
    """Whether a text has none of them."""
    return _HIDDEN.search(text) is None


def visible(text: str) -> str:
    """Each of them becomes U+FFFD. For a text from outside that stands within a sentence or a name of ours."""
    return _HIDDEN.sub("\ufffd", text)
