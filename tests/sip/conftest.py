"""Fixtures of the SIP room."""

import pytest

from tests.sip.far_end import CALLER, Callee
from tests.sip.virtual import Caller, VirtualClock, VirtualNetwork, start_agent


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def network(clock: VirtualClock) -> VirtualNetwork:
    return VirtualNetwork(clock)


@pytest.fixture
def callee(network: VirtualNetwork) -> Callee:
    return Callee(network)


@pytest.fixture
def caller(network: VirtualNetwork) -> Caller:
    return start_agent(network, CALLER)
