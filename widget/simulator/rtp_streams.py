"""The two directions of one call's RTP (RFC 3550), as counters and numbers. Pure."""

from dataclasses import dataclass

from widget.media.rtp import SEQUENCE_MASK, TIMESTAMP_MASK, RtpHeader


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpCounters:
    """What passed on one call. ``strays`` came from another address or with a payload type that was not agreed on."""

    sent_packets: int = 0
    sent_octets: int = 0
    received_packets: int = 0
    received_octets: int = 0
    lost_packets: int = 0
    strays: int = 0


class OutgoingStream:
    """Numbers our packets: one SSRC, a sequence without gaps, timestamps that count time also while nothing is sent."""

    def __init__(self, *, ssrc: int, sequence: int, timestamp: int) -> None:
        self._ssrc = ssrc
        self._sequence = sequence
        self._timestamp = timestamp
        self._marker = True
        self.packets = 0
        self.octets = 0

    def packet(self, payload_type: int, payload: bytes) -> tuple[RtpHeader, bytes]:
        """The next packet: its header, and the datagram. The first after a pause has the marker bit (RFC 3551, 4.1)."""
        header = RtpHeader(
            payload_type=payload_type,
            sequence=self._sequence,
            timestamp=self._timestamp,
            ssrc=self._ssrc,
            marker=self._marker,
        )
        self._sequence = (self._sequence + 1) & SEQUENCE_MASK
        self._timestamp = (self._timestamp + len(payload)) & TIMESTAMP_MASK
        self._marker = False
        self.packets += 1
        self.octets += len(payload)
        return header, header.pack() + payload

    def pause(self, samples: int) -> None:
        """Let time pass without a packet."""
        self._timestamp = (self._timestamp + samples) & TIMESTAMP_MASK
        self._marker = self._marker or samples > 0


class IncomingStream:
    """Counts the packets received and those that are missing (RFC 3550 appendix A.3)."""

    def __init__(self) -> None:
        self.packets = 0
        self.octets = 0
        self._lost_before = 0
        self._ssrc = -1
        self._first = self._highest = self._seen = 0

    def count(self, header: RtpHeader, payload: bytes) -> None:
        """Take note of one packet. A new SSRC begins a new count of what is missing."""
        self.packets += 1
        self.octets += len(payload)
        if header.ssrc != self._ssrc:
            self._lost_before, self._ssrc = self.lost, header.ssrc
            self._first = self._highest = header.sequence
            self._seen = 0
        ahead = (header.sequence - self._highest + 0x8000) % 0x10000 - 0x8000
        self._highest += max(0, ahead)
        self._seen += 1

    @property
    def lost(self) -> int:
        """Packets that never came, duplicates not counted against them."""
        if not self._seen:
            return 0
        return self._lost_before + max(0, self._highest - self._first + 1 - self._seen)
