"""RTCP packets (RFC 3550 section 6) as values: reports and goodbyes, read and written. Pure.

Times in SR and RR are NTP's 32.32 fixed point, or its middle 32 bits (16.16). What is not listed here (SDES of the far
end, feedback, APP) is skipped; nothing that arrives is believed beyond numbers for the eye.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from widget.media.rtcp_xr import EXTENDED_REPORT, ExtendedReport, extended_body, read_extended

_COMMON = struct.Struct("!BBH")
_WORD = struct.Struct("!I")
_SENDER = struct.Struct("!QIII")
_BLOCK = struct.Struct("!IIIIII")

_SENDER_REPORT, _RECEIVER_REPORT, _DESCRIPTION, _GOODBYE = 200, 201, 202, 203
_CNAME = 1
_VERSION = 0x80
_PADDING = 0x20
#: A compound packet is one datagram; nobody needs more parts than these.
MAX_PARTS: Final = 16
MAX_SIZE: Final = 1500

_LOST_MASK = 0xFFFFFF
_LOST_MAX, _LOST_MIN = 0x7FFFFF, -0x800000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportBlock:
    """What one side says of a source it hears. ``fraction_lost`` (0 to 1) since its last report, ``lost`` in all,
    ``highest`` the sequence number with its roll-overs, ``jitter`` in units of the RTP clock; ``last_report`` and
    ``delay`` (in 1/65536 s) name our latest SR and how long ago it came there, 0 if none did."""

    ssrc: int
    fraction_lost: float
    lost: int
    highest: int
    jitter: int
    last_report: int = 0
    delay: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """``ntp`` and ``timestamp`` are the same moment on two clocks; counts are since the source began."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    ssrcs: tuple[int, ...]


ControlPacket = SenderReport | ReceiverReport | Goodbye | ExtendedReport


def ntp_middle(ntp: int) -> int:
    """The 32 bits by which a report block names an SR."""
    return ntp >> 16 & 0xFFFFFFFF


def ntp_of(seconds: float) -> int:
    """Seconds as 32.32 fixed point; any epoch serves, as long as it is one's own."""
    return round(seconds * (1 << 32)) & 0xFFFFFFFFFFFFFFFF


def round_trip_seconds(block: ReportBlock, ntp: int) -> float | None:
    """RFC 3550 section 6.4.1, for a block that arrived at ``ntp``; ``None`` if it names no SR, or nonsense."""
    if block.last_report == 0:
        return None
    trip = ntp_middle(ntp) - block.last_report - block.delay & 0xFFFFFFFF
    # What comes out negative is a clock's rounding, or a lie.
    return trip / 65536 if trip < 60 << 16 else None


def parse(datagram: bytes) -> list[ControlPacket]:
    """The packets of a compound one; empty for anything that is malformed (RFC 3550 appendix A.2)."""
    packets: list[ControlPacket] = []
    position = parts = 0
    if len(datagram) > MAX_SIZE:
        return []
    while position < len(datagram):
        part = _part(datagram, position)
        parts += 1
        if part is None or parts > MAX_PARTS:
            return []
        packet = _read(part)
        if packet is not None:
            packets.append(packet)
        position += len(part)
    return packets


def _part(datagram: bytes, position: int) -> bytes | None:
    if position + _COMMON.size > len(datagram):
        return None
    first, kind, words = _COMMON.unpack_from(datagram, position)
    end = position + 4 * (words + 1)
    if first & 0xC0 != _VERSION or end > len(datagram) or not 192 <= kind < 224:
        return None
    # Padding is allowed at the very end only; what it covers is not read in any case.
    return datagram[position:end] if not first & _PADDING or end == len(datagram) else None


def _read(part: bytes) -> ControlPacket | None:
    first, kind, _ = _COMMON.unpack_from(part)
    count = first & 0x1F
    try:
        if kind == _SENDER_REPORT:
            ssrc, *sent = _WORD.unpack_from(part, 4) + _SENDER.unpack_from(part, 8)
            return SenderReport(
                ssrc=ssrc,
                ntp=sent[0],
                timestamp=sent[1],
                packets=sent[2],
                octets=sent[3],
                blocks=_blocks(part, 8 + _SENDER.size, count),
            )
        if kind == _RECEIVER_REPORT:
            return ReceiverReport(ssrc=_WORD.unpack_from(part, 4)[0], blocks=_blocks(part, 8, count))
        if kind == EXTENDED_REPORT:
            return read_extended(part)
        if kind == _GOODBYE:
            return Goodbye(ssrcs=struct.unpack_from(f"!{count}I", part, 4))
    except struct.error:
        # Shorter than its own count says.
        pass
    return None


def _blocks(part: bytes, start: int, count: int) -> tuple[ReportBlock, ...]:
    return tuple(_block(part, start + number * _BLOCK.size) for number in range(count))


def _block(part: bytes, start: int) -> ReportBlock:
    ssrc, losses, highest, jitter, last_report, delay = _BLOCK.unpack_from(part, start)
    lost = losses & _LOST_MASK
    return ReportBlock(
        ssrc=ssrc,
        fraction_lost=(losses >> 24) / 256,
        lost=lost - (1 << 24) if lost > _LOST_MAX else lost,
        highest=highest,
        jitter=jitter,
        last_report=last_report,
        delay=delay,
    )


def build(packet: ControlPacket, *, cname: str = "") -> bytes:
    """The packet on the wire, a report with the SDES that RFC 3550 section 6.1 wants in every compound packet."""
    match packet:
        case SenderReport():
            sent = _SENDER.pack(packet.ntp, packet.timestamp & 0xFFFFFFFF, packet.packets, packet.octets)
            body = _WORD.pack(packet.ssrc) + sent + _pack_blocks(packet.blocks)
            return _pack(_SENDER_REPORT, len(packet.blocks), body) + _description(packet.ssrc, cname)
        case ReceiverReport():
            body = _WORD.pack(packet.ssrc) + _pack_blocks(packet.blocks)
            return _pack(_RECEIVER_REPORT, len(packet.blocks), body) + _description(packet.ssrc, cname)
        case ExtendedReport():
            return _pack(EXTENDED_REPORT, 0, extended_body(packet))
        case Goodbye():
            return _pack(_GOODBYE, len(packet.ssrcs), struct.pack(f"!{len(packet.ssrcs)}I", *packet.ssrcs))


def _pack(kind: int, count: int, body: bytes) -> bytes:
    return _COMMON.pack(_VERSION | count, kind, len(body) // 4) + body


def _pack_blocks(blocks: Sequence[ReportBlock]) -> bytes:
    return b"".join(_pack_block(block) for block in blocks)


def _pack_block(block: ReportBlock) -> bytes:
    fraction = min(max(int(block.fraction_lost * 256), 0), 255)
    lost = max(_LOST_MIN, min(block.lost, _LOST_MAX)) & _LOST_MASK
    highest, jitter = block.highest & 0xFFFFFFFF, block.jitter & 0xFFFFFFFF
    return _BLOCK.pack(block.ssrc, fraction << 24 | lost, highest, jitter, block.last_report, block.delay & 0xFFFFFFFF)


def _description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    item = _WORD.pack(ssrc) + bytes([_CNAME, len(name)]) + name
    # The list of items ends with one to four zeros, up to the next word.
    return _pack(_DESCRIPTION, 1, item + bytes(4 - len(item) % 4))
