"""Two Kamailios one behind the other, both in the route: the first asks for credentials, the second leads on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sip.peers import Peer, free_port, running
from tests.sip.proxies import PASSWORD, REALM
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport

KAMAILIO = """
debug=1
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
{listen}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
{tls}
modparam("rr", "append_fromtag", 1)
request_route {{
    if (has_totag()) {{
        if (loose_route()) {{
            t_relay();
        }} else if (is_method("ACK")) {{
            if (t_check_trans()) t_relay();
        }} else {{
            sl_send_reply("404", "Not here");
        }}
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    t_check_trans();
    {challenge}
    record_route();
    $du = "sip:127.0.0.1:{next_port};transport={transport}";
    t_relay();
}}
"""
CHALLENGE = f"""
    if (!pv_proxy_authenticate("{REALM}", "{PASSWORD}", "0")) {{
        proxy_challenge("{REALM}", "1");
        exit;
    }}
    consume_credentials();
"""
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
    text = KAMAILIO.format(
        listen=way.listen(port),
        tls=TLS_MODULE.format(folder=folder) if way.transport is Transport.TLS else "",
        challenge=CHALLENGE if asks else "",
        next_port=next_port,
        transport=way.transport.value.lower(),
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
