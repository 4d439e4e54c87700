"""The simulated carrier: answers INVITEs by the script of the dialled number."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from types import MappingProxyType, TracebackType
from typing import Any, Self

from widget.simulator.call import SimulatedCall, name_of
from widget.simulator.changes import Changes
from widget.simulator.config import CarrierConfig
from widget.simulator.line import UserAgentOnLine
from widget.simulator.numbers import ANY_OTHER, Behaviour, Refusal, Scenario
from widget.simulator.placed_call import PlacedCall, Wish
from widget.sip.config import UserAgentConfig
from widget.sip.incoming import IncomingCall
from widget.sip.registrar import IncomingRegistration
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport, Trunk
from widget.sip.uri import InvalidUriError

logger = logging.getLogger(__name__)

OVERLOADED = Refusal(503, "Service Unavailable")
LONGEST_REGISTRATION_SECONDS = 3600


class SimulatedCarrier:
    """A SIP and RTP endpoint with scripted numbers. Use it as an asynchronous context manager, or start and stop it."""

    def __init__(self, config: CarrierConfig | None = None) -> None:
        self.config = config or CarrierConfig()
        self._agent = UserAgentOnLine(
            self.config.sip_line,
            UserAgentConfig(
                host=self.config.host,
                port=self.config.port,
                user_agent="django-cc-sdk simulated carrier",
                timers=self.config.timers,
                takes_refer=self.config.takes_refer,
                tls=self.config.tls,
                tls_port=self.config.tls_port,
            ),
            on_invite=self._receive,
            on_register=self._register,
        )
        self._bindings: dict[str, str] = {}
        self._calls: deque[SimulatedCall] = deque(maxlen=self.config.history_limit)
        self._unclaimed: deque[SimulatedCall] = deque(maxlen=self.config.history_limit)
        self._live: list[SimulatedCall] = []
        self._placed: list[PlacedCall] = []
        self._changes = Changes()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Bind the SIP port. Raises OSError."""
        await self._agent.start()

    async def stop(self) -> None:
        """Hang up what is up, wait for the callers to confirm it, and give the port back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for call in self.live_calls:
            call.hang_up()
        for placed in self._placed:
            placed.hang_up()
        await self._agent.close()

    async def call(
        self,
        address: tuple[str, int],
        number: str,
        *,
        caller: str = "12025550199",
        behaviour: Behaviour = Behaviour.ECHO,
        transport: Transport = Transport.UDP,
        tls: TlsOptions | None = None,
    ) -> PlacedCall:
        """Call a number of whoever listens at `address`, as a customer of this carrier; returns before it rings.

        `tls` is whom the carrier believes when the transport is TLS.
        Raises OSError without a socket for the audio, InvalidUriError for a number that may not be dialled.
        """
        host, port = address
        wish = Wish(
            number=number,
            host=host,
            port=port,
            caller=caller,
            behaviour=behaviour,
            transport=transport,
            tls=tls or TlsOptions(),
        )
        placed = PlacedCall(wish, self.config)
        self._placed = [*(each for each in self._placed if each.live), placed]
        await placed.place(self._agent)
        return placed

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the SIP socket."""
        return self._agent.address

    @property
    def calls(self) -> Sequence[SimulatedCall]:
        """All calls so far, oldest first, live ones included; bounded by ``history_limit``."""
        return tuple(self._calls)

    @property
    def live_calls(self) -> Sequence[SimulatedCall]:
        """The calls that have not ended."""
        self._live = [call for call in self._live if call.live]
        return tuple(self._live)

    @property
    def registrations(self) -> Mapping[str, str]:
        """Who is signed in: account and Contact URI. Bindings end when they are withdrawn, not by time."""
        return MappingProxyType(self._bindings)

    def trunk(self, trunk_id: int = 1, *, transport: Transport = Transport.UDP, tls: TlsOptions | None = None) -> Trunk:
        """This carrier as a caller configures it; `tls` is what the caller believes."""
        host, port = self.address
        return Trunk(
            id=trunk_id,
            host=host,
            port=self._agent.tls_port if transport is Transport.TLS else port,
            transport=transport,
            username=self.config.username,
            password=self.config.password,
            tls=tls or TlsOptions(),
        )

    async def wait_for_call(self, number: str) -> SimulatedCall:
        """The next call to this number that was not returned before, at once if it is already there."""
        wanted = number.removeprefix("+")
        while (call := self._find(wanted)) is None:
            await self._changes.wait()
        self._unclaimed.remove(call)
        return call

    def _find(self, number: str) -> SimulatedCall | None:
        return next((call for call in self._unclaimed if call.number.removeprefix("+") == number), None)

    def scenario_for(self, number: str) -> Scenario:
        """The script of a dialled number."""
        return self.config.numbers.get(number.removeprefix("+"), ANY_OTHER)

    def _receive(self, incoming: IncomingCall) -> None:
        """Called by the user agent for every new INVITE."""
        scenario = self.scenario_for(incoming.number)
        if scenario.challenges and not self._authenticates(incoming):
            return
        call = SimulatedCall(incoming, scenario, self.config)
        crowded = len(self.live_calls) >= self.config.call_limit
        self._calls.append(call)
        self._live.append(call)
        self._unclaimed.append(call)
        if crowded:
            logger.warning("call=%s refused: %d calls are up", call.name, self.config.call_limit)
            call.refuse(OVERLOADED)
        else:
            call.start()
        if scenario.calls_back_after_seconds is not None:
            self._later(self._call_back(call, incoming.source, scenario.calls_back_after_seconds))
        self._changes.notify()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call_back(self, call: SimulatedCall, address: tuple[str, int], seconds: float) -> None:
        """The number that was called calls its caller, where that call came from."""
        await call.wait_ended()
        await asyncio.sleep(seconds * self.config.time_scale)
        try:
            await self.call(address, call.caller, caller=call.number, behaviour=call.scenario.behaviour)
        except (OSError, InvalidUriError) as error:
            logger.warning("call=%s is not called back: %s", call.name, error)

    def _register(self, registration: IncomingRegistration) -> None:
        """Called by the user agent for every REGISTER; it wants the same credentials as the number that challenges."""
        config = self.config
        if not registration.challenge(config.realm, config.username, config.password, config.algorithm):
            return
        if registration.account != config.username:
            registration.reject(403)
            return
        seconds = min(registration.seconds, LONGEST_REGISTRATION_SECONDS)
        registration.accept(seconds)
        self._bindings.pop(registration.account, None)
        if seconds:
            self._bindings[registration.account] = registration.contact
        logger.info("%r registered for %d s", registration.account, seconds)
        self._changes.notify()

    async def wait_registered(self, account: str) -> str:
        """The Contact of an account, once it has registered."""
        while account not in self._bindings:
            await self._changes.wait()
        return self._bindings[account]

    def _authenticates(self, incoming: IncomingCall) -> bool:
        """Without good credentials the INVITE gets 407; the caller's next one is judged anew."""
        config = self.config
        accepted = incoming.challenge(config.realm, config.username, config.password, config.algorithm)
        logger.info("call=%s %s", name_of(incoming.call_id), "authenticated" if accepted else "challenged")
        return accepted
