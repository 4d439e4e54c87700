"""Tells when the make that started the demo wants to stop.

GNU make passes SIGTERM on to its recipe, but neither SIGINT nor SIGHUP when they were sent to make alone: it resets the
signal to its default and waits for the recipe, for ever. Whether a process catches a signal is in /proc/PID/status
(proc(5), SigCgt), so the change is visible. Without /proc only the parent's death is noticed.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

LOOK_SECONDS = 0.5


async def wants_to_stop() -> None:
    """Return when the parent process has ended or has received a signal that ends it."""
    parent_id = os.getppid()
    caught = caught_signals(parent_id)
    while os.getppid() == parent_id and caught_signals(parent_id) == caught:  # noqa: ASYNC110  (/proc has no events)
        await asyncio.sleep(LOOK_SECONDS)


def caught_signals(process_id: int) -> str:
    """Return the mask of the signals that a process catches; "" where that cannot be known."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    found = re.search(r"^SigCgt:\s*(\w+)", status, re.MULTILINE)
    return found[1] if found else ""
