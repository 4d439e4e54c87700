"""A scenario together with what our side does in it, and the runner for each transport."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sip.callers import LiveCallee, LiveCaller
from tests.sip.certificates import Authority
from tests.sip.matrix.script import Script, Step, Wire
from tests.sip.matrix.tls_front import tls_front
from tests.sip.peers import Peer, free_port, sipp_script
from widget.sip.config import UserAgentConfig
from widget.sip.events import Answered, HungUp, SipEvent
from widget.sip.tls import TlsOptions, client_context, server_context
from widget.sip.trunk import Transport, Trunk

AUTHORITY = Authority()
TRUST = TlsOptions(ca=AUTHORITY.certificate)
IDENTITY = AUTHORITY.identity("127.0.0.1")
EVERYWHERE = tuple(Transport)
ONE_CONNECTION = ("-t", "t1")


@dataclass
class Carrier:
    """A running scenario that we call, and the trunk that leads there."""

    peer: Peer
    trunk: Trunk


Drive = Callable[[LiveCaller, Carrier], Awaitable[None]]


OURS = HungUp(local=True)


@dataclass(frozen=True, slots=True)
class Case:
    """`drive` dials and does what the agent would; `end` is the call's last event."""

    script: Script
    drive: Drive
    end: SipEvent
    transports: tuple[Transport, ...]

    def __str__(self) -> str:
        return self.script.proves.replace(" ", "_")


def dial(caller: LiveCaller, carrier: Carrier) -> None:
    caller.dial(0, trunk=carrier.trunk)


async def hangs_up_when_answered(caller: LiveCaller, carrier: Carrier) -> None:
    dial(caller, carrier)
    await caller.heard(Answered)
    caller.call.hang_up()


async def waits(caller: LiveCaller, carrier: Carrier) -> None:
    dial(caller, carrier)


@asynccontextmanager
async def carrier(script: Script, transport: Transport, folder: Path) -> AsyncIterator[Carrier]:
    """sipp as the carrier that we call; over TLS with a front of its own."""
    async with AsyncExitStack() as stack:
        port, front = free_port(), 0
        if transport is Transport.TLS:
            front = await stack.enter_async_context(tls_front(port, offers=server_context(IDENTITY)))
        path = script.write(folder, Wire(transport, str(front) if front else "[local_port]"))
        options = () if transport is Transport.UDP else ONE_CONNECTION
        peer = await stack.enter_async_context(sipp_script(path, folder, port=port, options=options))
        yield Carrier(
            peer,
            Trunk(
                id=1,
                host="127.0.0.1",
                port=front or port,
                transport=transport,
                username="joe",
                password="s3cret",
                tls=TRUST,
            ),
        )


@asynccontextmanager
async def callee(transport: Transport) -> AsyncIterator[tuple[LiveCallee, int]]:
    """We take calls of sipp, at the port given; over TLS through a front that speaks it for sipp."""
    live = LiveCallee(UserAgentConfig(host="127.0.0.1", tls=IDENTITY, tls_port=0))
    async with AsyncExitStack() as stack:
        await live.start()
        stack.push_async_callback(live.close)
        port = live.agent.address[1]
        if transport is Transport.TLS:
            port = await stack.enter_async_context(tls_front(live.agent.tls_port, towards=client_context(TRUST)))
        yield live, port


async def judged(peer: Peer) -> None:
    """sipp saw all that its scenario wants."""
    status = await peer.finished()
    assert status == 0, peer.output()


async def run(case: Case, transport: Transport, folder: Path) -> list[SipEvent]:
    """One case over one transport; what the call's owner heard."""
    caller = LiveCaller()
    await caller.start()
    try:
        async with carrier(case.script, transport, folder) as there:
            await case.drive(caller, there)
            ended = await caller.ended()
            await judged(there.peer)
    finally:
        await caller.close()
    assert ended == case.end
    return caller.events


Run = tuple[Case, Transport]


def runs(cases: list[Case]) -> list[Run]:
    return [(case, transport) for case in cases for transport in case.transports]


def names(all_runs: list[Run]) -> list[str]:
    return [f"{case}-{transport.value}" for case, transport in all_runs]


Steps = Step | tuple[Step, ...]


def case(
    proves: str,
    *steps: Steps,
    drive: Drive = hangs_up_when_answered,
    end: SipEvent = OURS,
    transports: tuple[Transport, ...] = EVERYWHERE,
) -> Case:
    """A case from steps and groups of steps."""
    return Case(Script(proves, flattened(steps)), drive, end, transports)


def flattened(steps: tuple[Steps, ...]) -> tuple[Step, ...]:
    return tuple(each for step in steps for each in ((step,) if isinstance(step, Step) else step))
