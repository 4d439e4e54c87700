"""The settings of the project, as the rooms below take them."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from widget import conf
from widget.media.config import BrowserAddress, MediaConfig
from widget.sip.config import UserAgentConfig
from widget.sip.tls import TlsOptions, server_context


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
        second_host=settings.sip_second_host,
        tls=server_tls(settings),
        tls_port=settings.sip_tls_port,
        first_response_seconds=settings.first_response_seconds,
        advertise=PublicAddresses(settings.public_addresses),
    )


def server_tls(settings: conf.CcSettings) -> TlsOptions | None:
    """Return our identity for carriers that connect to us, None without one. Raises OSError, TlsError (unusable)."""
    if not settings.sip_tls_certificate:
        return None
    options = TlsOptions(
        certificate=Path(settings.sip_tls_certificate).read_text(),
        key=Path(settings.sip_tls_key).read_text() if settings.sip_tls_key else "",
        ca=Path(settings.sip_tls_ca).read_text() if settings.sip_tls_ca else "",
    )
    server_context(options)
    return options


def media_config(settings: conf.CcSettings) -> MediaConfig:
    """Return what the media service is made with."""
    advertise = PublicAddresses(settings.public_addresses)
    browsers = (BrowserAddress(host, advertised=advertise(host, "")) for host in settings.media_addresses or ())
    return MediaConfig(
        relays=settings.relay_processes or max(len(os.sched_getaffinity(0)) - 1, 1),
        browser_addresses=tuple(browsers),
        browser_port=settings.media_port,
        carrier_ports=range(settings.carrier_ports[0], settings.carrier_ports[1] + 1),
        allow_loopback=settings.allow_loopback_media,
        max_transcoded_calls=settings.max_transcoded_calls,
        advertise=advertise,
    )
