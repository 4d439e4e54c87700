"""Trunks are asked whether they are alive; one that is not is shown as such and tried last."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async

from tests.switchboard.silent_peer import silent_peer
from tests.web.factories import make_application, make_trunk
from widget.models import TrunkHealth
from widget.sip.config import UserAgentConfig
from widget.sip.incoming import IncomingCall
from widget.sip.probe import ProbeFailure, ProbeResult
from widget.sip.trunk import Trunk
from widget.sip.user_agent import UserAgent
from widget.switchboard.health import Health, Reason, State, after_call, judge
from widget.switchboard.health_monitor import HealthMonitor
from widget.switchboard.route import Route

START = datetime(2026, 1, 1, tzinfo=UTC)
ALIVE = ProbeResult(code=200, phrase="OK", round_trip_seconds=0.02)
SILENT = ProbeResult(failure=ProbeFailure.SILENCE)
NO_WAY = ProbeResult(failure=ProbeFailure.NO_WAY)
OVERLOADED = ProbeResult(code=503, phrase="Maintenance", round_trip_seconds=0.02)
SLOW = ProbeResult(code=200, round_trip_seconds=1.5)


def after(*results: ProbeResult, failures_allowed: int = 3) -> Health:
    """What is thought of a trunk that answered so, a second apart."""
    health = Health(since=START)
    for second, result in enumerate(results, start=1):
        health = judge(health, result, START + timedelta(seconds=second), failures_allowed=failures_allowed)
    return health


class TestJudge:
    @pytest.mark.parametrize(
        ("results", "state", "reason"),
        [
            ([ALIVE], State.UP, Reason.NONE),
            ([SILENT], State.DEGRADED, Reason.SILENT),
            ([ALIVE, NO_WAY, SILENT], State.DEGRADED, Reason.SILENT),
            ([SILENT] * 3, State.DOWN, Reason.SILENT),
            ([OVERLOADED] * 3, State.DOWN, Reason.OVERLOADED),
            ([SILENT, NO_WAY, OVERLOADED], State.DOWN, Reason.OVERLOADED),
            ([SILENT, SILENT, ALIVE, SILENT], State.DEGRADED, Reason.SILENT),
            ([SILENT] * 3 + [ALIVE], State.UP, Reason.NONE),
            ([SLOW] * 5, State.DEGRADED, Reason.SLOW),
            ([SILENT] * 3 + [SLOW], State.DEGRADED, Reason.SLOW),
        ],
    )
    def test_state(self, results: list[ProbeResult], state: State, reason: Reason) -> None:
        health = after(*results)
        assert (health.state, health.reason) == (state, reason)

    @pytest.mark.parametrize("code", [200, 401, 403, 404, 405, 407, 420, 480, 483, 500, 501, 603])
    def test_whoever_refuses_is_alive(self, code: int) -> None:
        assert after(ProbeResult(code=code)).state is State.UP

    def test_since_is_the_change_of_the_state(self) -> None:
        health = after(ALIVE, SILENT, NO_WAY)
        assert health.since == START + timedelta(seconds=2)
        assert health.checked_at == START + timedelta(seconds=3)

    def test_keeps_what_was_said_and_how_long_it_took(self) -> None:
        health = after(OVERLOADED)
        assert (health.detail, health.round_trip_ms) == ("503 Maintenance", 20)
        assert (after(SILENT).detail, after(SILENT).round_trip_ms) == ("", None)

    def test_a_call_counts_where_options_say_nothing(self) -> None:
        """Some carriers answer none; the calls that they take say that they live, until one is not answered."""
        down, later = after(SILENT, SILENT, SILENT), START + timedelta(hours=1)
        alive = after_call(down, later, lives=True)
        assert (alive.state, alive.reason, alive.since) == (State.UP, Reason.CALLS_ONLY, later)
        still = judge(alive, SILENT, later + timedelta(hours=1), failures_allowed=3)
        assert (still.state, still.reason, still.since) == (State.UP, Reason.CALLS_ONLY, later)
        dead = after_call(still, later, lives=False)
        assert (dead.state, dead.reason) == (State.DOWN, Reason.SILENT)

    @pytest.mark.parametrize("result", [ALIVE, NO_WAY, OVERLOADED])
    def test_a_call_says_nothing_where_options_do(self, result: ProbeResult) -> None:
        health = after(result, result, result)
        assert after_call(health, START, lives=True) is after_call(health, START, lives=False) is health


LOOPBACK = UserAgentConfig(host="127.0.0.1")


@asynccontextmanager
async def peer() -> AsyncIterator[UserAgent]:
    agent = UserAgent(LOOPBACK, on_invite=IncomingCall.ignore)
    await agent.start()
    try:
        yield agent
    finally:
        await agent.close()


def trunk_at(address: tuple[str, int], trunk_id: int = 1) -> Trunk:
    return Trunk(id=trunk_id, host=address[0], port=address[1])


async def until(monitor: HealthMonitor, trunk_id: int, state: State) -> None:
    async with asyncio.timeout(30):
        while monitor.state(trunk_id) is not state:
            await monitor.tick()
            await asyncio.sleep(0.01)


def monitor_of(sip: UserAgent, *trunks: Trunk) -> HealthMonitor:
    return HealthMonitor(sip, lambda: trunks, seconds=0.05, failures=2)


@pytest.mark.django_db(transaction=True)
class TestMonitor:
    async def test_up_then_down_then_up_again(self) -> None:
        row = await sync_to_async(lambda: make_trunk(make_application()))()
        async with peer() as ours:
            async with peer() as theirs:
                address = theirs.address
                monitor = monitor_of(ours, trunk_at(address, row.pk))
                await until(monitor, row.pk, State.UP)
            await until(monitor, row.pk, State.DOWN)
            health = await TrunkHealth.objects.aget()
            again = UserAgent(UserAgentConfig(host="127.0.0.1", port=address[1]), on_invite=IncomingCall.ignore)
            await again.start()
            await until(monitor, row.pk, State.UP)
            await again.close()
        await monitor.tick()
        assert (health.state, health.reason) in {("up", ""), ("degraded", "unreachable"), ("down", "unreachable")}
        await TrunkHealth.objects.aget(trunk=row, state="up", reason="")

    async def test_a_trunk_that_was_deleted_leaves_no_row(self) -> None:
        async with peer() as ours, peer() as theirs:
            monitor = monitor_of(ours, trunk_at(theirs.address, 999))
            await until(monitor, 999, State.UP)
            await monitor.tick()
        assert not await TrunkHealth.objects.aexists()

    async def test_down_is_tried_last_but_tried(self) -> None:
        async with peer() as ours, peer() as theirs:
            with silent_peer() as dead:
                trunks = trunk_at(dead, 1), trunk_at(theirs.address, 2), trunk_at(dead, 3)
                monitor = monitor_of(ours, *trunks)
                monitor._watched.clear()
                routes = [Route(trunk=trunk, codecs=(), caller="") for trunk in trunks]
                assert [route.trunk.id for route in monitor.down_last(routes)] == [1, 2, 3]
                monitor._follow()
                for trunk_id in (1, 3):
                    monitor._watched[trunk_id].health = after(SILENT, SILENT, SILENT)
                assert [route.trunk.id for route in monitor.down_last(routes)] == [2, 1, 3]

    async def test_a_changed_trunk_begins_anew(self) -> None:
        async with peer() as ours, peer() as theirs:
            trunks = [trunk_at(theirs.address)]
            monitor = HealthMonitor(ours, lambda: trunks, seconds=60, failures=2)
            await until(monitor, 1, State.UP)
            trunks[0] = Trunk(id=1, host="192.0.2.1")
            monitor._follow()
            assert monitor.state(1) is State.UNKNOWN
            trunks.clear()
            monitor._follow()
            assert not monitor.is_down(1)

    async def test_registration_has_a_line_of_its_own(self) -> None:
        row = await sync_to_async(lambda: make_trunk(make_application()))()
        async with peer() as ours, peer() as theirs:
            host, port = theirs.address
            trunk = Trunk(id=row.pk, host=host, port=port, username="acme", registers=True)
            monitor = monitor_of(ours, trunk)
            ours.add_trunk(trunk)
            async with asyncio.timeout(30):
                while not await TrunkHealth.objects.filter(registration="failed").aexists():
                    await monitor.tick()
            ours.remove_trunk(trunk.id)
