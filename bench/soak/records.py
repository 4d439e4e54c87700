"""Whether what the server wrote down is what the carrier's own log says."""

from collections.abc import Iterator

from bench.soak.calls import Agent, is_ended_by_agent
from bench.soak.carrier import Carried
from bench.soak.server import Server

#: Records have whole seconds, and on a busy machine either side may read its clock late.
_TOLERANCE_SECONDS = 1.5


def faults(server: Server, agents: list[Agent], log: list[Carried]) -> Iterator[str]:
    """What is wrong, one line each; nothing if every call has exactly one true record."""
    rows = {row["id"]: row for row in server.query("SELECT * FROM ccsdk_call")}
    sounds = {row["call_id"]: row for row in server.query("SELECT call_id, mos_lowest FROM ccsdk_callquality")}
    if (len(rows), len(log)) != (len(agents), len(agents)):
        yield f"{len(agents)} calls, but {len(log)} INVITEs and {len(rows)} records"
    for agent in agents:
        row = rows.get(agent.id)
        if row is None:
            yield f"no record of call {agent.id}"
            continue
        yield from (f"call {agent.id}: {fault}" for fault in _wrong(row, agent))
        if agent.id not in sounds:
            yield f"call {agent.id}: nothing of how it sounded"


def _wrong(row: dict[str, object], agent: Agent) -> Iterator[str]:
    termination = "agent_hung_up" if is_ended_by_agent(agent) else "customer_hung_up"
    wanted = {"state": "ended", "called": agent.carried.number, "termination": termination}
    yield from (f"{name} is {row[name]}, not {value}" for name, value in wanted.items() if row[name] != value)
    seconds = row["duration_seconds"]
    if not isinstance(seconds, int) or abs(seconds - agent.carried.seconds) > _TOLERANCE_SECONDS:
        yield f"{seconds} s in the record, {agent.carried.seconds:.2f} s by the carrier"
