"""Agents ("seats" in the original's interface)."""

from __future__ import annotations

import logging
from typing import Any

from widget import credentials
from widget.api.endpoint import Body, post_endpoint
from widget.api.errors import NotFoundError, ParameterError
from widget.models import Agent, Application

MIN_EXPIRES_SECONDS, MAX_EXPIRES_SECONDS = 60, 28_800

logger = logging.getLogger(__name__)


@post_endpoint
def create_sdk_authentication(application: Application, body: Body) -> dict[str, str]:
    """Issue the credential that a page passes to ``register()`` (original-api.md, 4.6)."""
    account, expires_seconds = _account(body.get("account")), _expires(body.get("expires"))
    agent = _find_agent(application, account)
    authentication = credentials.issue(agent, expires_seconds)
    # Audit: who may sign in as whom, for how long; never the token.
    logger.info("credential issued: application %s, account %s, %s s", application.public_id, account, expires_seconds)
    return {"authentication": authentication}


def _account(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ParameterError("account must be a non-empty string: the agent's account")
    return value


def _expires(value: Any) -> int:
    # A digit string is taken as well: the original's fields change between Integer and String.
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9:
        value = int(value)
    if type(value) is not int or not MIN_EXPIRES_SECONDS <= value <= MAX_EXPIRES_SECONDS:
        raise ParameterError(
            f"expires must be an integer from {MIN_EXPIRES_SECONDS} to {MAX_EXPIRES_SECONDS}, in seconds"
        )
    return value


def _find_agent(application: Application, account: str) -> Agent:
    # A NUL cannot be in an account, and PostgreSQL refuses to look for one.
    agents = Agent.objects.select_related("application").filter(application=application, enabled=True)
    agent = None if "\0" in account else agents.filter(account=account).first()
    if agent is None:
        raise NotFoundError("account does not exist or is disabled")
    return agent
