"""Two Kamailios one behind the other, both in the route: the first asks for credentials, the second leads on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sip.kamailio_script import PASSWORD, script
from tests.sip.peers import Peer, free_port, running
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport

TLS_MODULE = """
enable_tls=yes
loadmodule "tls.so"
modparam("tls", "tls_method", "TLSv1.2+")
modparam("tls", "certificate", "{folder}/certificate.pem")
modparam("tls", "private_key", "{folder}/key.pem")
modparam("tls", "verify_certificate", 0)
modparam("tls", "require_certificate", 0)
"""


@dataclass(frozen=True, slots=True)
class Way:
    """A transport with the certificate that every proxy on it shows."""

    transport: Transport
    identity: TlsOptions

    def listen(self, port: int) -> str:
        """TLS beside plain TCP, which tells that the proxy is there."""
        kind = self.transport.value.lower()
        plain = f"listen={'udp' if self.transport is Transport.UDP else 'tcp'}:127.0.0.1:{port}"
        return f"{plain}\nlisten=tls:127.0.0.1:{port + 1}" if kind == "tls" else plain

    def port(self, port: int) -> int:
        """Where this transport is, of a peer whose plain port is this one."""
        return port + 1 if self.transport is Transport.TLS else port


def prepare(folder: Path, identity: TlsOptions) -> None:
    folder.mkdir()
    (folder / "certificate.pem").write_text(identity.certificate)
    (folder / "key.pem").write_text(identity.key)


@asynccontextmanager
async def hop(folder: Path, way: Way, *, next_port: int, asks: bool) -> AsyncIterator[Peer]:
    """One proxy. `asks` for credentials."""
    port = free_port()
    prepare(folder, way.identity)
    text = script(
        listen=way.listen(port),
        modules=TLS_MODULE.format(folder=folder) if way.transport is Transport.TLS else "",
        password=PASSWORD if asks else None,
        target=f"sip:127.0.0.1:{next_port};transport={way.transport.value.lower()}",
    )
    (folder / "kamailio.cfg").write_text(text)
    arguments = ["-f", str(folder / "kamailio.cfg"), "-DD", "-E", "-m", "24", "-M", "8", "-Y", str(folder)]
    async with running("kamailio", arguments, port=port, folder=folder) as peer:
        yield peer


@asynccontextmanager
async def two_hops(folder: Path, way: Way, *, target: int) -> AsyncIterator[int]:
    """The port of the first proxy; `target` is the port of whoever is called."""
    async with (
        hop(folder / "second", way, next_port=target, asks=False) as second,
        hop(folder / "first", way, next_port=way.port(second.port), asks=True) as first,
    ):
        yield way.port(first.port)
