"""TLS towards carriers (RFC 3261 section 26.2.1, RFC 5922): verified by default, 1.2 or later, mutual when asked."""

import ssl
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path


class TlsError(ValueError):
    """A certificate or key that cannot be used; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsOptions:
    """All texts are PEM. `ca` replaces the system's authorities, `certificate` (a chain) and `key` are our own.

    `server_name` is checked in place of the trunk's host. Without `verify` anybody on the way can read the calls.
    """

    ca: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    server_name: str = ""
    verify: bool = True


@lru_cache(maxsize=64)
def client_context(options: TlsOptions) -> ssl.SSLContext:
    """For connections that we open. Raises TlsError."""
    try:
        context = ssl.create_default_context(cadata=options.ca or None)
    except ssl.SSLError as error:
        raise TlsError(f"the authorities' certificates: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not options.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    load_identity(context, options)
    return context


def server_context(options: TlsOptions) -> ssl.SSLContext:
    """For connections that come in; with `ca` the peer must show a certificate of it. Raises TlsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not options.certificate:
        raise TlsError("a server needs a certificate")
    load_identity(context, options)
    if options.ca:
        context.load_verify_locations(cadata=options.ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def load_identity(context: ssl.SSLContext, options: TlsOptions) -> None:
    """The ssl module takes files only: one that nobody else can read, and that is gone at once."""
    if not options.certificate:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "identity.pem"
        path.touch(mode=0o600)
        path.write_text(f"{options.certificate.strip()}\n{options.key.strip()}\n")
        try:
            context.load_cert_chain(path)
        except (ssl.SSLError, OSError) as error:
            raise TlsError(f"our certificate and key: {error}") from error
