"""One call's own UDP socket: sends a packet when it is due, hands on what arrives."""

import asyncio
import random
import secrets
import socket
from typing import Protocol

from widget.media import rtp
from widget.simulator.audio import SAMPLE_RATE
from widget.simulator.impairment import GOOD_LINE, Impairment
from widget.simulator.pacing import Pacer
from widget.simulator.rtp_streams import IncomingStream, OutgoingStream, RtpCounters
from widget.simulator.sources import Source
from widget.sip.offer_answer import RemoteAudio

_PORT_ATTEMPTS = 32


class Listener(Protocol):
    """Who wants to know what passes. All are called from the loop and must not wait."""

    def audio_heard(self, header: rtp.RtpHeader, payload: bytes) -> None:
        """A packet of the agreed codec."""

    def event_heard(self, header: rtp.RtpHeader, payload: bytes) -> None:
        """A telephone-event packet (RFC 4733)."""

    def audio_sent(self, header: rtp.RtpHeader, payload: bytes) -> None:
        """A packet of ours left."""

    def source_ended(self) -> None:
        """The source has nothing more; silence is not sent in its place, nothing is."""


class RtpEndpoint(asyncio.DatagramProtocol):
    """Sends by the loop's clock, in packets as long as the peer asked for (ptime).

    While the peer does not receive (hold) the source rests and time goes on. Packets go to the address of the peer's
    session description, and only what comes from that host is taken. There is no RTCP. `line` is what becomes of what
    leaves; a lost packet counts as sent.
    """

    def __init__(self, listener: Listener, line: Impairment = GOOD_LINE) -> None:
        self._line = line
        self._chance = random.Random(line.loss)  # noqa: S311  (a bad line, the same each time, and no secret)
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._outgoing = OutgoingStream(
            ssrc=secrets.randbits(32), sequence=secrets.randbits(15), timestamp=secrets.randbits(32)
        )
        self._incoming = IncomingStream()
        self._strays = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._remote: RemoteAudio | None = None
        self._source: Source | None = None
        self._pacer: Pacer | None = None
        self._timer: asyncio.Handle | None = None

    async def open(self, host: str) -> None:
        """Bind an even port of the host (RFC 3550 section 11). Raises OSError when there is none."""
        await self._loop.create_datagram_endpoint(lambda: self, sock=_even_socket(host))

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that the peer sends to."""
        if self._transport is None:
            raise RuntimeError("The endpoint is not open.")
        host, port = self._transport.get_extra_info("sockname")[:2]
        return host, port

    @property
    def counters(self) -> RtpCounters:
        """The counts so far."""
        return RtpCounters(
            sent_packets=self._outgoing.packets,
            sent_octets=self._outgoing.octets,
            received_packets=self._incoming.packets,
            received_octets=self._incoming.octets,
            lost_packets=self._incoming.lost,
            strays=self._strays,
        )

    def connect(self, remote: RemoteAudio) -> None:
        """Talk with this peer from now on; again after each new offer and answer."""
        self._remote = remote
        if self._pacer is None:
            self._pacer = Pacer(self._loop.time())
            self._timer = self._loop.call_soon(self._send_what_is_due)

    def play(self, source: Source) -> None:
        """Send this from the next packet on."""
        self._source = source

    def close(self) -> None:
        """Stop sending and give the port back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ready."""
        self._transport = transport  # type: ignore[assignment]  # create_datagram_endpoint gives a DatagramTransport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Sort out what arrived."""
        header = rtp.parse_header(data)
        remote = self._remote
        if header is None or remote is None or addr[0] != remote.host:
            self._strays += 1
        elif header.payload_type == remote.payload_type:
            payload = header.payload_of(data)
            self._incoming.count(header, payload)
            self._listener.audio_heard(header, payload)
        elif header.payload_type == remote.dtmf_payload_type:
            self._listener.event_heard(header, header.payload_of(data))
        else:
            self._strays += 1

    def error_received(self, exc: Exception) -> None:
        """The peer's port is closed (ICMP): the call itself ends by SIP, so this is no reason to stop."""

    def _send_what_is_due(self) -> None:
        remote, pacer = self._remote, self._pacer
        if remote is None or pacer is None or self._transport is None:
            return
        due = pacer.take(self._loop.time(), remote.ptime_ms / 1000)
        self._outgoing.pause(due.skipped * _octets(remote))
        for _ in range(due.packets):
            self._send(remote)
        self._timer = self._loop.call_at(pacer.next_due, self._send_what_is_due)

    def _send(self, remote: RemoteAudio) -> None:
        source = self._source if remote.receives else None
        payload = source.read(_octets(remote)) if source else None
        if payload is not None:
            self._transmit(remote, payload)
            return
        self._outgoing.pause(_octets(remote))
        if source:
            self._source = None
            self._listener.source_ended()

    def _transmit(self, remote: RemoteAudio, payload: bytes) -> None:
        if self._transport is not None:
            header, datagram = self._outgoing.packet(remote.payload_type, payload)
            self._put_on_the_line(datagram, (remote.host, remote.port))
            self._listener.audio_sent(header, payload)

    def _put_on_the_line(self, datagram: bytes, remote: tuple[str, int]) -> None:
        late = 0.0 if self._line.is_none else self._line.lateness(self._chance)
        if late:
            self._loop.call_later(late, self._arrive, datagram, remote)
        elif late is not None:
            self._arrive(datagram, remote)

    def _arrive(self, datagram: bytes, remote: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(datagram, remote)


def _octets(remote: RemoteAudio) -> int:
    """G.711 octets, which are also timestamp units, in one packet."""
    return remote.ptime_ms * SAMPLE_RATE // 1000


def _even_socket(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(_PORT_ATTEMPTS):
        candidate = socket.socket(family, socket.SOCK_DGRAM)
        try:
            candidate.bind((host, 0))
        except OSError:
            candidate.close()
            raise
        if candidate.getsockname()[1] % 2 == 0:
            return candidate
        candidate.close()
    raise OSError("There is no even port free.")
