"""A call's audio towards the carrier: our port, what was negotiated, and the bridge to the agent's audio."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

from widget.media.carrier_terms import CarrierKeys, CarrierTerms
from widget.media.errors import MediaError, MediaFailure
from widget.media.events import LegStatistics
from widget.media.relay.conversions import can_transcode
from widget.media.relay.payloads import passes
from widget.media.service import MediaService
from widget.sip.offer_answer import RemoteAudio, answer_offer, make_offer, read_answer
from widget.sip.sdes import SrtpPolicy, Suite, new_keys
from widget.switchboard.browser_audio import Spoken
from widget.switchboard.route import Route, TrunkAudio


def split(codecs: Sequence[str], spoken: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A trunk's codecs that pass to a browser which speaks these, and those that must be transcoded for it. All pass to
    one that is not known."""
    passing = tuple(codec for codec in codecs if not spoken or any(passes(codec, other) for other in spoken))
    others = tuple(codec for codec in codecs if codec not in passing and can_transcode(codec))
    return passing, others if any(map(can_transcode, spoken)) else ()


class SpeaksOfMedia(Protocol):
    """A dialog in which media can be offered anew."""

    def change_media(self, sdp: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class CarrierAudio:
    """``leg`` is the call's id. What talks to the relay raises MediaError, what reads SDP OfferAnswerError too.

    Of ``codecs``, ``transcoded`` are those that the browser does not speak. ``beside`` is the agent's browser leg, if
    there is one: who will be joined with it is best in its relay; ``joined_to`` is the far end that it is joined with
    instead. ``has_moved``: the port is not the one that the far
    end was told. ``keys`` are ours for the whole call: an offer that is refused, or a hold, changes nothing about SRTP.
    ``offered_with`` is what was agreed when our last offer was made: several answers may follow it, early media first.
    """

    leg: str
    media: MediaService
    codecs: tuple[str, ...]
    transcoded: tuple[str, ...] = ()
    beside: str = ""
    wishes: TrunkAudio = field(default_factory=TrunkAudio)
    trunk_host: str = ""
    host: str = ""
    port: int = 0
    has_moved: bool = False
    version: int = 0
    is_held: bool = False
    remote: RemoteAudio | None = None
    offered_with: RemoteAudio | None = None
    bridged_to: str = ""
    joined_to: str = ""
    keys: dict[Suite, bytes] = field(default_factory=new_keys, repr=False)

    @classmethod
    def on(cls, route: Route, *, leg: str, media: MediaService, browser_leg: str = "") -> Self:
        """The audio of a call through this trunk, with those of its codecs that the agent's browser takes as well, and
        behind them those that can be transcoded."""
        passing, others = split(route.codecs, media.encodings(browser_leg))
        return cls(
            leg=leg, media=media, codecs=passing + others, transcoded=others, beside=browser_leg, wishes=route.audio
        )

    def moved_to(self, route: Route, browser_leg: str) -> Self:
        """The same call's audio through another trunk."""
        return type(self).on(route, leg=self.leg, media=self.media, browser_leg=browser_leg)

    def prefer(self, codec: str) -> None:
        """Offer it first, if it is offered at all: whom this far end is to be joined with speaks it."""
        if codec in self.codecs:
            self.codecs = codec, *(other for other in self.codecs if other != codec)

    async def open(self, remote_host: str) -> None:
        """Open the carrier's port, before there is a call: without it nothing can be dialled or answered."""
        if not self.codecs:
            raise MediaError(MediaFailure.NO_COMMON_CODEC, "browser and trunk share no codec")
        await self._make_ready()
        self.trunk_host = remote_host
        await self._open_port(shares=self.wishes.shares_port)

    async def _open_port(self, *, shares: bool) -> None:
        self.host, self.port = await self.media.open_carrier_leg(
            self.leg, remote_host=self.trunk_host, beside=self.beside, shares_port=shares
        )

    async def _make_ready(self) -> None:
        """For transcoding, where it may come to that: a call that must have it takes a place, others do without."""
        if self.transcoded == self.codecs:
            self.media.transcoding.admit(self.leg)
        elif self.transcoded and not self.media.transcoding.has_room:
            self.codecs, self.transcoded = tuple(codec for codec in self.codecs if codec not in self.transcoded), ()
        if self.transcoded:
            await self.media.transcoding.ready()

    def offer(self) -> str:
        """Our offer; ``is_held`` says whether it holds the far end."""
        self.version += 1
        self.offered_with = self.remote
        return make_offer(
            host=self.host,
            port=self.port,
            codecs=self.codecs,
            session_id=self._session_id,
            version=self.version,
            direction="sendonly" if self.is_held else "sendrecv",
            ptime_ms=self.remote.ptime_ms if self.remote else self.wishes.ptime_ms,
            srtp=self._srtp,
            keys=self.keys,
            remote=self.remote,
        )

    async def accept(self, answer: str) -> None:
        """Connect as the far end's answer, or its early media, says."""
        remote = read_answer(answer, codecs=self.codecs, srtp=self._srtp, keys=self.keys, remote=self.offered_with)
        await self._connect(remote)

    async def answer(self, offer: str) -> str:
        """Our answer to the far end's offer, connected as it says."""
        answer, remote = self._answered(offer)
        await self._connect(remote)
        if self.has_moved:
            self.has_moved, (answer, _) = False, self._answered(offer)
        self.version += 1
        return answer

    def _answered(self, offer: str) -> tuple[str, RemoteAudio]:
        return answer_offer(
            offer,
            host=self.host,
            port=self.port,
            codecs=self._preferred,
            session_id=self._session_id,
            version=self.version + 1,
            direction="sendonly" if self.is_held else "sendrecv",
            srtp=self._srtp,
            keys=self.keys,
        )

    def tell_move(self, dialog: "SpeaksOfMedia | None") -> None:
        """Offer the far end the port that it has not heard of yet, if there is one."""
        if self.has_moved and dialog is not None:
            self.has_moved = False
            dialog.change_media(self.offer())

    @property
    def spoken(self) -> Spoken | None:
        """What the browser is to speak, so that it passes as it is; None before the far end has said what it takes."""
        return Spoken(self.remote.codec, self.remote.ptime_ms, self.signals_keys) if self.remote else None

    @property
    def signals_keys(self) -> bool:
        """Whether pressed keys go as SIP INFO: the trunk says so, or the far end takes none in the audio."""
        return self.wishes.dtmf == "info" or (self.remote is not None and self.remote.dtmf_payload_type is None)

    @property
    def _srtp(self) -> SrtpPolicy:
        return SrtpPolicy(self.wishes.srtp)

    @property
    def _preferred(self) -> tuple[str, ...]:
        """The codec in use before all others: an offer within a call is not about codecs as a rule."""
        if self.remote is None:
            return self.codecs
        return self.remote.codec, *(codec for codec in self.codecs if codec != self.remote.codec)

    @property
    def is_held_by_far_end(self) -> bool:
        """Whether the far end's last offer wants to hear nothing of us."""
        return self.remote is not None and not self.remote.receives

    async def hold(self, *, on: bool) -> None:
        """Fall silent towards the far end at once, whatever becomes of the offer that tells it so."""
        self.is_held = on
        if self.remote is not None:
            await self._connect(self.remote)

    async def bridge(self, browser_leg: str) -> None:
        """Join with the agent's audio; once per browser leg."""
        if browser_leg and self.bridged_to != browser_leg:
            await self.media.bridge(browser_leg, self.leg)
            self.bridged_to = browser_leg

    async def join(self, other: "CarrierAudio") -> None:
        """Let both far ends hear each other, and the agent neither."""
        await self.media.join(self.leg, other.leg)
        self.bridged_to = other.bridged_to = ""
        self.joined_to, other.joined_to = other.leg, self.leg

    async def close(self) -> LegStatistics:
        return await self.media.close_carrier_leg(self.leg)

    @property
    def _session_id(self) -> int:
        """The SDP origin's session id (RFC 8866 section 5.2): numeric, the same for the whole call."""
        return int(self.leg[:12], 16)

    async def _connect(self, remote: RemoteAudio) -> None:
        if remote.codec in self.transcoded:
            self.media.transcoding.admit(self.leg)
        try:
            await self.media.connect_carrier_leg(self.leg, self._terms(remote))
        except MediaError as error:
            if error.failure is not MediaFailure.ADDRESS_TAKEN:
                raise
            await self._leave_shared_port(remote)
        self.remote = remote

    async def _leave_shared_port(self, remote: RemoteAudio) -> None:
        """Another call's far end is at the same address, which is all that tells calls on one port apart."""
        browser_leg, self.bridged_to = self.bridged_to, ""
        await self.media.close_carrier_leg(self.leg)
        await self._open_port(shares=False)
        self.has_moved = True
        await self.media.connect_carrier_leg(self.leg, self._terms(remote))
        await self.bridge(browser_leg)
        if self.joined_to:
            await self.media.join(self.leg, self.joined_to)

    def _terms(self, remote: RemoteAudio) -> CarrierTerms:
        secured = remote.security
        return CarrierTerms(
            host=remote.host,
            port=remote.port,
            codec=remote.codec,
            payload_type=remote.payload_type,
            dtmf_payload_type=remote.dtmf_payload_type,
            sends=remote.sends and not self.is_held,
            receives=remote.receives and not self.is_held,
            clock_rate=remote.clock_rate,
            dtmf_clock_rate=remote.dtmf_clock_rate,
            comfort_noise_payload_type=remote.comfort_noise_payload_type,
            heard_payload_type=remote.heard_payload_type,
            heard_dtmf_payload_type=remote.heard_dtmf_payload_type,
            rtcp_host=remote.rtcp_host,
            rtcp_port=remote.rtcp_port,
            rtcp_mux=remote.rtcp_mux,
            latches=self.wishes.latches,
            packet_ms=remote.ptime_ms,
            extended_reports=" ".join(remote.extended_reports),
            keys=CarrierKeys(secured.suite.value, secured.receive_key, secured.send_key) if secured else None,
        )
