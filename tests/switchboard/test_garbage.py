"""What the collector leaves alone, told by a process of its own: freezing would last for the whole test run."""

import subprocess
import sys

SETTLED = """
import gc
from widget.switchboard import garbage
cycle = []; cycle.append(cycle)
garbage.settle()
assert gc.get_freeze_count() > 1000
assert gc.get_threshold() == (garbage.YOUNG, garbage.MIDDLE, garbage.OLD)
looked_at = []
gc.callbacks.append(lambda phase, info: looked_at.append(info["generation"]))
kept = [[] for _ in range(garbage.YOUNG // 2)]
assert looked_at == []
"""


def test_what_was_loaded_is_never_looked_at_again_and_a_call_triggers_nothing() -> None:
    subprocess.run([sys.executable, "-c", SETTLED], check=True, timeout=60)
