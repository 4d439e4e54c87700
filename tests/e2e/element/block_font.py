"""A font of our own in which every character is the same block: text has room and colour, and looks alike everywhere.

Machines have different fonts, so a picture of real text is a picture of one machine. The font is made here, by the
OpenType specification (https://learn.microsoft.com/typography/opentype/spec/), and handed to the browser as bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

UNITS = 1000
ASCENT, DESCENT = 800, 200
WIDTH, HEIGHT = 520, 500
"""About the average of a letter in a font for screens."""
BOX, BLANK = 1, 2
GLYPHS = 3
LAST_CHARACTER = 0x10FFFF


def block_font() -> bytes:
    """Return the font as a TrueType file."""
    outline = _box()
    tables = {
        b"OS/2": _os2(),
        b"cmap": _cmap(),
        b"glyf": outline,
        b"head": _head(),
        b"hhea": struct.pack(
            ">IhhhHhhhhhh4hhH",
            0x00010000,
            ASCENT,
            -DESCENT,
            0,
            WIDTH,
            0,
            0,
            WIDTH,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            GLYPHS,
        ),
        b"hmtx": struct.pack(">" + "Hh" * GLYPHS, *[WIDTH, 0] * GLYPHS),
        b"loca": struct.pack(">4I", 0, 0, len(outline), len(outline)),
        b"maxp": struct.pack(">IH13H", 0x00010000, GLYPHS, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": struct.pack(">HHH", 0, 0, 6),
        b"post": struct.pack(">IIhhIIIII", 0x00030000, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    return _joined(tables)


def _box() -> bytes:
    """One contour of four points, from the baseline up."""
    header = struct.pack(">hhhhh", 1, 0, 0, WIDTH, HEIGHT)
    flags = bytes([1, 1, 1, 1])
    steps = struct.pack(">8h", 0, 0, WIDTH, 0, 0, HEIGHT, 0, -HEIGHT)
    contour = struct.pack(">HH", 3, 0) + flags + steps
    return _padded(header + contour)


def _cmap() -> bytes:
    """Format 13: many characters to one glyph."""
    groups = [(0x20, 0x20, BLANK), (0x21, 0x9F, BOX), (0xA0, 0xA0, BLANK), (0xA1, LAST_CHARACTER, BOX)]
    body = b"".join(struct.pack(">III", *group) for group in groups)
    subtable = struct.pack(">HHIII", 13, 0, 16 + len(body), 0, len(groups)) + body
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable


def _head() -> bytes:
    return struct.pack(
        ">IIIIHHqqhhhhHHhhh",
        0x00010000,
        0x00010000,
        0,
        0x5F0F3CF5,
        0,
        UNITS,
        0,
        0,
        0,
        0,
        WIDTH,
        HEIGHT,
        0,
        8,
        2,
        1,
        0,
    )


def _os2() -> bytes:
    return struct.pack(
        ">HhHHH10hh10sIIII4sHHHhhhHHIIhhHHH",
        4,
        WIDTH,
        400,
        5,
        0,
        *[0] * 10,
        0,
        bytes(10),
        0,
        0,
        0,
        0,
        b"NONE",
        64,
        0x20,
        0xFFFF,
        ASCENT,
        -DESCENT,
        0,
        ASCENT,
        DESCENT,
        0,
        0,
        HEIGHT,
        HEIGHT,
        0,
        0x20,
        1,
    )


def _joined(tables: Mapping[bytes, bytes]) -> bytes:
    """The table directory and the tables, with the checksums of both."""
    offset = 12 + 16 * len(tables)
    directory, body = b"", b""
    for tag, table in tables.items():
        directory += struct.pack(">4sIII", tag, _checksum(table), offset + len(body), len(table))
        body += _padded(table)
    power = len(tables).bit_length() - 1
    search = 16 << power
    head = struct.pack(">IHHHH", 0x00010000, len(tables), search, power, 16 * len(tables) - search)
    return head + directory + body


def _padded(table: bytes) -> bytes:
    return table + bytes(-len(table) % 4)


def _checksum(table: bytes) -> int:
    padded = _padded(table)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}I", padded)
    return sum(words) & 0xFFFFFFFF
