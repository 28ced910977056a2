"""What an attached file really is. Its name and the type that came with it are hearsay: the bytes decide."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass

from incidents.files import images, names
from incidents.files.images import Unfit

LARGEST = 10_000_000
PER_NOTE = 5
PER_INCIDENT = 200_000_000
TEXT_TYPE = "text/plain; charset=utf-8"
OPENING_LINES, OPENING_LENGTH = 4, 400
# What people try to attach, by its first bytes, and what to do instead.
PACKED = "is packed. Unpack it and attach the file inside, or the part of it that matters."
INSTEAD: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "is packed with gzip. Unpack it (gunzip) and attach what is inside, or the part that matters."),
    (b"PK\x03\x04", PACKED),
    (b"BZh", PACKED),
    (b"\xfd7zXZ\x00", PACKED),
    (b"\x28\xb5\x2f\xfd", PACKED),
    (b"7z\xbc\xaf\x27\x1c", PACKED),
    (b"%PDF", "is a PDF. Attach a screenshot of the page, or its text."),
    (b"BM", "is a BMP picture. Save it as PNG, JPEG or WebP."),
    (b"II*\x00", "is a TIFF picture. Save it as PNG, JPEG or WebP."),
    (b"MM\x00*", "is a TIFF picture. Save it as PNG, JPEG or WebP."),
)
SVG = re.compile(rb"<(?:\w+:)?svg[\s>/]|<!DOCTYPE\s+svg", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Content:
    """A file as it is kept. `opening` is how a text begins; `preview` a small WebP of a picture."""

    kind: str
    name: str
    content_type: str
    data: bytes
    width: int | None = None
    height: int | None = None
    lines: int | None = None
    opening: str = ""
    preview: bytes | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def read(name: str, data: bytes) -> Content:
    """The file as it may be kept: a picture written anew, or text as UTF-8. Raises Unfit."""
    if not data:
        raise Unfit("is empty. Attach a file with something in it.")
    if len(data) > LARGEST:
        raise too_large()
    if images.starts_like_one(data):
        made = images.read(data)
        if len(made.data) > LARGEST:
            raise too_large()
        shown = names.clean(name, made.ending)
        return Content("image", shown, made.content_type, made.data, made.width, made.height, preview=made.preview)
    return _text(name, data)


def too_large() -> Unfit:
    return Unfit(f"is larger than {LARGEST // 1_000_000} MB. Attach the part that matters, or a smaller picture.")


def _text(name: str, data: bytes) -> Content:
    for start, why in INSTEAD:
        if data.startswith(start) and not _is_text(data):
            raise Unfit(why)
    if data[4:8] == b"ftyp":
        raise Unfit("is a HEIC, AVIF or film. Save it as PNG, JPEG or WebP.")
    text = _decoded(data)
    if SVG.search(text[:4000].encode()):
        raise Unfit("is an SVG, which can carry scripts. Save it as PNG and attach that.")
    kept = text.encode()
    if len(kept) > LARGEST:
        raise too_large()
    lines = text.count("\n") + (not text.endswith("\n"))
    opening = "\n".join(text[:4000].splitlines()[:OPENING_LINES])[:OPENING_LENGTH]
    return Content("text", names.clean(name, "txt"), TEXT_TYPE, kept, lines=lines, opening=opening)


def _is_text(data: bytes) -> bool:
    try:
        _decoded(data)
    except Unfit:
        return False
    return True


def _decoded(data: bytes) -> str:
    """Text in UTF-8, or in UTF-16 that begins with its mark. Raises Unfit."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Unfit(
            "is neither a picture (PNG, JPEG, WebP, GIF) nor text in UTF-8. Save it as one of these, and attach that."
        ) from None
    if "\x00" in text:
        raise Unfit("has NUL characters, so it is no text. Attach a text file or a picture.")
    return text
