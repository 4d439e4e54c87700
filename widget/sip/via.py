"""Via (RFC 3261 sections 18.2 and 20.42): branches, and where a response goes."""

import re
from dataclasses import dataclass
from functools import lru_cache

from widget.sip.address import InvalidAddressError, split_parameters, split_value

MAGIC_COOKIE = "z9hG4bK"
VIA = re.compile(
    r"SIP\s*/\s*2\.0\s*/\s*(?P<transport>[A-Za-z0-9-]{1,16})\s+"
    r"(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9_.-]{1,255})(?:\s*:\s*(?P<port>[0-9]{1,5}))?\s*(?P<parameters>;.*)?",
    re.I | re.S,
)
BRANCH = re.compile(r";[ \t]*branch[ \t]*=[ \t]*([^\s;,=\"<>]*)", re.I)
SET_BY_US = frozenset({"received", "rport"})


@dataclass(frozen=True, slots=True)
class Via:
    """The topmost Via. `wants_rport`: the sender asks for the answer at its source port (RFC 3581)."""

    transport: str
    host: str
    port: int | None
    branch: str
    wants_rport: bool
    parameters: tuple[tuple[str, str], ...]

    @property
    def sent_by(self) -> str:
        """`host:port` as part of a transaction's key, the host in lower case."""
        return f"{self.host.lower()}:{self.port or 5060}"


@lru_cache(maxsize=512)
def parse_via(text: str) -> Via:
    """Read one Via value. Raises InvalidAddressError."""
    match = VIA.fullmatch(text)
    if match is None:
        raise InvalidAddressError("the Via is not valid")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port <= 65_535:
        raise InvalidAddressError("the Via's port is out of range")
    parameters = tuple(split_parameters(match["parameters"] or ""))
    keys = [key for key, _ in parameters]
    if keys.count("branch") > 1:
        raise InvalidAddressError("the Via has two branches")
    branch = next((value for key, value in parameters if key == "branch"), "")
    return Via(match["transport"].upper(), match["host"], port, branch, "rport" in keys, parameters)


def read_branch(text: str) -> str:
    """The branch of one Via value: all that a response's is good for. Raises InvalidAddressError unless it has one."""
    branches = BRANCH.findall(text)
    if len(branches) != 1:
        raise InvalidAddressError("the Via has no branch, or two")
    [branch] = branches
    return str(branch)


def stamp_source(values: list[str], via: Via, source: tuple[str, int]) -> list[str]:
    """The Via values for our responses: `received` and `rport` are ours, what the sender wrote there is dropped."""
    rest = split_value(values[0])[1:]
    return [stamped(via, source), *rest, *values[1:]]


def stamped(via: Via, source: tuple[str, int]) -> str:
    """The top value with the packet's own source (RFC 3261 section 18.2.1, RFC 3581 section 4)."""
    kept = "".join(f";{key}={value}" if value else f";{key}" for key, value in via.parameters if key not in SET_BY_US)
    port = f":{via.port}" if via.port else ""
    rport = f";rport={source[1]}" if via.wants_rport else ""
    return f"SIP/2.0/{via.transport} {via.host}{port}{kept};received={source[0]}{rport}"


def response_address(via: Via, source: tuple[str, int]) -> tuple[str, int]:
    """Where our response goes: back to where the request came from, at the port that section 18.2.2 names.

    `maddr` is left out on purpose: it would let a sender aim our responses at a third party.
    """
    return source if via.wants_rport else (source[0], via.port or 5060)
