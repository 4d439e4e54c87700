"""The ASGI application that a project serves: Django for HTTP, the widget's socket, the switchboard inside or apart.

In a project's ``asgi.py``: ``application = widget.routing.application(get_asgi_application())``.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.urls import path

from widget import conf, open_pages
from widget.consumers import RESTARTING, AgentConsumer
from widget.switchboard.lifecycle import START_FAULTS, InlineSwitchboard, Switchboard, attach_to_daphne
from widget.switchboard.remote import RemoteSwitchboard

SOCKET_PATH = "cc/ws"

Application = Callable[[dict[str, Any], Callable[..., Awaitable[Any]], Callable[..., Awaitable[Any]]], Awaitable[None]]


class CcApplication(ProtocolTypeRouter):  # type: ignore[misc]  # channels has no types
    """Routes by protocol and keeps the switchboard of this process, or the way to that of another."""

    def __init__(self, http: Application, switchboard: Switchboard) -> None:
        socket = AllowedHostsOriginValidator(URLRouter([path(SOCKET_PATH, AgentConsumer.as_asgi())]))
        super().__init__({"http": http, "websocket": socket, "lifespan": self._lifespan})
        self.switchboard = switchboard

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" and not await self.switchboard.is_ready():
            await send({"type": "websocket.accept"})
            # With a reason that a page can read; it comes again by itself.
            await send({"type": "websocket.close", "code": RESTARTING})
            return
        await super().__call__(scope, receive, send)

    async def _lifespan(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """ASGI lifespan, for servers that have it."""
        await receive()
        try:
            await self.switchboard.ensure_started()
        except START_FAULTS as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.switchboard.stop()
        await send({"type": "lifespan.shutdown.complete"})


def application(http: Application) -> CcApplication:
    """Wrap a project's HTTP application; under Daphne the switchboard starts and stops with the server."""
    is_apart = conf.current().switchboard == conf.APART
    switchboard: Switchboard = RemoteSwitchboard(open_pages.send_all_back) if is_apart else InlineSwitchboard()
    attach_to_daphne(switchboard)
    return CcApplication(http, switchboard)
