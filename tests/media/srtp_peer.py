"""A browser whose ICE and DTLS are already done: a UDP socket and the keys."""

import asyncio
import os

from pylibsrtp import Policy, Session

from widget.media.addresses import open_udp
from widget.media.relay.protocol import AddBrowser, SetBrowserAddress, SetKeys
from widget.media.relay_process import RelayProcess
from widget.media.rtp import RtpHeader, parse_header

PROFILE = Policy.SRTP_PROFILE_AES128_CM_SHA1_80


class SrtpPeer:
    def __init__(self, leg: int, relay: tuple[str, int]) -> None:
        self.leg = leg
        self.socket = open_udp("127.0.0.1", 0)
        self._relay = relay
        self._keys = os.urandom(30), os.urandom(30)
        self._sending = Session(Policy(self._keys[0], Policy.SSRC_ANY_OUTBOUND, srtp_profile=PROFILE))
        self._receiving = Session(Policy(self._keys[1], Policy.SSRC_ANY_INBOUND, srtp_profile=PROFILE))

    @property
    def ufrag(self) -> str:
        return f"leg{self.leg}"

    def introduce(self, relay: RelayProcess, payload_types: dict[str, int] | None = None) -> None:
        """Tell the relay of this browser as the media service would."""
        relay.send(AddBrowser(leg=self.leg, ufrag=self.ufrag))
        receive_key, send_key = (key.hex() for key in self._keys)
        relay.send(
            SetKeys(
                leg=self.leg,
                profile=PROFILE,
                receive_key=receive_key,
                send_key=send_key,
                ssrc=0x5000 + self.leg,
                payload_types=payload_types or {"PCMU": 0, "telephone-event": 126},
            )
        )
        port = self.socket.getsockname()[1]
        relay.send(SetBrowserAddress(leg=self.leg, socket=0, host="127.0.0.1", port=port))

    def protect(
        self,
        payload: bytes,
        *,
        sequence: int,
        timestamp: int | None = None,
        payload_type: int = 0,
        first_octet: int = 0x80,
    ) -> bytes:
        stamp = sequence * 160 if timestamp is None else timestamp
        header = RtpHeader(payload_type=payload_type, sequence=sequence, timestamp=stamp, ssrc=0x77).pack()
        return self._sending.protect(bytes([first_octet]) + header[1:] + payload)

    def send(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, self._relay)

    async def receive(self) -> tuple[RtpHeader, bytes]:
        datagram = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 2048), 5)
        packet = self._receiving.unprotect(datagram)
        header = parse_header(packet)
        assert header is not None
        return header, header.payload_of(packet)
