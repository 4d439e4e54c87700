"""Fixtures of the SIP room."""

import pytest

from tests.sip.virtual import VirtualClock, VirtualNetwork


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def network(clock: VirtualClock) -> VirtualNetwork:
    return VirtualNetwork(clock)
