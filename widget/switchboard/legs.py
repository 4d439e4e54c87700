"""Whose leg is it? The media side reports by leg, the switchboard thinks by agent."""

from collections.abc import Iterable


class LegDirectory:
    """Leg id to agent id, for browser legs and carrier legs alike."""

    def __init__(self) -> None:
        self._agents: dict[str, int] = {}

    def add(self, leg: str, agent_id: int) -> None:
        self._agents[leg] = agent_id

    def discard(self, leg: str) -> None:
        self._agents.pop(leg, None)

    def agent_of(self, leg: str) -> int | None:
        return self._agents.get(leg)

    def agents_of(self, legs: Iterable[str]) -> set[int]:
        return {self._agents[leg] for leg in legs if leg in self._agents}
