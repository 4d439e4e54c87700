"""Settings of the demo: the reference site, on this machine only.

Loopback media is a demo and test matter (a page could otherwise aim the server's media at the server itself), which is
why these settings are a module of their own and no switch of the site's.
"""

from ccsite.settings import *  # noqa: F403  (the demo is the reference site)
from ccsite.settings import CCSDK as SITE_CCSDK
from ccsite.settings import LOGGING as SITE_LOGGING
from widget.media.addresses import interface_addresses


def is_outside(address: str) -> bool:
    """An IPv4 address of this machine beside loopback, to which Firefox sends no media. Strangers' packets are dropped:
    they lack the keys that a signed-in page was given."""
    return ":" not in address and not address.startswith("127.")


DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "ccsite.demo.urls"
STATIC_ROOT = None  # static files are served from where they are
CCSDK = {
    **SITE_CCSDK,
    "ALLOW_LOOPBACK_MEDIA": True,
    "MEDIA_ADDRESSES": ["127.0.0.1", *(address for address in interface_addresses() if is_outside(address))],
    "SIP_HOST": "127.0.0.1",
    "SIP_PORT": 0,
}
# Daphne adds a handler of its own to the root logger: each line would be shown twice.
LOGGING = {**SITE_LOGGING, "loggers": {"widget": {"handlers": ["console"], "level": "INFO", "propagate": False}}}
