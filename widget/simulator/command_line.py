"""The options of ``manage.py simulate_carrier`` and ``python -m widget.simulator``, and what both run."""

import argparse
import asyncio
import signal
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path

from widget.simulator.carrier import SimulatedCarrier
from widget.simulator.config import ALGORITHMS, CODECS, CallIn, CarrierConfig
from widget.simulator.impairment import Impairment
from widget.simulator.numbers import Behaviour, number_table
from widget.sip.tls import TlsError, TlsOptions, client_context, server_context
from widget.sip.trunk import Transport
from widget.sip.uri import DIALLED_NUMBER

DEFAULT_PORT = 5070

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="SIP port, 0 for any (default: %(default)s)")
    parser.add_argument("--allow-remote", action="store_true", help="accept a --host that other machines can reach")
    parser.add_argument("--record", type=Path, metavar="DIR", help="write <call id>.wav and <call id>-sent.wav there")
    parser.add_argument(
        "--codecs", type=_codecs, default=CODECS, metavar="LIST", help="codecs to accept (default: PCMU,PCMA)"
    )
    parser.add_argument("--no-refer", action="store_true", help="take no REFER from anybody, and say so in Allow")
    parser.add_argument("--auth-user", default="demo", help="digest user of 12025550111 (default: %(default)s)")
    parser.add_argument("--auth-password", default="demo", help="digest password (default: %(default)s)")
    parser.add_argument(
        "--auth-algorithm",
        choices=ALGORITHMS,
        default=ALGORITHMS[0],
        help="digest algorithm (default: %(default)s)",
    )
    parser.add_argument("--tls-certificate", type=Path, metavar="FILE", help="PEM chain and key; with it TLS listens")
    parser.add_argument("--tls-port", type=_port, default=5071, help="TLS port, 0 for any (default: %(default)s)")
    _add_calls_in(parser)
    _add_line(parser)
    parser.add_argument(
        "--time-scale", type=_positive, default=1.0, help="multiplies all scripted times (default: %(default)s)"
    )


def _add_calls_in(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--call-in", metavar="NUMBER", help="call this number of ours, speak, hang up, again and again")
    parser.add_argument(
        "--call-to",
        type=_address,
        default=("127.0.0.1", 5060),
        metavar="HOST:PORT",
        help="where that number is reached (default: 127.0.0.1:5060)",
    )
    parser.add_argument(
        "--call-transport",
        type=_transport,
        default=Transport.UDP,
        metavar="udp|tcp|tls",
        help="how these calls travel (default: udp)",
    )
    parser.add_argument(
        "--call-ca", type=Path, metavar="FILE", help="PEM authorities to believe in these calls over TLS"
    )
    parser.add_argument(
        "--every", type=_pause, default=30.0, metavar="SECONDS", help="pause between these calls (default: %(default)s)"
    )


def _add_line(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sip-loss", type=_percent, default=0.0, metavar="PERCENT", help="lose so much of the SIP that comes by UDP"
    )
    parser.add_argument(
        "--sip-delay",
        type=_milliseconds,
        default=0.0,
        metavar="MS",
        help="take the rest so much later, up to twice that",
    )


def config_from(options: argparse.Namespace) -> CarrierConfig:
    """The configuration that the options ask for. Raises ValueError with a text for people when it cannot be."""
    return CarrierConfig(
        host=_checked_host(options.host, options.allow_remote),
        port=options.port,
        codecs=options.codecs,
        takes_refer=not options.no_refer,
        username=options.auth_user,
        password=options.auth_password,
        algorithm=options.auth_algorithm,
        record_directory=options.record,
        time_scale=options.time_scale,
        call_in=_call_in(options),
        sip_line=Impairment(loss=options.sip_loss, delay_seconds=options.sip_delay, jitter_seconds=options.sip_delay),
        tls=_tls(options.tls_certificate),
        tls_port=options.tls_port,
    )


def _tls(path: Path | None) -> TlsOptions | None:
    if path is None:
        return None
    try:
        options = TlsOptions(certificate=path.read_text())
        server_context(options)
    except (OSError, UnicodeDecodeError, TlsError) as error:
        raise ValueError(f"--tls-certificate: {error}") from error
    return options


def _call_in(options: argparse.Namespace) -> CallIn | None:
    if not options.call_in:
        return None
    if not DIALLED_NUMBER.fullmatch(options.call_in):
        raise ValueError("--call-in must be a number: digits, *, # and a leading +, at most 20.")
    host, port = options.call_to
    return CallIn(
        number=options.call_in,
        host=_checked_host(host, options.allow_remote, "--call-to"),
        port=port,
        every_seconds=options.every,
        transport=options.call_transport,
        tls=_believes(options.call_ca),
    )


def _believes(path: Path | None) -> TlsOptions:
    if path is None:
        return TlsOptions()
    try:
        options = TlsOptions(ca=path.read_text())
        client_context(options)
    except (OSError, UnicodeDecodeError, TlsError) as error:
        raise ValueError(f"--call-ca: {error}") from error
    return options


async def serve(config: CarrierConfig, write: Callable[[str], object]) -> None:
    """Run a carrier until SIGINT or SIGTERM, then hang up what is up. Raises OSError if the address cannot be bound."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with SimulatedCarrier(config) as carrier:
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, stop.set)
        write(banner(carrier))
        calling = loop.create_task(_keep_calling(carrier, config.call_in)) if config.call_in else None
        await stop.wait()
        if calling:
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
        write("Stopping: hanging up what is up.\n")


async def _keep_calling(carrier: SimulatedCarrier, wanted: CallIn) -> None:
    """One call after the other, whatever becomes of each."""
    while True:
        call = await carrier.call(
            (wanted.host, wanted.port),
            wanted.number,
            behaviour=Behaviour.ANNOUNCE,
            transport=wanted.transport,
            tls=wanted.tls,
        )
        await call.talk()
        await asyncio.sleep(wanted.every_seconds)


def banner(carrier: SimulatedCarrier) -> str:
    """Where the carrier listens, and its numbers."""
    host, port = carrier.address
    where = f"[{host}]" if ":" in host else host
    return f"Simulated carrier at sip:{where}:{port} (UDP, TCP). Numbers:\n{number_table()}\n"


def _checked_host(host: str, allow_remote: bool, option: str = "--host") -> str:  # noqa: FBT001  (argparse's flag)
    """An address, not a name, because it is also written into session descriptions."""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise ValueError(f"{option} must be an IP address, not {host!r}.") from None
    if address.is_unspecified:
        raise ValueError(f"{option} must be the address that callers reach: it is written into session descriptions.")
    if not address.is_loopback and not allow_remote:
        raise ValueError(f"{host} can be reached by other machines. Add --allow-remote if that is what you want.")
    return str(address)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 0xFFFF:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), _port(port)


def _pause(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError("seconds, at most a day")
    return seconds


def _transport(text: str) -> Transport:
    try:
        return Transport(text.upper())
    except ValueError:
        raise argparse.ArgumentTypeError("udp, tcp or tls") from None


def _percent(text: str) -> float:
    percent = float(text)
    if not 0 <= percent < 100:
        raise argparse.ArgumentTypeError("a percentage below 100")
    return percent / 100


def _milliseconds(text: str) -> float:
    milliseconds = float(text)
    if not 0 <= milliseconds <= 10_000:
        raise argparse.ArgumentTypeError("milliseconds, at most 10000")
    return milliseconds / 1000


def _codecs(text: str) -> Sequence[str]:
    names = tuple(name.strip().upper() for name in text.split(","))
    if not set(names) <= set(CODECS):
        raise argparse.ArgumentTypeError(f"choose from {', '.join(CODECS)}")
    return names


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number <= 1000:
        raise argparse.ArgumentTypeError("a positive number, at most 1000")
    return number
