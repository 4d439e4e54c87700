"""What processes cost, read from /proc."""

import contextlib
import os
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += family(int(child))
    return found


def cpu_ms(pids: list[int]) -> float:
    """CPU time of all threads so far, in milliseconds."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                continue
    return total / 1e6


def resident_kb(pids: list[int]) -> float:
    """Resident memory, in kilobytes."""
    return sum(_status(pid, "VmRSS") for pid in pids)


def _status(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def pin(pids: list[int], core: int) -> None:
    """Every thread of these processes onto one core; threads made later inherit it."""
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {core})


def descriptors(pids: list[int]) -> int:
    """Open file descriptors, sockets among them."""
    return sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)


def threads(pids: list[int]) -> int:
    return sum(_status(pid, "Threads") for pid in pids)


def udp_sockets(pids: list[int]) -> int:
    """Bound UDP sockets, one that is shared by a process and its relay counted once."""
    known = set()
    for table in ("udp", "udp6"):
        rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        known |= {f"socket:[{row.split()[9]}]" for row in rows}
    return len(known & {link for pid in pids for link in _links(pid)})


def _links(pid: int) -> list[str]:
    found = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(descriptor))
    return found


def stolen_seconds() -> float:
    """How long this machine's host kept all its cores from running although they had work, since it started."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")
