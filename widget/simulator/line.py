"""The line that the simulated carrier's SIP comes in over: as bad as it is told to be."""

import asyncio
import random

from widget.simulator.impairment import Impairment
from widget.sip.config import UserAgentConfig
from widget.sip.dispatcher import OnInvite, OnRegister
from widget.sip.transport import Address, MessageTransport
from widget.sip.user_agent import UserAgent


class UserAgentOnLine(UserAgent):
    """Loses and delays datagrams before anything reads them; TCP and TLS repair themselves and are left alone."""

    def __init__(
        self, line: Impairment, config: UserAgentConfig, *, on_invite: OnInvite, on_register: OnRegister
    ) -> None:
        super().__init__(config, on_invite=on_invite, on_register=on_register)
        self._line = line
        self._chance = random.Random(line.loss)  # noqa: S311  (a bad line, the same each time, and no secret)

    def receive(self, data: bytes, source: Address, transport: MessageTransport) -> None:
        """One message from the network."""
        late = 0.0 if transport.reliable or self._line.is_none else self._line.lateness(self._chance)
        if late:
            asyncio.get_running_loop().call_later(late, self._arrive, data, source, transport)
        elif late is not None:
            super().receive(data, source, transport)

    def _arrive(self, data: bytes, source: Address, transport: MessageTransport) -> None:
        if not self.is_closed:
            super().receive(data, source, transport)
