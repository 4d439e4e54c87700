import socket

import pytest

from widget.media.addresses import (
    CarrierPorts,
    browser_addresses,
    interface_addresses,
    local_address_towards,
    open_browser_sockets,
    open_udp,
)
from widget.media.config import BrowserAddress, MediaConfig
from widget.media.errors import MediaError, MediaFailure

OUTSIDE, LOOPBACK, LINK_LOCAL = "192.0.2.7", "127.0.0.1", "169.254.1.1"


@pytest.mark.parametrize(
    ("config", "found", "offered"),
    [
        (MediaConfig(), [LOOPBACK, OUTSIDE], [OUTSIDE]),
        (MediaConfig(allow_loopback=True), [LOOPBACK, OUTSIDE], [OUTSIDE, LOOPBACK]),
        (MediaConfig(), [LOOPBACK], [LOOPBACK]),
        (MediaConfig(), [LOOPBACK, LINK_LOCAL], [LOOPBACK]),
        (MediaConfig(), [OUTSIDE, "2001:db8::7", "fe80::1"], [OUTSIDE, "2001:db8::7"]),
        (MediaConfig(advertise=lambda local, remote: f"198.51.100.{local[-1]}"), [OUTSIDE], ["198.51.100.7"]),
    ],
)
def test_browsers_are_offered_what_they_can_reach(config: MediaConfig, found: list[str], offered: list[str]) -> None:
    chosen = browser_addresses(config, found)
    assert [address.public for address in chosen] == offered


def test_configured_addresses_stand_for_themselves() -> None:
    config = MediaConfig(browser_addresses=(BrowserAddress(LOOPBACK, advertised="203.0.113.5"),))
    (address,) = browser_addresses(config, [OUTSIDE])
    assert (address.host, address.public) == (LOOPBACK, "203.0.113.5")


def test_this_host_has_loopback() -> None:
    assert LOOPBACK in interface_addresses()
    assert local_address_towards(LOOPBACK) == LOOPBACK


def test_browser_sockets_share_a_port_where_they_can() -> None:
    opened = open_browser_sockets([BrowserAddress("127.0.0.1"), BrowserAddress("127.0.0.2")], 0)
    assert len({item.getsockname()[1] for item in opened}) == 1
    for item in opened:
        item.close()


def test_a_taken_port_is_told_and_leaves_nothing_open() -> None:
    with open_udp("127.0.0.2", 0) as taken:
        with pytest.raises(OSError, match=r"in use"):
            open_browser_sockets([BrowserAddress("127.0.0.1"), BrowserAddress("127.0.0.2")], taken.getsockname()[1])
        open_udp("127.0.0.1", taken.getsockname()[1]).close()


@pytest.mark.parametrize(
    ("host", "level", "wanted"),
    [
        ("127.0.0.1", socket.IPPROTO_IP, socket.IP_RECVTOS),
        ("::1", socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS),
    ],
)
def test_datagrams_are_marked_as_voice(host: str, level: int, wanted: int) -> None:
    with open_udp(host, 0) as sender, open_udp(host, 0) as receiver:
        receiver.setsockopt(level, wanted, 1)
        sender.sendto(b"audio", receiver.getsockname())
        _, ((_, _, field),), _, _ = receiver.recvmsg(16, 64)
    assert field[0] >> 2 == 46


def test_carrier_ports_skip_what_is_taken_and_run_out() -> None:
    with open_udp(LOOPBACK, 0) as taken:
        port = taken.getsockname()[1] & ~1
        ports = CarrierPorts(range(port, port + 2))
        with pytest.raises(MediaError) as caught:
            ports.open(LOOPBACK)
        assert caught.value.failure is MediaFailure.NO_PORT
    opened = ports.open(LOOPBACK)
    with pytest.raises(MediaError):
        ports.open(LOOPBACK)
    ports.close(opened)
    ports.close(ports.open(LOOPBACK))
