"""One browser's WebRTC connection: SDP, ICE and DTLS by aiortc, datagrams by the shared sockets, audio by the relay."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiortc import RTCRtpReceiver, RTCRtpTransceiver, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from widget.media import aiortc_hooks
from widget.media.aiortc_hooks import LocalCandidate, RelayedConnection, SrtpKeys
from widget.media.errors import MediaError, MediaFailure
from widget.media.offer_limits import check_offer, comfort_noise_payload_type, telephone_event_payload_types
from widget.media.relay.payloads import COMFORT_NOISE

logger = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserMedia:
    """What the relay needs to pass a connected browser's audio."""

    keys: SrtpKeys
    ssrc: int
    payload_types: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserLegCallbacks:
    """Called on the event loop: ``selected`` with candidate index and address at each choice of ICE; ``connected``
    once; ``failed`` at most once, never after :meth:`BrowserLeg.close`."""

    selected: Callable[[int, tuple[str, int]], None]
    connected: Callable[[BrowserMedia], None]
    failed: Callable[[MediaFailure], None]


class BrowserLeg:
    """Answers one offer. A browser that offers again gets a new leg."""

    def __init__(
        self, candidates: list[LocalCandidate], *, connect_seconds: float, callbacks: BrowserLegCallbacks
    ) -> None:
        self._callbacks = callbacks
        self._ended = False
        self._comfort_noise: int | None = None
        self.connection = RelayedConnection(candidates, on_selected=callbacks.selected)
        self._peer = aiortc_hooks.new_peer_connection()
        self._transceiver: RTCRtpTransceiver = self._peer.addTransceiver("audio", direction="sendrecv")
        aiortc_hooks.use_connection(self._transceiver, self.connection)
        aiortc_hooks.keep_media_out(self._transceiver)
        self._dtls = aiortc_hooks.dtls_of(self._transceiver)
        self._dtls.on("statechange", self._dtls_changed)
        self._dtls.transport.on("statechange", self._ice_changed)
        # ICE would wait for a first check for ever, and aiortc's DTLS for a silent peer.
        loop = asyncio.get_running_loop()
        self._watchdog = loop.call_later(connect_seconds, self._fail, MediaFailure.CONNECT_TIMEOUT)

    @property
    def ufrag(self) -> str:
        """Our user fragment, by which the browser's checks name this leg."""
        return self.connection.local_username

    async def answer(self, offer_sdp: str, *, codecs: Sequence[str]) -> str:
        """The answer, with candidates and their end. ``codecs`` are encoding names in order of preference.

        Raises :class:`MediaError`; the caller closes the leg then.
        """
        check_offer(offer_sdp)
        self._prefer(codecs)
        try:
            await self._peer.setRemoteDescription(RTCSessionDescription(sdp=offer_sdp, type="offer"))
            aiortc_hooks.describe_audio(self._transceiver, telephone_event_payload_types(offer_sdp))
            self._comfort_noise = comfort_noise_payload_type(offer_sdp)
            await self._peer.setLocalDescription(await self._peer.createAnswer())
        except OperationError as error:
            raise MediaError(MediaFailure.NO_COMMON_CODEC, str(error)) from error
        except _HOSTILE_SDP as error:
            raise MediaError(MediaFailure.OFFER_REFUSED, repr(error)) from error
        return str(self._peer.localDescription.sdp)

    def _prefer(self, codecs: Sequence[str]) -> None:
        """In this order, and before the offer is applied: afterwards aiortc takes no notice."""
        capabilities = RTCRtpReceiver.getCapabilities("audio")
        known = {codec.name: codec for codec in capabilities.codecs} if capabilities else {}
        preferred = [known[name] for name in codecs if name in known]
        if not preferred:
            raise MediaError(MediaFailure.NO_COMMON_CODEC, f"none of {list(codecs)} is supported")
        self._transceiver.setCodecPreferences(preferred)

    def fail(self, failure: MediaFailure) -> None:
        """End the leg for a reason that was noticed outside (the relay hears nothing any more)."""
        self._fail(failure)

    async def close(self) -> None:
        """End ICE and DTLS and free everything; never takes longer than a few seconds."""
        self._ended = True
        self._watchdog.cancel()
        try:
            await asyncio.wait_for(self._peer.close(), _CLOSE_SECONDS)
        except TimeoutError:
            logger.warning("A browser leg did not close within %s s", _CLOSE_SECONDS)

    def _dtls_changed(self) -> None:
        match self._dtls.state:
            case "connected":
                self._connected()
            case "failed":
                self._fail(MediaFailure.HANDSHAKE_FAILED)
            case "closed":
                self._fail(MediaFailure.CLOSED_BY_BROWSER)

    def _ice_changed(self) -> None:
        # Before DTLS has connected the watchdog speaks; afterwards it means that consent expired (RFC 7675).
        if self._dtls.transport.state == "failed" and self._dtls.state == "connected":
            self._fail(MediaFailure.SILENT)

    def _connected(self) -> None:
        if self._ended:
            return
        self._watchdog.cancel()
        self._callbacks.connected(
            BrowserMedia(
                keys=aiortc_hooks.srtp_keys(self._dtls),
                ssrc=aiortc_hooks.sender_ssrc(self._transceiver),
                payload_types=self.payload_types,
            )
        )

    @property
    def payload_types(self) -> dict[str, int]:
        """What was answered, and comfort noise: a browser that offers it plays it, and one that is not answered it
        sends none, which the carrier might not know."""
        answered = aiortc_hooks.payload_types(self._transceiver)
        return answered if self._comfort_noise is None else {**answered, COMFORT_NOISE: self._comfort_noise}

    def _fail(self, failure: MediaFailure) -> None:
        if not self._ended:
            self._ended = True
            self._watchdog.cancel()
            self._callbacks.failed(failure)


#: What aiortc's parser and state machine raise at SDP that is malformed in one way or another.
_HOSTILE_SDP = (
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    AssertionError,
    InvalidAccessError,
    InvalidStateError,
)
