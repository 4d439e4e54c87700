"""Settings of a web process that owns the calls, and talks to its pages through a Redis that is away."""

import os

os.environ["CCSITE_REDIS"] = "unix:///nowhere/redis.sock"

from ccsite.settings import *  # noqa: F403  (the name of the store comes first)

CCSDK = {**CCSDK, "SWITCHBOARD": "inside", "SIP_HOST": "127.0.0.1", "SIP_PORT": 0}  # noqa: F405
