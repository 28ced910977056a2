"""Pictures, decoded and written anew, so that nothing but the picture is kept."""

from __future__ import annotations

import io
import struct
import threading
from dataclasses import dataclass

from PIL import Image, ImageOps

FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}
# A GIF is kept as its first frame.
KEPT_AS = {
    "PNG": ("PNG", "image/png", "png"),
    "JPEG": ("JPEG", "image/jpeg", "jpg"),
    "WEBP": ("WEBP", "image/webp", "webp"),
    "GIF": ("PNG", "image/png", "png"),
}
MOST_PIXELS = 25_000_000
LONGEST_SIDE = 16_000
PREVIEW = (480, 320)
PREVIEW_TYPE = "image/webp"
# Whatever a decoder stumbles over in bytes that somebody chose.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    EOFError,
    ZeroDivisionError,
    MemoryError,
    AttributeError,
    struct.error,
)
# A picture unfolds to a hundred megabytes, so a process unfolds one at a time.
_one_at_a_time = threading.Lock()


class Unfit(Exception):
    """It can't be attached; the message says why and what helps, to stand after the file's name."""


@dataclass(frozen=True, slots=True)
class Picture:
    content_type: str
    ending: str
    data: bytes
    width: int
    height: int
    preview: bytes


def starts_like_one(data: bytes) -> bool:
    return data.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or (
        data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    )


def read(data: bytes) -> Picture:
    """The picture in `data`, turned as its EXIF says, without metadata, and a preview of it. Raises Unfit."""
    with _one_at_a_time:
        try:
            with Image.open(io.BytesIO(data), formats=list(FORMATS)) as opened:
                return _written_anew(opened)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_large() from None
        except BROKEN:
            raise Unfit("is damaged or cut off. Open it, save it again, and attach that.") from None


def _written_anew(opened: Image.Image) -> Picture:
    kind = str(opened.format)
    if opened.width * opened.height > MOST_PIXELS or max(opened.size) > LONGEST_SIDE:
        raise _too_large()
    opened.load()
    image = _plain(ImageOps.exif_transpose(opened))
    written, content_type, ending = KEPT_AS[kind]
    if written == "JPEG" and image.mode == "RGBA":
        image = image.convert("RGB")
    data = _bytes(image, written, quality=90)
    small = image.copy()
    small.thumbnail(PREVIEW)
    return Picture(content_type, ending, data, image.width, image.height, _bytes(small, "WEBP", quality=80))


def _plain(image: Image.Image) -> Image.Image:
    """Pixels alone, as grey, RGB or RGBA: no palette, no profile, no text, no EXIF."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda v: v / 256).convert("L")
    elif image.mode != "L" or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    plain = Image.new(image.mode, image.size)
    plain.paste(image)
    return plain


def _bytes(image: Image.Image, written: str, *, quality: int) -> bytes:
    out = io.BytesIO()
    options = {} if written == "PNG" else {"quality": quality}
    image.save(out, written, **options)
    return out.getvalue()


def _too_large() -> Unfit:
    return Unfit(
        f"has more than {MOST_PIXELS // 1_000_000} megapixels or a side over {LONGEST_SIDE:,} pixels. Make it smaller,"
        " or cut out the part that matters."
    )
