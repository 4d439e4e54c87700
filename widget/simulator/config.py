"""Settings of the simulated carrier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from widget.simulator.impairment import GOOD_LINE, Impairment
from widget.simulator.numbers import BY_NUMBER, Scenario
from widget.sip.timers import Timers
from widget.sip.tls import TlsOptions
from widget.sip.trunk import Transport

CODECS = ("PCMU", "PCMA")
ALGORITHMS = ("MD5", "SHA-256")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallIn:
    """Calls that the carrier makes by itself: to `number` at `host`, the first one at once, then every so often.

    `tls` is whom it believes when the `transport` is TLS.
    """

    number: str
    host: str
    port: int
    every_seconds: float
    transport: Transport = Transport.UDP
    tls: TlsOptions = field(default_factory=TlsOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierConfig:
    """``host`` is an address, also for media; ``port`` 0 takes any.

    ``codecs`` restricts what is accepted; the order is the caller's. ``algorithm`` is one of ``ALGORITHMS``.
    ``time_scale`` multiplies all scripted times, so that tests need not wait; the audio itself is always in real time.
    ``call_limit`` bounds the calls at the same time, the next one gets 503; ``history_limit`` bounds the calls that are
    remembered. ``numbers`` may replace the scripted numbers. ``call_in`` makes calls while the program runs.
    ``takes_refer``: whether calls may be transferred; otherwise REFER gets 405.
    ``sip_line`` is what becomes of the SIP datagrams that reach the carrier over UDP: loss, delay, jitter.
    ``tls`` is the carrier's certificate and key: with it TLS listens at ``tls_port``, beside UDP and TCP at ``port``.
    """

    host: str = "127.0.0.1"
    port: int = 0
    codecs: Sequence[str] = CODECS
    realm: str = "simulated-carrier"
    username: str = "demo"
    password: str = field(default="demo", repr=False)
    algorithm: str = "MD5"
    record_directory: Path | None = None
    time_scale: float = 1.0
    call_limit: int = 100
    history_limit: int = 1000
    numbers: Mapping[str, Scenario] = field(default_factory=lambda: BY_NUMBER)
    call_in: CallIn | None = None
    takes_refer: bool = True
    sip_line: Impairment = GOOD_LINE
    tls: TlsOptions | None = None
    tls_port: int = 0
    timers: Timers = field(default_factory=Timers)
