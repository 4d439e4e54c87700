"""Which address a request counts as."""

import pytest

from widget.api.client_address import client_address, is_in, parse_address

PROXIES = ("10.0.0.0/8", "127.0.0.1")


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "expected"),
    [
        ("203.0.113.7", "", (), "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", (), "203.0.113.7"),  # nobody trusted: the header is a stranger's word
        ("127.0.0.1", "198.51.100.1", PROXIES, "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", PROXIES, "198.51.100.1"),  # what the client itself put in front
        ("127.0.0.1", "198.51.100.1, 10.1.2.3", PROXIES, "198.51.100.1"),
        ("127.0.0.1", "rubbish", PROXIES, None),
        ("127.0.0.1", "", PROXIES, "127.0.0.1"),
        ("::ffff:203.0.113.7", "", (), "203.0.113.7"),
        ("", "198.51.100.1", PROXIES, None),
    ],
)
def test_the_header_is_believed_as_far_as_our_proxies_wrote_it(
    remote: str, forwarded: str, proxies: tuple[str, ...], expected: str | None
) -> None:
    found = client_address(remote, forwarded, trusted_proxies=proxies)
    assert (str(found) if found else None) == expected


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("203.0.113.7", ["203.0.113.0/24"], True),
        ("203.0.113.7", ["203.0.113.7"], True),
        ("203.0.114.7", ["203.0.113.0/24", "2001:db8::/32"], False),
        ("2001:db8::1", ["203.0.113.0/24", "2001:db8::/32"], True),
        ("", ["0.0.0.0/0"], False),
    ],
)
def test_networks(address: str, networks: list[str], *, inside: bool) -> None:
    assert is_in(parse_address(address), networks) is inside
