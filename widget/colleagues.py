"""Who else is in an agent's group, and whether they could take a call now."""

from __future__ import annotations

from dataclasses import dataclass

from widget.models import Agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """``status`` is the contract's number (``onSeatStatus``); only an idle one with audio can be rung."""

    id: int
    account: str
    name: str
    status: int

    @property
    def shown_name(self) -> str:
        return self.name or self.account


def colleagues_of(agent_id: int) -> tuple[Colleague, ...]:
    """The enabled agents of the same group, by name, without the agent."""
    group = Agent.objects.filter(pk=agent_id).values("group")
    rows = Agent.objects.filter(group__in=group, enabled=True).exclude(pk=agent_id).order_by("name", "account")
    return tuple(Colleague(id=row.pk, account=row.account, name=row.name, status=row.status) for row in rows)


def find_colleague(agent_id: int, account: str) -> Colleague | None:
    """The colleague of this account; one of another group is none."""
    return next((each for each in colleagues_of(agent_id) if each.account == account), None)
