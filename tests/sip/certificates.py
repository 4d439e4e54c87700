"""An authority of the test's own, and certificates by it."""

import datetime
import ipaddress
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from widget.sip.tls import TlsOptions

LIFETIME = datetime.timedelta(days=1)
Valid = tuple[datetime.datetime, datetime.datetime]
"""From when until when."""


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return encoded.decode()


def subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@dataclass
class Authority:
    """Signs for anybody."""

    name: str = "test authority"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def sign(self, builder: x509.CertificateBuilder, valid: Valid | None = None) -> str:
        now = datetime.datetime.now(datetime.UTC)
        begins, ends = valid or (now - LIFETIME, now + LIFETIME)
        builder = builder.issuer_name(subject(self.name)).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(begins).not_valid_after(ends)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    @property
    def certificate(self) -> str:
        builder = x509.CertificateBuilder().subject_name(subject(self.name)).public_key(self.key.public_key())
        return self.sign(builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True))

    def self_signed(self, name: str) -> TlsOptions:
        """A certificate for one name by nobody but itself."""
        builder = x509.CertificateBuilder().subject_name(subject(self.name)).public_key(self.key.public_key())
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative(name)]), critical=False)
        return TlsOptions(certificate=self.sign(builder), key=pem(self.key))

    def identity(self, *names: str, ca: str = "", valid: Valid | None = None) -> TlsOptions:
        """A certificate with its key; `ca` is whom its owner believes."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = x509.CertificateBuilder().subject_name(subject(names[0])).public_key(key.public_key())
        builder = builder.add_extension(
            x509.SubjectAlternativeName([alternative(name) for name in names]), critical=False
        )
        return TlsOptions(ca=ca, certificate=self.sign(builder, valid), key=pem(key))
