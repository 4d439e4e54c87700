"""A call's audio towards the carrier: our port, what was negotiated, and the bridge to the agent's audio."""

from dataclasses import dataclass

from widget.media.events import LegStatistics
from widget.media.service import MediaService
from widget.sip.offer_answer import RemoteAudio, answer_offer, make_offer, read_answer


@dataclass(slots=True, kw_only=True)
class CarrierAudio:
    """``leg`` is the call's id. What talks to the relay raises MediaError, what reads SDP OfferAnswerError too."""

    leg: str
    media: MediaService
    codecs: tuple[str, ...]
    host: str = ""
    port: int = 0
    version: int = 0
    is_held: bool = False
    remote: RemoteAudio | None = None
    bridged_to: str = ""

    async def open(self, remote_host: str) -> None:
        """Open the carrier's port, before there is a call: without it nothing can be dialled or answered."""
        self.host, self.port = await self.media.open_carrier_leg(self.leg, remote_host=remote_host)

    def offer(self) -> str:
        """Our offer; ``is_held`` says whether it holds the far end."""
        self.version += 1
        return make_offer(
            host=self.host,
            port=self.port,
            codecs=self.codecs,
            session_id=self._session_id,
            version=self.version,
            direction="sendonly" if self.is_held else "sendrecv",
        )

    async def accept(self, answer: str) -> None:
        """Connect as the far end's answer, or its early media, says."""
        await self._connect(read_answer(answer, codecs=self.codecs))

    async def answer(self, offer: str) -> str:
        """Our answer to the far end's offer, connected as it says."""
        self.version += 1
        answer, remote = answer_offer(
            offer,
            host=self.host,
            port=self.port,
            codecs=self.codecs,
            session_id=self._session_id,
            version=self.version,
            direction="sendonly" if self.is_held else "sendrecv",
        )
        await self._connect(remote)
        return answer

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

    async def close(self) -> LegStatistics:
        return await self.media.close_carrier_leg(self.leg)

    @property
    def _session_id(self) -> int:
        """The SDP origin's session id (RFC 8866 section 5.2): numeric, the same for the whole call."""
        return int(self.leg[:12], 16)

    async def _connect(self, remote: RemoteAudio) -> None:
        self.remote = remote
        await self.media.connect_carrier_leg(
            self.leg,
            host=remote.host,
            port=remote.port,
            codec=remote.codec,
            payload_type=remote.payload_type,
            dtmf_payload_type=remote.dtmf_payload_type,
            sends=remote.sends and not self.is_held,
            receives=remote.receives and not self.is_held,
        )
