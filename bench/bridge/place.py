"""Where a run takes place: a network namespace of its own, or loopback.

Janus offers browsers no loopback address, so it needs an interface. The namespace has a pair of them, joined to each
other, and the generator's networks as addresses of its own; nothing leaves it. It takes root, or user namespaces.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

_INSIDE: Final = "BENCH_BRIDGE_NAMESPACE"
_SYSTEM: Final = "10.77.0.1"
_MAC: Final = "02:00:00:00:00:01"
_COMMANDS: Final = (
    "link set lo up",
    f"link add bench0 address {_MAC} type veth peer name bench1",
    f"link set bench1 address {_MAC}",
    f"addr add {_SYSTEM}/32 dev bench0",
    "link set bench0 arp off up",
    "link set bench1 arp off up",
    "route add local 10.2.0.0/15 dev lo",
    "route add 10.2.0.0/15 dev bench0",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The address of the system under test, and the first two octets of browsers' and carriers' addresses."""

    system: str
    browsers: str
    carriers: str
    has_interface: bool


LOOPBACK: Final = Place(system="127.0.0.1", browsers="127.2", carriers="127.3", has_interface=False)
NAMESPACE: Final = Place(system=_SYSTEM, browsers="10.2", carriers="10.3", has_interface=True)


def settle() -> Place:
    """Move into a namespace by starting this program anew in it; stay on loopback where that cannot be."""
    if _INSIDE in os.environ:
        return NAMESPACE if _furnish() else LOOPBACK
    options = ["--net"] if os.geteuid() == 0 else ["--net", "--user", "--map-root-user"]
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, *options, "true"], capture_output=True, check=False).returncode:
        return LOOPBACK
    os.environ[_INSIDE] = "1"
    os.execv(unshare, [unshare, *options, sys.executable, "-m", "bench.bridge", *sys.argv[1:]])  # noqa: S606 - as meant


def _furnish() -> bool:
    for command in _COMMANDS:
        if subprocess.run(["ip", *command.split()], capture_output=True, check=False).returncode:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=False)
            return False
    for name in ("all", "lo", "bench0", "bench1"):
        for setting, value in (("accept_local", "1"), ("rp_filter", "0")):
            with open(f"/proc/sys/net/ipv4/conf/{name}/{setting}", "w") as file:
                file.write(value)
    return True
