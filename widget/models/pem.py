"""Certificates and keys as an admin pastes them: PEM texts, checked when they are saved, not in the first call."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_PEM = 65_536


def validate_certificates(text: str) -> None:
    """One or more certificates; a chain begins with our own."""
    read_certificates(text)


def read_certificates(text: str) -> list[x509.Certificate]:
    """Raises ValidationError when there is none, or one that cannot be read."""
    try:
        return x509.load_pem_x509_certificates(_bounded(text))
    except ValueError:
        raise ValidationError(
            _(
                "This is not a certificate in PEM. Paste the whole text, from -----BEGIN CERTIFICATE----- "
                "to -----END CERTIFICATE-----."
            ),
            code="certificate",
        ) from None


def read_key(text: str) -> PrivateKeyTypes:
    """A private key that no passphrase protects. Raises ValidationError."""
    try:
        return serialization.load_pem_private_key(_bounded(text), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValidationError(
            _(
                "This is not a private key in PEM without a passphrase. Paste the whole text, from "
                "-----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----."
            ),
            code="key",
        ) from None


def belong_together(certificates: str, key: str) -> bool:
    """Whether the key is the first certificate's own. Raises ValidationError for a text that cannot be read."""
    ours = read_key(key).public_key()
    return _public(read_certificates(certificates)[0].public_key()) == _public(ours)


def _public(key: object) -> bytes:
    # Every public key of the library has this; their common type is private.
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))  # type: ignore[attr-defined]


def _bounded(text: str) -> bytes:
    if len(text) > MAX_PEM:
        raise ValueError("too long")
    return text.encode()
