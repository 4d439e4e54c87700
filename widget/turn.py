"""TURN for agents behind strict firewalls: which servers a browser may use, with credentials that soon expire.

The secret is shared with the TURN server (coturn: ``use-auth-secret`` and ``static-auth-secret``), which holds no list
of users: the name says until when it is good and for whom, the password is its signature ("A REST API For Access To
TURN Services", draft-uberti-behave-turn-rest-00, section 2.2).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from widget import conf


def ice_configuration(account: str, expires_at: datetime) -> dict[str, Any]:
    """Return what the agent's ``RTCPeerConnection`` is made with; {} where no TURN server is configured.

    The credential ends with the agent's own, and is renewed with it. An allocation that stands by then goes on.
    """
    settings = conf.current()
    if not settings.turn_urls:
        return {}
    username = f"{int(expires_at.timestamp())}:{account}"
    server = {
        "urls": list(settings.turn_urls),
        "username": username,
        "credential": _sign(username, settings.turn_secret),
    }
    return {"iceServers": [server], "iceTransportPolicy": "relay" if settings.turn_only else "all"}


def _sign(username: str, secret: str) -> str:
    # SHA-1 is what TURN servers check; as a MAC it is sound.
    return base64.b64encode(hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()).decode()
