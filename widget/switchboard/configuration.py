"""The settings of the project, as the rooms below take them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from widget import conf
from widget.media.config import BrowserAddress, MediaConfig
from widget.sip.config import UserAgentConfig


@dataclass(frozen=True, slots=True)
class PublicAddresses:
    """Public address by local address, for hosts whose network translates one into the other."""

    public: Mapping[str, str]

    def __call__(self, local: str, remote: str) -> str:
        """Return what ``remote`` is told. A peer of a private network is inside with us, "" is anyone's browser."""
        if remote and ipaddress.ip_address(remote).is_private:
            return local
        return self.public.get(local, local)


def sip_config(settings: conf.CcSettings) -> UserAgentConfig:
    """Return what the user agent is made with."""
    return UserAgentConfig(
        host=settings.sip_host,
        port=settings.sip_port,
        first_response_seconds=settings.first_response_seconds,
        advertise=PublicAddresses(settings.public_addresses),
    )


def media_config(settings: conf.CcSettings) -> MediaConfig:
    """Return what the media service is made with."""
    advertise = PublicAddresses(settings.public_addresses)
    browsers = (BrowserAddress(host, advertised=advertise(host, "")) for host in settings.media_addresses or ())
    return MediaConfig(
        browser_addresses=tuple(browsers),
        browser_port=settings.media_port,
        carrier_ports=range(settings.carrier_ports[0], settings.carrier_ports[1] + 1),
        allow_loopback=settings.allow_loopback_media,
        advertise=advertise,
    )
