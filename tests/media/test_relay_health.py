"""Signs of life added up over relays, and how busy the present one is."""

import pytest

from widget.media.relay.protocol import Health
from widget.media.relay_health import RelayHealth


def sign(cpu_seconds: float, strays: int = 0) -> Health:
    return Health(cpu_seconds=cpu_seconds, strays=strays, held_back=1, rejected=2, replayed=1, undelivered=0)


def test_the_share_is_that_of_the_last_seconds() -> None:
    health = RelayHealth()
    assert health.cpu_share == 0
    for tenth in range(100):
        health.learn(sign(0.09 * tenth), 50 + 0.1 * tenth)
    assert health.cpu_share == pytest.approx(0.9)
    for tenth in range(100):
        health.learn(sign(9.0), 60 + 0.1 * tenth)
    assert health.cpu_share == 0


def test_a_dead_relays_counts_stay() -> None:
    health = RelayHealth()
    health.learn(sign(2.0, strays=7), 1.0)
    health.died()
    assert health.cpu_share == 0
    health.learn(sign(0.5, strays=1), 2.0)
    told = health.statistics(browser_legs=3, carrier_legs=2)
    assert (told.cpu_seconds, told.strays, told.rejected, told.restarts) == (2.5, 8, 4, 1)
    assert (told.browser_legs, told.carrier_legs) == (3, 2)
