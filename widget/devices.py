"""Which microphone, speaker and ringer an agent chose, kept with the agent: the choice outlasts browser and page.

A browser's id of a device is good on that browser only, so the label is kept beside it: on another computer the same
headset is found by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from widget.models import Agent

KINDS = ("input", "output", "ringer")
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Device:
    """``id`` as the browser names it, ``label`` as people do. Both are hostile."""

    id: str
    label: str


def keep(agent_id: int, chosen: Mapping[str, Device | None]) -> None:
    """Remember the choice; a kind that is ``None`` or left out follows the system's default."""
    devices = {kind: asdict(device) for kind, device in chosen.items() if device is not None}
    Agent.objects.filter(pk=agent_id).update(devices=devices)


def of_agent(agent: Agent) -> dict[str, Any]:
    """Return ``{kind: {"id", "label"}}`` of what the agent chose."""
    return dict(agent.devices)
