"""Carrier legs that are joined to each other have no agent who would notice that nobody is there. Pure."""

from widget.media.relay.progress import LegProgress
from widget.media.relay.protocol import Bridge, Join, Message, RemoveCarrier, SetCarrier


class JoinedWatch:
    """Which pairs fell silent. It sees what the relay is told and what it tells; ``now`` is in monotonic seconds.

    A pair is silent when for ``silence_seconds`` neither RTP nor RTCP came from either side although at least one of
    them agreed to send: on hold both ways there is nothing to hear.
    """

    def __init__(self, *, silence_seconds: float) -> None:
        self._silence_seconds = silence_seconds
        self._others: dict[int, int] = {}
        self._sending: set[int] = set()
        self._signs: dict[int, int] = {}
        #: By leg: when it was heard last; absent once its silence has been told.
        self._heard_at: dict[int, float] = {}

    def note(self, message: Message, now: float) -> None:
        """What the relay is about to be told."""
        match message:
            case Join(carrier=carrier, other=other):
                self._part(carrier)
                self._part(other)
                self._others |= {carrier: other, other: carrier}
                self._restart(carrier, now)
            case Bridge(carrier=carrier):
                self._part(carrier)
            case SetCarrier(leg=leg, sends=sends):
                (self._sending.add if sends else self._sending.discard)(leg)
                self._restart(leg, now)
            case RemoveCarrier(leg=leg):
                self._part(leg)
                self._sending.discard(leg)
                self._signs.pop(leg, None)

    def learn(self, progress: LegProgress, now: float) -> tuple[int, int] | None:
        """Where a carrier leg stands; its pair, once, if that has been silent for too long."""
        leg, other = progress.leg, self._others.get(progress.leg)
        # All that a far end which lives makes grow, whether or not anybody wants to hear it.
        signs = progress.received_packets + progress.unwanted + progress.foreign + progress.rtcp
        if signs != self._signs.get(leg):
            self._signs[leg] = signs
            self._restart(leg, now)
        heard_at = self._heard_at.get(leg)
        if other is None or heard_at is None or not self._sending & {leg, other}:
            return None
        if now - heard_at < self._silence_seconds:
            return None
        del self._heard_at[leg], self._heard_at[other]
        return leg, other

    def clear(self) -> None:
        """All legs are lost."""
        for known in (self._others, self._sending, self._signs, self._heard_at):
            known.clear()

    def _restart(self, leg: int, now: float) -> None:
        """Silence of a pair is counted from here."""
        other = self._others.get(leg)
        if other is not None:
            self._heard_at[leg] = self._heard_at[other] = now

    def _part(self, leg: int) -> None:
        other = self._others.pop(leg, None)
        if other is not None:
            del self._others[other]
            self._heard_at.pop(leg, None)
            self._heard_at.pop(other, None)
