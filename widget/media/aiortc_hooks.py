"""Every contact with private names of aiortc and aioice, so that the rest of the package uses public ones only.

What is bent, and why: their datagrams go through our shared sockets and the relay instead of sockets of their own;
audio never enters them, so senders and receivers do not start; the SRTP keys are handed out. Written against aiortc
1.16 and aioice 0.13; ``tests/media/test_aiortc_hooks.py`` fails when a name that is used here changes.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from aioice import Candidate
from aioice.candidate import candidate_foundation, candidate_priority
from aioice.ice import ICE_COMPLETED, CandidatePair, Connection, StunProtocol
from aioice.stun import Class, Message, parse_message
from aiortc import RTCConfiguration, RTCDtlsTransport, RTCPeerConnection, RTCRtpTransceiver
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from widget.media.consent import ConsentRequests

#: Distinct source addresses that may take part in one leg's checks: each costs us a check of our own (RFC 8445 19.5.1).
MAX_REMOTE_CANDIDATES = 20

#: Seconds between two consent checks, give or take a fifth, and how many in a row may stay without an answer: consent
#: ends with half a minute of silence (RFC 7675 section 5.1).
CONSENT_SECONDS: Final = 5.0
CONSENT_CHECKS: Final = 6
_STUN_HEADER: Final = 20

SendDatagram = Callable[[bytes, tuple[str, int]], None]
#: Called with the index of the local candidate and the browser's address whenever ICE settles on a pair.
PairSelected = Callable[[int, tuple[str, int]], None]


@dataclass(frozen=True, slots=True)
class LocalCandidate:
    """One of our shared sockets as a browser is told of it; ``send`` transmits from that socket."""

    host: str
    port: int
    send: SendDatagram


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master key and salt of each direction, and libsrtp's number of the profile that DTLS chose."""

    profile: int
    receive_key: bytes = field(repr=False)
    send_key: bytes = field(repr=False)


class _SharedTransport(asyncio.DatagramTransport):
    """Stands where aioice expects its own UDP socket."""

    def __init__(self, protocol: StunProtocol, candidate: LocalCandidate) -> None:
        super().__init__()
        self._protocol = protocol
        self._candidate = candidate
        self._closed = False

    def sendto(self, data: Any, addr: Any = None) -> None:
        if not self._closed:
            self._candidate.send(bytes(data), addr)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._protocol.connection_lost(None)


class _GuardedProtocol(StunProtocol):
    """Lets through what belongs to this leg: well-formed STUN from anywhere (it is authenticated above), DTLS only from
    an address that ICE has proved. Anyone can send a datagram to a public port, and aiortc would believe it."""

    receiver: "RelayedConnection"

    def datagram_received(self, data: bytes | str, addr: tuple[Any, ...]) -> None:
        datagram = cast(bytes, data)
        if datagram[:1] < b"\x04":
            self._hear_stun(datagram, (addr[0], addr[1]))
        elif 20 <= datagram[0] < 64 and self.receiver.trusts(self, (addr[0], addr[1])):
            self.receiver.data_received(datagram, self.local_candidate.component)

    def _hear_stun(self, datagram: bytes, addr: tuple[str, int]) -> None:
        try:
            message = parse_message(datagram)
        except (ValueError, IndexError, UnicodeDecodeError):
            return
        if message.message_class is Class.REQUEST:
            self.receiver.request_received(message, addr, self)
        elif message.message_class is not Class.INDICATION and message.transaction_id in self.transactions:
            self.transactions[message.transaction_id].response_received(message, addr)


class _ConsentCheck:
    """What waits for the answers to a leg's checks, where aioice keeps transactions of its own."""

    __slots__ = ("_answered", "_key")

    def __init__(self, key: bytes, answered: Callable[[], None]) -> None:
        self._key = key
        self._answered = answered

    def response_received(self, message: Message, addr: tuple[str, int]) -> None:
        if message.message_class is Class.RESPONSE and message.check_message_integrity(self._key):
            self._answered()


class RelayedConnection(Connection):
    """An ICE agent on shared sockets that learns the browser's address from its checks alone.

    Candidates in the offer are not looked at: browsers send none while we answer at once, the server is the side that
    can be reached, and an agent that sends only where authenticated checks came from cannot be used against others.
    """

    def __init__(self, candidates: list[LocalCandidate], *, on_selected: PairSelected) -> None:
        # aioice's own user fragment has 4 characters: too few to tell thousands of legs on one socket apart.
        super().__init__(ice_controlling=False, local_username=secrets.token_hex(6))
        self._on_selected = on_selected
        self._selected: CandidatePair | None = None
        self._unanswered: list[tuple[StunProtocol, bytes]] = []
        for index, candidate in enumerate(candidates):
            self._add_local(index, candidate)

    def _add_local(self, index: int, candidate: LocalCandidate) -> None:
        protocol = _GuardedProtocol(self)
        protocol.connection_made(_SharedTransport(protocol, candidate))
        protocol.local_candidate = Candidate(
            foundation=candidate_foundation("host", "udp", candidate.host),
            component=1,
            transport="udp",
            priority=candidate_priority(1, "host", 65535 - index),
            host=candidate.host,
            port=candidate.port,
            type="host",
        )
        self._protocols.append(protocol)

    async def gather_candidates(self) -> None:
        self._local_candidates = [protocol.local_candidate for protocol in self._protocols]
        self._local_candidates_start = self._local_candidates_end = True

    async def add_remote_candidate(self, remote_candidate: Candidate | None) -> None:
        """Neither candidates nor their end: with the end, aioice would give up before the browser's first check."""

    async def connect(self) -> None:
        """Wait for the browser's checks. aioice's own would look for work every 20 ms, which is lost set-up time: here
        every check is triggered by one of the browser's."""
        for early_check in self._early_checks:
            self.check_incoming(*early_check)
        self._early_checks.clear()
        self._early_checks_done = True
        outcome = await self._check_list_state.get()
        for pair in self._check_list:
            if pair.task is not None:
                pair.task.cancel()
        if outcome != ICE_COMPLETED:
            raise ConnectionError("ICE negotiation failed")
        self._query_consent_task = asyncio.create_task(self.query_consent())

    async def query_consent(self) -> None:
        """Ask the browser again and again whether it still wants to hear us (RFC 7675); close when it does not say so.

        An answer counts however late it comes. aioice waits half a second for each, so that half a minute on a busy
        machine would end calls whose audio flows.
        """
        key = (self.remote_password or "").encode()
        common = bytes(self.build_request(self._nominated[1], nominate=False))[_STUN_HEADER:]
        requests, waiting = ConsentRequests(common, key), _ConsentCheck(key, self._consented)
        await _until_next_check()
        while len(self._unanswered) < CONSENT_CHECKS:
            self._check_consent(requests, waiting)
            await _until_next_check()
        self._query_consent_task = None
        await self.close()

    def _check_consent(self, requests: ConsentRequests, waiting: _ConsentCheck) -> None:
        pair, transaction = self._nominated[1], secrets.token_bytes(12)
        cast(dict[bytes, Any], pair.protocol.transactions)[transaction] = waiting
        self._unanswered.append((pair.protocol, transaction))
        pair.protocol.transport.sendto(requests.build(transaction), pair.remote_addr)

    def _consented(self) -> None:
        """An answer to one check settles them all."""
        for protocol, transaction in self._unanswered:
            del protocol.transactions[transaction]
        self._unanswered.clear()

    def check_incoming(self, message: Message, addr: tuple[str, int], protocol: StunProtocol) -> None:
        known = any((item._network_host, item.port) == addr for item in self._remote_candidates)
        if "PRIORITY" in message.attributes and (known or len(self._remote_candidates) < MAX_REMOTE_CANDIDATES):
            super().check_incoming(message, addr, protocol)

    def check_complete(self, pair: CandidatePair) -> None:
        super().check_complete(pair)
        selected = self._nominated.get(1)
        if selected is not None and selected is not self._selected:
            self._selected = selected
            self._on_selected(self._protocols.index(selected.protocol), selected.remote_addr)

    def trusts(self, protocol: StunProtocol, addr: tuple[str, int]) -> bool:
        """Whether ICE has proved this address: a check of ours was answered from it."""
        return any(
            pair.protocol is protocol
            and pair.remote_addr == addr
            and (pair.nominated or pair.state is CandidatePair.State.SUCCEEDED)
            for pair in self._check_list
        )

    def awaits(self, index: int, datagram: bytes) -> bool:
        """Whether a STUN response answers a check that this agent sent from local candidate ``index``."""
        return index < len(self._protocols) and datagram[8:20] in self._protocols[index].transactions

    def receive(self, index: int, datagram: bytes, addr: tuple[str, int]) -> None:
        """A datagram that arrived for this agent on local candidate ``index``."""
        if datagram and index < len(self._protocols) and not self._closing:
            self._protocols[index].datagram_received(datagram, addr)


async def _until_next_check() -> None:
    # Spread, so that thousands of legs do not ask together.
    await asyncio.sleep(CONSENT_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - nothing secret depends on it


def use_connection(transceiver: RTCRtpTransceiver, connection: Connection) -> None:
    """Replace the ICE agent of a transceiver that has not started."""
    ice = transceiver.receiver.transport.transport
    ice.iceGatherer._connection = connection
    ice._connection = connection
    ice._recv, ice._send = connection.recv, connection.send


def keep_media_out(transceiver: RTCRtpTransceiver) -> None:
    """No decoder thread, no polling sender, no RTCP tasks: the relay carries the media."""
    transceiver.sender.send = _ignore  # type: ignore[method-assign] # the point of this function
    transceiver.receiver.receive = _ignore  # type: ignore[method-assign] # as above


async def _ignore(parameters: object) -> None:
    return None


def describe_audio(transceiver: RTCRtpTransceiver, telephone_events: Mapping[int, int]) -> None:
    """Settle what the answer says beyond the common codecs: telephone-event (aiortc has none) under the browser's
    payload types, by clock rate, as far as a codec counts like it, and no header extensions, which the carrier could
    not use."""
    rates = {codec.clockRate for codec in transceiver._codecs}
    for rate in sorted(rates & telephone_events.keys()):
        transceiver._codecs.append(
            RTCRtpCodecParameters(
                mimeType="audio/telephone-event", clockRate=rate, channels=1, payloadType=telephone_events[rate]
            )
        )
    transceiver._headerExtensions = []


def payload_types(transceiver: RTCRtpTransceiver) -> dict[str, int]:
    """What was answered: payload types by encoding name, with the clock rate where names are not enough (see
    ``relay.protocol.SetKeys``), preferred first."""
    return {_key(codec): codec.payloadType for codec in transceiver._codecs if codec.payloadType is not None}


def _key(codec: RTCRtpCodecParameters) -> str:
    is_plain = codec.name != "telephone-event" or codec.clockRate == 8000
    return codec.name if is_plain else f"{codec.name}/{codec.clockRate}"


def sender_ssrc(transceiver: RTCRtpTransceiver) -> int:
    """The SSRC that the answer announces as ours."""
    return transceiver.sender._ssrc


def dtls_of(transceiver: RTCRtpTransceiver) -> RTCDtlsTransport:
    return transceiver.receiver.transport


def srtp_keys(dtls: RTCDtlsTransport) -> SrtpKeys:
    """Keys of a connected DTLS transport (RFC 5764 section 4.2)."""
    ssl = dtls._ssl
    if ssl is None:
        raise RuntimeError("DTLS has not started")
    chosen = ssl.get_selected_srtp_profile()
    profile = next(item for item in dtls._srtp_profiles if item.openssl_profile == chosen)
    material = ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (profile.key_length + profile.salt_length))
    client, server = profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1)
    ours, theirs = (server, client) if dtls._role == "server" else (client, server)
    return SrtpKeys(profile=profile.libsrtp_profile, receive_key=theirs, send_key=ours)


def new_peer_connection() -> RTCPeerConnection:
    """A peer connection without STUN servers: aiortc's default is a public one."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))
