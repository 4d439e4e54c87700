"""The demo's own view, on no other site: the playground shows an agent in any of the demo's modes.

Everywhere else modes are an admin's matter alone; that is why this is no part of the widget.
"""

from __future__ import annotations

from typing import Any

from widget import open_widgets
from widget.api.endpoint import Body, post_endpoint
from widget.api.errors import NotFoundError
from widget.models import Agent, Application, Mode


@post_endpoint
def agent_mode(application: Application, body: Body) -> dict[str, Any]:
    """``{"account"}`` → ``{"modes": [names], "mode": name}``; with ``"mode"`` it is given to the agent first.

    The name "" stands for what the agent's group or application says. Signed like the credential interface.
    """
    agent = Agent.objects.filter(application=application, account=str(body.get("account"))).first()
    if agent is None:
        raise NotFoundError("account does not exist")
    if "mode" in body:
        _give(agent, str(body["mode"]))
    return {"modes": list(Mode.objects.values_list("name", flat=True)), "mode": agent.mode.name if agent.mode else ""}


def _give(agent: Agent, name: str) -> None:
    mode = Mode.objects.filter(name=name).first()
    if mode is None and name:
        raise NotFoundError("mode does not exist")
    agent.mode = mode
    agent.save(update_fields=["mode"])
    open_widgets.refresh(Agent.objects.filter(pk=agent.pk))
