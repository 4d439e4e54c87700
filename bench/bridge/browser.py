"""A browser as the network sees it: an offer, ICE as the controlling agent, DTLS, and then SRTP contexts."""

import hashlib
import re
import secrets
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from aioice.stun import Class, Message, Method, parse_message
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from bench.bridge.crowd import Crowd, Route, address_of, route
from widget.media.relay import srtp

#: AES128_CM_HMAC_SHA1_80, what Chromium negotiates with aiortc; and libsrtp's number of it.
PROFILE: Final = 1
_KEY, _SALT = 16, 14
_MTU = 1200
SSRC: Final = 0x10000000


@cache
def _identity() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """One certificate for all browsers: making it is not what is measured."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    return dated.sign(key, hashes.SHA256()), key


@cache
def _context() -> SSL.Context:
    certificate, key = _identity()
    context = SSL.Context(SSL.DTLS_METHOD)
    context.use_certificate(certificate)
    context.use_privatekey(key)
    context.set_tlsext_use_srtp(b"SRTP_AES128_CM_SHA1_80")
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    return context


@cache
def _fingerprint() -> str:
    digest = hashlib.sha256(_identity()[0].public_bytes(Encoding.DER)).hexdigest().upper()
    return ":".join(digest[index : index + 2] for index in range(0, 64, 2))


class Browser:
    """Browser ``number`` of a crowd. Feed it every datagram that comes to its host until it is ``connected``."""

    def __init__(self, crowd: Crowd, number: int, on_connected: Callable[[], None]) -> None:
        self.number = number
        self.host = crowd.host(number)
        self.way: Route | None = None
        self.sending: Any = None
        self.receiving: Any = None
        self.sequence = 1
        self.ssrc = SSRC + number
        self._crowd = crowd
        self.on_connected = on_connected
        self._ufrag, self._password = secrets.token_hex(4), secrets.token_hex(12)
        self._remote_ufrag = self._remote_password = ""
        self._tls = SSL.Connection(_context(), None)
        self._started = self._is_client = False

    @property
    def connected(self) -> bool:
        return self.sending is not None

    def offer(self) -> str:
        return "\r\n".join(
            [
                "v=0",
                f"o=- {secrets.randbits(60)} 2 IN IP4 {self.host}",
                "s=-",
                "t=0 0",
                "a=group:BUNDLE 0",
                "a=msid-semantic: WMS *",
                "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 126",
                "c=IN IP4 0.0.0.0",
                "a=rtcp:9 IN IP4 0.0.0.0",
                f"a=candidate:1 1 udp 2130706431 {self.host} {self._crowd.port} typ host",
                "a=end-of-candidates",
                f"a=ice-ufrag:{self._ufrag}",
                f"a=ice-pwd:{self._password}",
                f"a=fingerprint:sha-256 {_fingerprint()}",
                "a=setup:actpass",
                "a=mid:0",
                "a=sendrecv",
                "a=rtcp-mux",
                "a=rtpmap:0 PCMU/8000",
                "a=rtpmap:8 PCMA/8000",
                "a=rtpmap:126 telephone-event/8000",
                f"a=ssrc:{self.ssrc} cname:bench",
                "",
            ]
        )

    def accept(self, answer: str) -> None:
        """Take the answer and send the first check."""
        found = re.findall(r"a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host", answer, re.IGNORECASE)
        host, port = found[0]
        self.way = route(self.host, (host, int(port)))
        self._remote_ufrag = _attribute(answer, "ice-ufrag")
        self._remote_password = _attribute(answer, "ice-pwd")
        self._is_client = _attribute(answer, "setup") == "passive"
        if self._is_client:
            self._tls.set_connect_state()
        else:
            self._tls.set_accept_state()
        self._tls.set_ciphertext_mtu(_MTU)
        self.check()

    def check(self) -> None:
        """Ask the other side; to be repeated until it answers, and now and then afterwards."""
        message = Message(message_method=Method.BINDING, message_class=Class.REQUEST)
        message.attributes["USERNAME"] = f"{self._remote_ufrag}:{self._ufrag}"
        message.attributes["PRIORITY"] = 1845501695
        message.attributes["ICE-CONTROLLING"] = 1 << 60
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self._remote_password.encode())
        message.add_fingerprint()
        self._send(bytes(message))

    def _send(self, data: bytes) -> None:
        if self.way is not None:
            self._crowd.send(data, self.way)

    def hear(self, data: bytes, sender: bytes) -> None:
        """STUN or DTLS."""
        if not data:
            return
        if data[0] < 4:
            self._hear_stun(data, sender)
        elif 20 <= data[0] < 64:
            self._tls.bio_write(data)
            self.shake_hands()

    def _hear_stun(self, data: bytes, sender: bytes) -> None:
        message = parse_message(data)
        if message.message_class is Class.REQUEST:
            response = Message(Method.BINDING, Class.RESPONSE, message.transaction_id)
            response.attributes["XOR-MAPPED-ADDRESS"] = address_of(sender)
            response.add_message_integrity(self._password.encode())
            response.add_fingerprint()
            self._crowd.send(bytes(response), route(self.host, address_of(sender)))
        elif message.message_class is Class.RESPONSE and not self._started:
            self._started = True
            self.shake_hands()

    def shake_hands(self) -> None:
        """Go on with DTLS as far as it goes."""
        if self.connected or self.way is None:
            return
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            self._flush()
            return
        self._flush()
        self._take_keys()
        self.on_connected()

    def _flush(self) -> None:
        try:
            while data := self._tls.bio_read(_MTU * 2):
                self._send_records(data)
        except SSL.WantReadError:
            pass

    def _send_records(self, data: bytes) -> None:
        """One datagram per flight fits mostly; a flight that does not is cut between its records."""
        start, end = 0, 0
        while end < len(data):
            size = 13 + struct.unpack_from("!H", data, end + 11)[0]
            if end - start + size > _MTU and end > start:
                self._send(data[start:end])
                start = end
            end += size
        self._send(data[start:end])

    def _take_keys(self) -> None:
        """RFC 5764 section 4.2."""
        material = self._tls.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * (_KEY + _SALT))
        keys = material[:_KEY], material[_KEY : 2 * _KEY]
        salts = material[2 * _KEY : 2 * _KEY + _SALT], material[2 * _KEY + _SALT :]
        client, server = (key + salt for key, salt in zip(keys, salts, strict=True))
        ours, theirs = (client, server) if self._is_client else (server, client)
        self.sending, self.receiving = srtp.sending(ours, PROFILE), srtp.receiving(theirs, PROFILE)


def _attribute(sdp: str, name: str) -> str:
    found = re.search(rf"^a={name}:(\S+)\s*$", sdp, re.MULTILINE)
    if found is None:
        raise ValueError(f"no {name} in the answer")
    return found[1]
