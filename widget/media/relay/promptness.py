"""Being woken on time. On a core that others use as well, a process that works for a fraction of a millisecond at a
time may wait for the whole turn of one that works on: a call then hears a pause of many milliseconds.

All of it is a wish that needs no privilege; where the kernel does not know it, nothing changes.
"""

import contextlib
import os
import platform
import struct
from typing import Final

from widget.media.relay.net import ffi, libc

ffi.cdef("""
    long syscall(long, ...);
    int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long);
""")

#: How long a turn of ours is to be, 0.1 to 100 ms: whoever asks for short ones gets them sooner (Linux 6.12).
_TURN_NANOSECONDS: Final = 100_000
#: By how much a timer may be late (prctl(2)); 50 microseconds if nothing is said.
_SLACK_NANOSECONDS: Final = 1_000
_PR_SET_TIMERSLACK: Final = 29
#: The number of sched_setattr(2).
_SCHED_SETATTR: Final = {"x86_64": 314, "aarch64": 274}
#: Size, policy (0 = as everybody), flags, nice, priority, turn, deadline, period.
_ATTRIBUTES: Final = struct.Struct("=IIQiIQQQ")


def be_prompt() -> bool:
    """For this thread; whether the kernel knows what was asked."""
    libc.prctl(_PR_SET_TIMERSLACK, _SLACK_NANOSECONDS, 0, 0, 0)
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None:
        return False
    nice = 0
    with contextlib.suppress(OSError):
        nice = os.getpriority(os.PRIO_PROCESS, 0)
    attributes = _ATTRIBUTES.pack(_ATTRIBUTES.size, 0, 0, nice, 0, _TURN_NANOSECONDS, 0, 0)
    memory = ffi.new("char[]", attributes)
    failed: int = libc.syscall(ffi.cast("long", number), ffi.cast("int", 0), memory, ffi.cast("unsigned int", 0))
    return failed == 0
