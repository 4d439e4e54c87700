"""The demo's fixed values: public on purpose, which is why the demo listens on loopback only."""

from __future__ import annotations

LOOPBACK = "127.0.0.1"
API_KEY = "demoKey1"
API_SECRET = "demoSecret1"  # noqa: S105  (a demo value that the README prints)
ADMIN_USER = "admin"
ADMIN_PASSWORD = "admin"  # noqa: S105  (as above)
APPLICATION = "Demo"
NAMED_AGENTS = (
    ("demo_001", "Ada Brook"),
    ("demo_002", "Ben Costa"),
    ("demo_003", "Clara Diaz"),
    ("demo_004", "Dev Elgin"),
)
TRUNK = "Simulated carrier"
TRUNK_USER = "demo"
TRUNK_PASSWORD = "demo"  # noqa: S105  (what the simulated carrier expects)
CALLER_ID = "12025550199"
ECHO_NUMBER = "12025550100"


def agents(count: int = len(NAMED_AGENTS)) -> dict[str, str]:
    """Return account → name of so many agents: the four with names, and colleagues with numbers."""
    numbered = ((f"demo_{number:03}", f"Agent {number}") for number in range(len(NAMED_AGENTS) + 1, count + 1))
    return dict([*NAMED_AGENTS, *numbered][:count])
