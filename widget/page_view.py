"""What one socket has told its page, so that the page hears of changes and of nothing twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

from channels.db import database_sync_to_async

from widget import wire
from widget.calls.agent import AgentStatus
from widget.calls.call import CallState
from widget.errors import CcError, TransferFailedError, TransferRefusedError
from widget.rendering import TAKEN_BACK, AgentView, FrameOptions, fragments

_TRANSFER_ERRORS: Mapping[str, type[CcError]] = MappingProxyType(
    {"failed": TransferFailedError, "refused": TransferRefusedError}
)

Send = Callable[[str], Awaitable[None]]


class Tell(Protocol):
    """Tells the page of an error, in its language."""

    async def __call__(self, error: type[CcError]) -> None: ...


class PageView:
    """The page's status, audio, switches, transfer and fragments, as it knows them."""

    def __init__(self, send: Send, tell: Tell) -> None:
        self._send = send
        self._tell = tell
        self.status: int | None = None
        self.leg: bool | None = None
        self._switches = {"mute": False, "hold": False}
        self._transfer = ("", "")
        self._fragments: dict[str, str] = {}

    def begin(self, *, is_fresh: bool) -> None:
        """A page came. A fresh one takes offline and disconnected for granted: it hears of a change only."""
        self.status, self.leg = (AgentStatus.OFFLINE, False) if is_fresh else (None, None)

    def forget_fragments(self) -> None:
        """Show everything anew the next time."""
        self._fragments.clear()

    async def show_leg(self, view: AgentView) -> None:
        """Say that the audio connection came or went."""
        if view.leg_connected != self.leg:
            self.leg = view.leg_connected
            await self._frame("leg", state="connected" if view.leg_connected else "disconnected", reason="")

    async def show_state(self, view: AgentView) -> None:
        """Say the agent's status, mute and hold, and a transfer that came to nothing."""
        if view.status != self.status:
            self.status = view.status
            await self._frame("status", value=view.status)
        await self._show_switches(view)
        await self._show_transfer(view)

    async def show_fragments(self, view: AgentView, options: FrameOptions) -> None:
        """Send what looks different, in one frame."""
        html = await database_sync_to_async(fragments)(view, options, datetime.now(UTC))
        changed = [text for name, text in html.items() if self._fragments.get(name) != text]
        self._fragments = html
        if changed:
            await self._send("\n".join(changed))

    async def _show_switches(self, view: AgentView) -> None:
        """Mute and hold of the live call; without a call both are off."""
        call = view.call if view.call is not None and view.call.state != CallState.ENDED else None
        for name, value in (("mute", call is not None and call.muted), ("hold", call is not None and call.held)):
            if self._switches[name] != value:
                self._switches[name] = value
                await self._frame(name, value=value)

    async def _show_transfer(self, view: AgentView) -> None:
        """A failure is told once; a transfer that is done ends the call."""
        shown = (view.call.id, view.call.transfer_state) if view.call is not None else ("", "")
        before, self._transfer = self._transfer, shown
        error = _TRANSFER_ERRORS.get(shown[1])
        is_news = before[0] == shown[0] and before != shown
        if error is not None and is_news and view.call is not None and view.call.transfer_code != TAKEN_BACK:
            await self._tell(error)

    async def _frame(self, kind: str, **fields: Any) -> None:
        await self._send(wire.frame(kind, **fields))
