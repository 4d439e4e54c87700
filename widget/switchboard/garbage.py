"""Python's garbage collector in a process that carries calls: it stops the loop while it works.

With its usual thresholds it looks at everything that was ever imported again and again, 40 ms each time, and every few
calls at all that live; half of what signalling cost was that.
"""

import gc

YOUNG = 10_000
"""Net allocations between two looks at the youngest objects: some hundred calls, about 1 ms."""
MIDDLE = 20
OLD = 50
"""Everything is looked at once in YOUNG * MIDDLE * OLD net allocations: what a desk or a call leaves behind in cycles
waits that long at most, some ten thousand calls."""


def settle() -> None:
    """Call once, when the process has loaded what it needs: that is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
