"""Messages of the relay's control socket as packets. Pure: values to bytes and back.

Messages are JSON, but for what comes up often, which is packed.
"""

import json
import socket
import struct
from dataclasses import asdict, astuple, fields
from typing import Any, Final, get_args

from widget.media.relay.progress import pack_progress, unpack_progress
from widget.media.relay.protocol import ControlPacket, Datagram, Health, Message, Progress

_JSON = b"J"
_DATAGRAM = b"D"
_PROGRESS = b"P"
_CONTROL = b"C"
_HEALTH = b"H"
_HEALTH_PACKET = struct.Struct("!cd5Q")
_CONTROL_HEADER = struct.Struct("!c?id")
_DATAGRAM_HEADER = struct.Struct("!cIBHB")

_PACKED: Final = (Datagram, Progress, ControlPacket, Health)
_CLASSES: Final[dict[str, Any]] = {cls.__name__: cls for cls in get_args(Message) if cls not in _PACKED}


def encode(message: Message) -> bytes:
    if isinstance(message, Datagram):
        return _encode_datagram(message)
    if isinstance(message, ControlPacket):
        return _CONTROL_HEADER.pack(_CONTROL, message.is_carrier, message.leg, message.at) + message.data
    if isinstance(message, Health):
        return _HEALTH_PACKET.pack(_HEALTH, *astuple(message))
    if isinstance(message, Progress):
        return _PROGRESS + pack_progress(message.legs)
    return _JSON + json.dumps([type(message).__name__, asdict(message)]).encode()


def decode(packet: bytes) -> Message:
    """The message in a packet; raises :class:`ValueError` if it is none."""
    if packet[:1] == _DATAGRAM:
        return _decode_datagram(packet)
    if packet[:1] == _CONTROL:
        _, is_carrier, leg, at = _CONTROL_HEADER.unpack_from(packet)
        return ControlPacket(is_carrier=is_carrier, leg=leg, at=at, data=packet[_CONTROL_HEADER.size :])
    if packet[:1] == _HEALTH:
        return _decode_health(packet)
    if packet[:1] == _PROGRESS:
        return Progress(unpack_progress(packet[1:]))
    name, values = json.loads(packet[1:])
    cls = _CLASSES.get(name)
    if packet[:1] != _JSON or cls is None or values.keys() != {item.name for item in fields(cls)}:
        raise ValueError(f"not a relay message: {packet[:80]!r}")
    message: Message = cls(**values)
    return message


def _decode_health(packet: bytes) -> Health:
    _, cpu_seconds, strays, held_back, rejected, replayed, undelivered = _HEALTH_PACKET.unpack(packet)
    return Health(
        cpu_seconds=cpu_seconds,
        strays=strays,
        held_back=held_back,
        rejected=rejected,
        replayed=replayed,
        undelivered=undelivered,
    )


def _encode_datagram(message: Datagram) -> bytes:
    family = socket.AF_INET6 if ":" in message.host else socket.AF_INET
    host = socket.inet_pton(family, message.host)
    header = _DATAGRAM_HEADER.pack(_DATAGRAM, message.leg, message.socket, message.port, len(host))
    return header + host + message.data


def _decode_datagram(packet: bytes) -> Datagram:
    _, leg, index, port, size = _DATAGRAM_HEADER.unpack_from(packet)
    start = _DATAGRAM_HEADER.size
    family = socket.AF_INET6 if size == 16 else socket.AF_INET
    host = socket.inet_ntop(family, packet[start : start + size])
    return Datagram(leg=leg, socket=index, host=host, port=port, data=packet[start + size :])
