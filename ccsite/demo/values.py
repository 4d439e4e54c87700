"""The demo's fixed values: public on purpose, which is why the demo listens on loopback only."""

LOOPBACK = "127.0.0.1"
API_KEY = "demoKey1"
API_SECRET = "demoSecret1"  # noqa: S105  (a demo value that the README prints)
ADMIN_USER = "admin"
ADMIN_PASSWORD = "admin"  # noqa: S105  (as above)
APPLICATION = "Demo"
AGENTS = (
    ("demo_001", "Ada Brook"),
    ("demo_002", "Ben Costa"),
    ("demo_003", "Clara Diaz"),
    ("demo_004", "Dev Elgin"),
)
TRUNK = "Simulated carrier"
TRUNK_USER = "demo"
TRUNK_PASSWORD = "demo"  # noqa: S105  (what the simulated carrier expects)
CALLER_ID = "12025550199"
