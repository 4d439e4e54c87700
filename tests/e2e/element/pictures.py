"""Pictures of screens, kept small, and what of a screen no longer looks like its picture.

Text is drawn with the font of ``block_font.py`` and clocks are left out, so that a picture tells neither the machine's
fonts nor the minute. It is kept as the mean colours of cells of 4 by 4 pixels. Where things moved by a pixel, or an
edge is smoothed otherwise, nothing is reported: that is another browser. A button that went, moved, changed its colour
or lost its text is many cells.

``make pictures`` sets ``CCSDK_PICTURES`` to ``renew``: what looks otherwise than its picture then becomes the picture,
and ``git diff`` names the screens. A test that fails leaves the picture, what it saw and the difference in
``var/pictures``, side by side.
"""

from __future__ import annotations

import base64
import io
import itertools
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Frame, Page

from tests.e2e.element.block_font import block_font

Pixels = NDArray[np.uint8]
"""Rows, columns, and red, green and blue."""

FOLDER = Path(__file__).with_name("pictures")
DIFFERING = Path(__file__).parents[3] / "var" / "pictures"
RENEWS = os.environ.get("CCSDK_PICTURES") == "renew"
CELL = 4
DIFFERENCE = 24
"""Of 255, in one colour, that the eye sees in a cell."""
STEP = 8
CELLS = 6
"""An icon of 22 pixels covers about 30."""
SHIFTS = tuple(itertools.product((-1, 0, 1), repeat=2))

DRESS = """async ([font, clocks]) => {
  if (!window.blocks) {
    const bytes = Uint8Array.from(atob(font), (letter) => letter.charCodeAt(0));
    window.blocks = await new FontFace("Blocks", bytes).load();
    document.fonts.add(window.blocks);
    const [sheet] = document.styleSheets;
    for (const rule of clocks) sheet.insertRule(rule, sheet.cssRules.length);
  }
  document.documentElement.classList.add("pictured");
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
}"""
UNDRESS = """document.documentElement.classList.remove("pictured")"""
RULES = (
    ".pictured body { font-family: Blocks; }",
    # Of the same size at every minute and in every time zone.
    ".pictured time { display: inline-block; inline-size: 2.5em; block-size: 1em; overflow: hidden; }",
    ".pictured time { visibility: hidden; }",
    # Drawn by the browser in its own way, or alive.
    ".pictured :is(.level, select) { opacity: 0; }",
)


async def taken(page: Page, frame: Frame) -> Pixels:
    """Take the phone's picture as it is now, in its dress for pictures."""
    font = base64.b64encode(block_font()).decode()
    await frame.evaluate(DRESS, [font, RULES])
    shot = await page.locator("cc-sdk").screenshot(animations="disabled", caret="hide")
    await frame.evaluate(UNDRESS)
    return decoded(shot)


def decoded(png: bytes) -> Pixels:
    with av.open(io.BytesIO(png), mode="r", format="png_pipe") as container:
        frame = next(container.decode(container.streams.video[0]))
        return frame.to_ndarray(format="rgb24").astype(np.uint8)


def reduced(pixels: Pixels) -> Pixels:
    """The mean colour of each cell; what is left of a cell at the edge is left out."""
    height, width = (length // CELL for length in pixels.shape[:2])
    cells = pixels[: height * CELL, : width * CELL].reshape(height, CELL, width, CELL, 3)
    means: Pixels = cells.mean(axis=(1, 3)).round().astype(np.uint8)
    return means


def differences(pixels: Pixels, picture: Pixels) -> str:
    """Say where a screen differs from its picture, "" = nowhere."""
    size = reduced(pixels).shape
    if max(abs(is_now - was) for is_now, was in zip(size, picture.shape, strict=True)) > 1:
        return f"is {size[:2]} cells in size, its picture {picture.shape[:2]}"
    # Half a pixel more may be a cell more.
    height, width = (min(lengths) for lengths in zip(size[:2], picture.shape[:2], strict=True))
    wanted = picture[:height, :width].astype(np.int16)
    shifted = (np.roll(pixels, shift, axis=(0, 1)) for shift in SHIFTS)
    gaps = np.min([np.abs(reduced(one)[:height, :width] - wanted).max(axis=2) for one in shifted], axis=0)
    rows, columns = np.nonzero(gaps > DIFFERENCE)
    if len(rows) < CELLS:
        return ""
    left, top, right, bottom = (int(end) * CELL for end in (columns.min(), rows.min(), columns.max(), rows.max()))
    return f"differs from its picture in {len(rows)} cells between ({left}, {top}) and ({right}, {bottom})"


async def compare(page: Page, frame: Frame, name: str) -> str:
    """Say where the screen that is shown differs from its stored picture, and where a person sees it; "" = nowhere."""
    pixels = await taken(page, frame)
    if RENEWS:
        store(name, pixels)
        return ""
    picture = stored(name)
    if picture is None:
        return "has no picture. Look at it (make screens), then: make pictures"
    found = differences(pixels, picture)
    return f"{found}: see {_shown_beside(name, pixels, picture)}. If it is meant: make pictures" if found else ""


def _shown_beside(name: str, pixels: Pixels, picture: Pixels) -> Path:
    """Draw the picture, what is seen now, and where they differ, side by side at the size of the screen."""
    seen = reduced(pixels)
    height = max(len(picture), len(seen))
    panels = [_padded(one, height) for one in (picture, seen, _marked(seen, picture))]
    gap = np.full((height, 4, 3), 128, np.uint8)
    sheet = np.concatenate([panels[0], gap, panels[1], gap, panels[2]], axis=1)
    path = DIFFERING / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_encoded(sheet.repeat(CELL, axis=0).repeat(CELL, axis=1)))
    return path


def _padded(cells: Pixels, height: int) -> Pixels:
    return np.pad(cells, ((0, height - len(cells)), (0, 0), (0, 0)), constant_values=128)


def _marked(seen: Pixels, picture: Pixels) -> Pixels:
    """Red where they differ, pale elsewhere; of two sizes, where both have something."""
    height, width = (min(lengths) for lengths in zip(seen.shape[:2], picture.shape[:2], strict=True))
    seen, picture = seen[:height, :width], picture[:height, :width]
    differs = np.abs(seen.astype(np.int16) - picture).max(axis=2) > DIFFERENCE
    marked: Pixels = np.where(differs[..., None], np.array([220, 0, 0]), 200 + seen // 5).astype(np.uint8)
    return marked


def stored(name: str) -> Pixels | None:
    path = FOLDER / f"{name}.png"
    return decoded(path.read_bytes()) if path.exists() else None


def store(name: str, pixels: Pixels) -> None:
    """Keep a picture, unless the one that is kept still holds; either way its file is as new as this."""
    path = FOLDER / f"{name}.png"
    kept = stored(name)
    if kept is None or differences(pixels, kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(packed(pixels))
    path.touch()


def packed(pixels: Pixels) -> bytes:
    """The picture as it is stored. In steps that nobody sees, for then it takes a third of the room."""
    means = reduced(pixels).astype(np.uint16)
    return _encoded(np.minimum((means + STEP // 2) // STEP * STEP, 255).astype(np.uint8))


def _encoded(pixels: Pixels) -> bytes:
    codec = av.VideoCodecContext.create("png", "w")
    codec.options = {"compression_level": "9", "pred": "none"}
    codec.height, codec.width = pixels.shape[:2]
    codec.pix_fmt = "rgb24"
    codec.time_base = Fraction(1)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    return b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])
