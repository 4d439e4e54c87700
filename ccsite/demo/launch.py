"""Runs a command that ends when its parent ends: ``python -m ccsite.demo.launch PARENT_ID PROGRAM ARGUMENT…``.

The supervisor stops its services itself; this is for the day when it cannot, because it was killed outright. Only Linux
has the notification (prctl(2), PR_SET_PDEATHSIG); elsewhere the command simply runs.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent_id: int) -> None:
    """Ask the kernel for SIGTERM when the parent ends; it survives execv. Exits if the parent is gone already."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent_id:
        sys.exit(1)


def main(arguments: list[str]) -> None:
    """Replace this process with the command."""
    end_with_parent(int(arguments[0]))
    os.execv(arguments[1], arguments[1:])  # noqa: S606  (the supervisor's own command, and no shell wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
