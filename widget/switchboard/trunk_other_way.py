"""A trunk that did not answer OPTIONS: whether the same place answers in another way, or cannot be reached at all."""

from dataclasses import replace
from enum import StrEnum

from widget.sip.probe import ProbeFailure, ProbeResult
from widget.sip.reachability import Reach, reach, shake_hands
from widget.sip.tls import TlsOptions
from widget.sip.transport import Address
from widget.sip.trunk import Transport, Trunk
from widget.switchboard.findings import Finding, Step, fail
from widget.switchboard.trunk_way import told


class Instead(StrEnum):
    """What there is where nothing answered; the admin has a sentence for each."""

    TLS = "tls_instead"
    TCP = "tcp_instead"
    HANGS_UP = "hangs_up"
    NOTHING = "unreachable"
    NO_HOST = "host_unreachable"


async def explain(found: Finding, options: ProbeResult, trunk: Trunk, address: Address | None) -> Finding:
    """What to say of no answer: ``found``, or what else stands behind it."""
    if options.failure is None or address is None or trunk.transport is Transport.TLS:
        return found
    if trunk.transport is Transport.TCP:
        instead = await _of_tcp(options.failure, trunk, address)
    else:
        instead = await _of_udp(options.failure, trunk, address)
    return fail(Step.OPTIONS, instead.value, address=told([address])) if instead else found


async def _of_tcp(failure: ProbeFailure, trunk: Trunk, address: Address) -> Instead | None:
    """The connection stood a moment ago."""
    if await _speaks_tls(trunk, address):
        return Instead.TLS
    return Instead.HANGS_UP if failure is ProbeFailure.NO_WAY else None


async def _of_udp(failure: ProbeFailure, trunk: Trunk, address: Address) -> Instead | None:
    """A datagram's silence says nothing, and its refusal not whose it was: a connection tells more."""
    reached = await reach(address)
    if reached is Reach.CONNECTED:
        return Instead.TLS if await _speaks_tls(trunk, address) else Instead.TCP
    if failure is ProbeFailure.SILENCE:
        return None
    return Instead.NOTHING if reached is Reach.REFUSED else Instead.NO_HOST


async def _speaks_tls(trunk: Trunk, address: Address) -> bool:
    handshake = await shake_hands(replace(trunk, tls=TlsOptions(verify=False)), address)
    return bool(handshake.protocol)
