"""What the rooms below are told of the project's settings."""

from __future__ import annotations

import pytest

from widget.conf import CcSettings
from widget.switchboard.configuration import PublicAddresses, media_config, sip_config

INSIDE, OUTSIDE = "10.0.0.5", "198.20.0.10"


@pytest.mark.parametrize(
    ("local", "remote", "told"),
    [
        (INSIDE, "", OUTSIDE),
        (INSIDE, "8.8.4.4", OUTSIDE),
        (INSIDE, "10.0.0.77", INSIDE),
        (INSIDE, "127.0.0.1", INSIDE),
        ("10.0.0.6", "8.8.4.4", "10.0.0.6"),
    ],
)
def test_peers_outside_are_told_the_public_address(local: str, remote: str, told: str) -> None:
    assert PublicAddresses({INSIDE: OUTSIDE})(local, remote) == told


def test_both_rooms_name_the_public_address() -> None:
    settings = CcSettings(public_addresses={INSIDE: OUTSIDE}, media_addresses=[INSIDE])
    assert sip_config(settings).advertise(INSIDE, "8.8.4.4") == OUTSIDE
    media = media_config(settings)
    assert media.advertise(INSIDE, "8.8.4.4") == OUTSIDE
    assert [address.public for address in media.browser_addresses] == [OUTSIDE]
