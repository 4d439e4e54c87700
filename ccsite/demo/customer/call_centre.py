"""The customer's side of the credential interface: what every customer's back end has to write, and no more."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from ccsite.demo import values

CREDENTIAL_PATH = "/v3/cc/seat/createSdkAuthentication"
MODE_PATH = "/demo/mode"
"""Of the demo's call centre alone; others have no such interface."""
EXPIRES_SECONDS = 3600
TIMEOUT_SECONDS = 5.0


class RefusedError(Exception):
    """The call centre gave no credential; ``status`` is its status code, or "" when it could not be asked."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCentre:
    """Where the call centre is and who we are there."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    agents: Mapping[str, str] = field(default_factory=values.agents)

    @classmethod
    def from_environment(cls) -> CallCentre:
        """Read CUSTOMER_SDK_URL, CUSTOMER_API_KEY and CUSTOMER_API_SECRET, and how many CUSTOMER_AGENTS there are."""
        names = ("CUSTOMER_SDK_URL", "CUSTOMER_API_KEY", "CUSTOMER_API_SECRET")
        url, api_key, api_secret = (os.environ.get(name, "") for name in names)
        agents = (
            values.agents(int(os.environ["CUSTOMER_AGENTS"])) if "CUSTOMER_AGENTS" in os.environ else values.agents()
        )
        return cls(url=url, api_key=api_key, api_secret=api_secret, agents=agents)

    @property
    def origin(self) -> str:
        """What the page's policy has to allow."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    async def credential(self, account: str) -> str:
        """Return a fresh credential for an agent. Raises RefusedError."""
        data = await self._ask(CREDENTIAL_PATH, {"account": account, "expires": EXPIRES_SECONDS})
        return str(data["authentication"])

    async def mode(self, account: str, wanted: str | None) -> dict[str, Any]:
        """The modes that there are and the agent's own: ``wanted`` from now on, unless None. Raises RefusedError."""
        return await self._ask(MODE_PATH, {"account": account} | ({} if wanted is None else {"mode": wanted}))

    async def _ask(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        headers = self.signed_headers(int(time.time()))
        try:
            async with httpx.AsyncClient(base_url=self.url, timeout=TIMEOUT_SECONDS) as client:
                answer = (await client.post(path, json=body, headers=headers)).json()
        except (httpx.HTTPError, ValueError) as fault:
            raise RefusedError("", f"the call centre at {self.url} did not answer: {fault}") from fault
        if answer.get("status") != "0":
            raise RefusedError(str(answer.get("status")), str(answer.get("reason")))
        return dict(answer["data"])

    def signed_headers(self, timestamp: int) -> dict[str, str]:
        """Sign = MD5(key + secret + timestamp): the interface's own rule, and no choice of ours."""
        signed = f"{self.api_key}{self.api_secret}{timestamp}".encode()
        return {
            "Content-Type": "application/json;charset=UTF-8",
            "Api-Key": self.api_key,
            "Timestamp": str(timestamp),
            "Sign": hashlib.md5(signed, usedforsecurity=False).hexdigest(),
        }
