"""System checks of the SIP side's addresses and certificate; as :mod:`widget.checks`."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from django.core.checks import CheckMessage, Error, register

from widget import conf
from widget.sip.tls import TlsError
from widget.switchboard.configuration import server_tls

EXAMPLE = 'Write for example "SIP_HOST": "0.0.0.0", "SIP_SECOND_HOST": "::".'


@register
def check_sip_hosts(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """``ccsdk.E011``: the SIP side cannot bind what it is to bind."""
    return list(_hosts())


def _hosts() -> Iterator[CheckMessage]:
    settings = conf.current()
    versions = []
    for key, host in (("SIP_HOST", settings.sip_host), ("SIP_SECOND_HOST", settings.sip_second_host)):
        if not host and key == "SIP_SECOND_HOST":
            return
        try:
            versions.append(ipaddress.ip_address(host).version)
        except ValueError:
            yield Error(f"{host!r} in CCSDK[{key!r}] is no address.", hint=EXAMPLE, id="ccsdk.E011")
            return
    if len(set(versions)) == 1:
        message = 'CCSDK["SIP_HOST"] and CCSDK["SIP_SECOND_HOST"] are of the same family.'
        yield Error(message, hint=f"One is to be IPv4, the other IPv6. {EXAMPLE}", id="ccsdk.E011")


@register
def check_sip_certificate(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """``ccsdk.E012``: the certificate for carriers that connect to us cannot be used, or is not there to be used."""
    settings = conf.current()
    if not settings.sip_tls_certificate and (settings.sip_tls_key or settings.sip_tls_ca):
        hint = 'Set CCSDK["SIP_TLS_CERTIFICATE"] to the file of the certificate, or drop the others.'
        return [Error("A key or an authority for TLS is set, but no certificate.", hint=hint, id="ccsdk.E012")]
    try:
        server_tls(settings)
    except (OSError, TypeError, UnicodeDecodeError, TlsError) as error:
        hint = (
            'CCSDK["SIP_TLS_CERTIFICATE"], ["SIP_TLS_KEY"] and ["SIP_TLS_CA"] name files in PEM that the server may '
            "read; the key is the certificate's own and has no passphrase."
        )
        return [Error(f"The certificate for carriers cannot be used: {error}", hint=hint, id="ccsdk.E012")]
    return []
