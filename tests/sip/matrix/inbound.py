"""A call that a carrier makes to us: its scenario, what our side does about it, and the runner for each transport."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.sip.callers import until
from tests.sip.matrix.case import EVERYWHERE, ONE_CONNECTION, Steps, callee, flattened, judged
from tests.sip.matrix.drives import takes
from tests.sip.matrix.script import SDP, Script, Wire
from tests.sip.peers import free_port, sipp_script
from widget.sip.events import Confirmed, HungUp, IncomingEvent
from widget.sip.incoming import IncomingCall
from widget.sip.trunk import Transport

Decide = Callable[[IncomingCall], None]
ENDED = (Confirmed, HungUp)
OUR_SDP = SDP.replace("\n", "\r\n")


def answers(incoming: IncomingCall) -> None:
    incoming.ring()
    incoming.answer(OUR_SDP)


def rings(incoming: IncomingCall) -> None:
    incoming.ring()


def early_media(incoming: IncomingCall) -> None:
    incoming.ring(183, OUR_SDP)
    incoming.answer(OUR_SDP)


def rejects(code: int) -> Decide:
    return lambda incoming: incoming.reject(code)


def answers_one_who_is_asserted(incoming: IncomingCall) -> None:
    who = incoming.identity
    assert (who.asserted, who.name, who.is_private, who.diverted_from) == ("+4930123", "Alice", True, "100")
    answers(incoming)


def is_never_asked(incoming: IncomingCall) -> None:
    raise AssertionError(f"a call came in: {incoming.call_id}")


@dataclass(frozen=True, slots=True)
class Inbound:
    """`events` are the kinds that our side hears, in order; `hangs_up`: we do, when the call is up."""

    script: Script
    decide: Decide = answers
    events: tuple[type[IncomingEvent], ...] = ENDED
    hangs_up: bool = False
    transports: tuple[Transport, ...] = field(default=EVERYWHERE)

    def __str__(self) -> str:
        return self.script.proves.replace(" ", "_")


def inbound(
    proves: str,
    *steps: Steps,
    decide: Decide = answers,
    events: tuple[type[IncomingEvent], ...] = ENDED,
    hangs_up: bool = False,
) -> Inbound:
    return Inbound(Script(proves, flattened(steps)), decide, events, hangs_up)


TheirRun = tuple[Inbound, Transport]


def their_runs(cases: list[Inbound]) -> list[TheirRun]:
    return [(each, transport) for each in cases for transport in each.transports]


def their_names(all_runs: list[TheirRun]) -> list[str]:
    return [f"{each}-{transport.value}" for each, transport in all_runs]


async def run_theirs(case: Inbound, transport: Transport, folder: Path) -> None:
    """One case over one transport."""
    async with callee(transport) as (live, port):
        live.decide = case.decide
        live.hangs_up = case.hangs_up
        live.change = takes
        own = free_port()
        path = case.script.write(folder, Wire(transport, str(own)))
        options = () if transport is Transport.UDP else ONE_CONNECTION
        async with sipp_script(path, folder, port=own, target=f"127.0.0.1:{port}", options=options) as peer:
            await judged(peer)
        if case.events:
            await until(lambda: len(live.events) >= len(case.events))
            assert tuple(type(event) for event in live.events) == case.events
