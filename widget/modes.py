"""Which mode holds for an agent, and what it says about calls."""

from __future__ import annotations

from widget.models import Agent, AgentStatus, Mode


def most_specific(application: Mode, group: Mode | None = None, agent: Mode | None = None) -> Mode:
    """The agent's own mode wins over the group's, the group's over the application's. They are not mixed."""
    return agent or group or application


def mode_of(agent: Agent) -> Mode:
    """The mode that holds for an agent now."""
    return most_specific(agent.application.default_mode, agent.group.mode, agent.mode)


def statuses(mode: Mode) -> tuple[int, ...]:
    """What the agent may choose by hand. Idle is always there: it is the way back."""
    offered = (
        (AgentStatus.IDLE, True),
        (AgentStatus.BUSY, mode.may_be_busy),
        (AgentStatus.SHORT_BREAK, mode.may_take_breaks),
    )
    return tuple(status.value for status, is_offered in offered if is_offered)


def wrap_up_seconds(agent: Agent) -> int:
    """How long after-call work lasts; 0 = none."""
    own = mode_of(agent).wrap_up_seconds
    return agent.group.wrap_up_seconds if own is None else own
