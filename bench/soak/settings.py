"""The server's settings while it is soaked: the demo's, with its counts readable and only what is wrong in its log."""

import os

from ccsite.demo.settings import *  # noqa: F403  (the demo, which has loopback media)
from ccsite.demo.settings import CCSDK as DEMO_CCSDK
from ccsite.demo.settings import LOGGING as DEMO_LOGGING

CCSDK = {**DEMO_CCSDK, "MEDIA_ADDRESSES": ["127.0.0.1"], "METRICS_ALLOW": ["127.0.0.1"]}
CCSDK["RELAY_PROCESSES"] = int(os.environ["SOAK_RELAYS"])
LOGGING = {
    **DEMO_LOGGING,
    "loggers": {"widget": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
