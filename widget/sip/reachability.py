"""Whether a peer can be reached at all: a connection, and a TLS handshake told apart by what is wrong with it.

For a test that somebody asked for, not for calls: it opens connections of its own and closes them at once.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from widget.sip.tls import TlsError, TlsOptions, client_context
from widget.sip.transport import Address
from widget.sip.trunk import Trunk

CONNECT_SECONDS = 4.0
ALERT_SECONDS = 0.5
"""TLS 1.3 refuses our certificate, or the lack of one, only after the handshake."""
MAX_NAMES = 5
MAX_NAME = 100


class Reach(StrEnum):
    """What became of an attempt to connect."""

    CONNECTED = "connected"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"


class TlsFault(StrEnum):
    """What is wrong with a handshake, as somebody has to mend it."""

    NONE = "none"
    WRONG_NAME = "wrong_name"
    UNKNOWN_AUTHORITY = "unknown_authority"
    SELF_SIGNED = "self_signed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    NOT_TLS = "not_tls"
    WANTS_OUR_CERTIFICATE = "wants_our_certificate"
    OUR_SETTINGS = "our_settings"
    TIMEOUT = "timeout"
    OTHER = "other"


# X509_V_ERR_* of OpenSSL's x509_vfy.h; the ssl module does not name them.
FAULTS = {
    9: TlsFault.NOT_YET_VALID,
    10: TlsFault.EXPIRED,
    18: TlsFault.SELF_SIGNED,
    19: TlsFault.UNKNOWN_AUTHORITY,
    20: TlsFault.UNKNOWN_AUTHORITY,
    21: TlsFault.UNKNOWN_AUTHORITY,
    62: TlsFault.WRONG_NAME,
    64: TlsFault.WRONG_NAME,
}
NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")
WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "BAD_CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """``names``, ``issuer`` and ``detail`` come from the peer: hostile texts. ``until`` is the certificate's end."""

    fault: TlsFault = TlsFault.NONE
    protocol: str = ""
    names: tuple[str, ...] = ()
    issuer: str = ""
    until: datetime | None = None
    detail: str = ""


async def reach(address: Address) -> Reach:
    """Open a TCP connection and close it."""
    try:
        async with _connected(address):
            return Reach.CONNECTED
    except ConnectionRefusedError:
        return Reach.REFUSED
    except TimeoutError:
        return Reach.TIMEOUT
    except OSError:
        return Reach.UNREACHABLE


async def shake_hands(trunk: Trunk, address: Address) -> Handshake:
    """Do what a call over TLS does first, and say what is wrong with it."""
    handshake = await _attempt(trunk.tls, trunk.tls.server_name or trunk.host, address)
    if handshake.fault in {TlsFault.NONE, TlsFault.OUR_SETTINGS, TlsFault.NOT_TLS, TlsFault.TIMEOUT}:
        return handshake
    # Once more without checking: what the certificate says tells what to enter.
    shown = await _attempt(replace(trunk.tls, verify=False), trunk.host, address)
    return replace(shown, fault=handshake.fault, detail=handshake.detail)


async def _attempt(options: TlsOptions, name: str, address: Address) -> Handshake:
    try:
        context = client_context(options)
    except TlsError as error:
        return Handshake(fault=TlsFault.OUR_SETTINGS, detail=str(error))
    seen = Handshake()
    try:
        async with _connected(address, context=context, name=name) as (reader, writer):
            seen = _certificate(writer)
            return seen if await _stays(reader) else replace(seen, fault=TlsFault.WANTS_OUR_CERTIFICATE)
    except ssl.SSLCertVerificationError as error:
        return replace(seen, fault=FAULTS.get(error.verify_code, TlsFault.OTHER), detail=error.verify_message)
    except ssl.SSLError as error:
        return replace(seen, fault=_fault(error.reason or ""), detail=error.reason or "")
    except TimeoutError:
        return replace(seen, fault=TlsFault.TIMEOUT)
    except OSError as error:
        # Closed in the middle of the handshake: most often a port that speaks something else.
        return replace(seen, fault=TlsFault.OTHER if seen.protocol else TlsFault.NOT_TLS, detail=type(error).__name__)


def _fault(reason: str) -> TlsFault:
    if any(each in reason for each in NOT_TLS):
        return TlsFault.NOT_TLS
    return TlsFault.WANTS_OUR_CERTIFICATE if any(each in reason for each in WANTS_CERTIFICATE) else TlsFault.OTHER


async def _stays(reader: asyncio.StreamReader) -> bool:
    """Whether the peer leaves the connection open: asyncio shows the alert of TLS 1.3 as a mere end."""
    try:
        async with asyncio.timeout(ALERT_SECONDS):
            return bool(await reader.read(1))
    except TimeoutError:
        return True


@contextlib.asynccontextmanager
async def _connected(
    address: Address, *, context: ssl.SSLContext | None = None, name: str | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(*address, ssl=context, server_hostname=name)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _certificate(writer: asyncio.StreamWriter) -> Handshake:
    connection = writer.get_extra_info("ssl_object")
    found = Handshake(protocol=connection.version() or "")
    encoded = connection.getpeercert(binary_form=True)
    if not encoded:
        return found
    try:
        certificate = x509.load_der_x509_certificate(encoded)
        return replace(
            found,
            names=names_of(certificate),
            issuer=_common_name(certificate.issuer),
            until=certificate.not_valid_after_utc,
        )
    except ValueError:
        return found


def names_of(certificate: x509.Certificate) -> tuple[str, ...]:
    """Whom a certificate is for: its alternative names, else its common name."""
    try:
        extension = certificate.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    except x509.ExtensionNotFound:
        return (_common_name(certificate.subject),)
    names = x509.SubjectAlternativeName(extension.value)  # type: ignore[arg-type]  # the OID says which kind it is
    hosts = names.get_values_for_type(x509.DNSName)
    addresses = names.get_values_for_type(x509.IPAddress)
    return tuple(str(name)[:MAX_NAME] for name in (*hosts, *addresses))[:MAX_NAMES]


def _common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value)[:MAX_NAME] if found else name.rfc4514_string()[:MAX_NAME]
