"""Logos of pages: written anew as PNG from what came, no larger than they are shown. Pure."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image

from incidents.files import images

MOST_BYTES = 1_000_000
LEAST_SIDE = 16
# Shown at half of it, so that it is sharp on fine screens.
LARGEST = (640, 128)
ICON = 64


class Unfit(ValueError):
    """It can't be a logo; the message says why and what helps."""


@dataclass(frozen=True, slots=True)
class Logo:
    """`data` and `icon` (a square) are PNG; `width` and `height` are those that it is shown at."""

    data: bytes
    icon: bytes
    width: int
    height: int
    sha256: str


def read(data: bytes) -> Logo:
    """The logo in a PNG, JPEG or WebP file. Raises Unfit."""
    if len(data) > MOST_BYTES:
        raise Unfit(f"It has {len(data) / 1_000_000:.1f} MB. A logo has at most {MOST_BYTES / 1_000_000:.0f} MB.")
    if data.lstrip()[:5].lower() in (b"<?xml", b"<svg ") or b"<svg" in data[:1000].lower():
        raise Unfit("SVG can carry scripts and is not taken. Export it as PNG, 128 pixels high or more.")
    if not images.starts_like_one(data) or data.startswith(b"GIF"):
        raise Unfit("That is no PNG, JPEG or WebP file, whatever it is called.")
    try:
        found = images.read(data)
    except images.Unfit as error:
        raise Unfit(f"The file {error}") from None
    if min(found.width, found.height) < LEAST_SIDE:
        raise Unfit(f"It is {found.width} by {found.height} pixels. Take one of {LEAST_SIDE} or more each way.")
    with Image.open(io.BytesIO(found.data)) as opened:
        image = opened.convert("RGBA")
    image.thumbnail(LARGEST, Image.Resampling.LANCZOS)
    small = image.copy()
    small.thumbnail((ICON, ICON), Image.Resampling.LANCZOS)
    square = Image.new("RGBA", (ICON, ICON))
    square.paste(small, ((ICON - small.width) // 2, (ICON - small.height) // 2))
    written = _png(image)
    half = (max(1, round(image.width / 2)), max(1, round(image.height / 2)))
    return Logo(written, _png(square), *half, hashlib.sha256(written).hexdigest())


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
