"""What may be attached, and what is kept of it: names, pictures and texts, honest and hostile."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.files import contents, images, names
from incidents.files.images import Unfit
from tests.incidents import attached
from tests.incidents.attached import SCRIPT, opened, picture


@pytest.mark.parametrize(
    ("given", "ending", "shown"),
    [
        ("graph.png", "png", "graph.png"),
        ("GRAPH.PNG", "png", "GRAPH.PNG"),
        ("photo.jpeg", "jpg", "photo.jpeg"),
        ("../../etc/passwd", "txt", "passwd.txt"),
        ("C:\\Users\\bob\\app.log", "txt", "app.log"),
        ("a\r\nSet-Cookie: x=1.log", "txt", "aSet-Cookie- x=1.log"),
        ("report\u202egnp.exe", "txt", "reportgnp.exe.txt"),
        ("invoice.pdf.exe", "txt", "invoice.pdf.exe.txt"),
        ("shell.php", "jpg", "shell.php.jpg"),
        ("page.html", "txt", "page.html.txt"),
        ("x.png", "txt", "x.png.txt"),
        ('"><img src=x onerror=alert(1)>.png', "png", "---img src=x onerror=alert(1)-.png"),
        ("…", "txt", "….txt"),
        ("", "png", "file.png"),
        (".htaccess", "txt", "htaccess.txt"),
        ("\x00\x00.log", "txt", "log.txt"),
        ("Ausfall März 🔥.log", "txt", "Ausfall März 🔥.log"),
        ("a" * 500 + ".log", "txt", "a" * 116 + ".log"),
    ],
)
def test_names_are_what_they_look_like(given: str, ending: str, shown: str) -> None:
    assert names.clean(given, ending) == shown


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.sampled_from(["png", "jpg", "webp", "txt"]))
def test_no_name_leaves_its_place_or_its_header(given: str, ending: str) -> None:
    name = names.clean(given, ending)
    assert 0 < len(name) <= names.LONGEST
    assert not set(name) & set('/\\<>:"|?*`\r\n\x00\u202e\u200b')
    assert names.clean(name, ending) == name
    header = names.disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.startswith('attachment; filename="')


def test_the_header_carries_the_name_in_both_forms() -> None:
    assert names.disposition("Ausfall März.log") == (
        "attachment; filename=\"Ausfall Marz.log\"; filename*=UTF-8''Ausfall%20M%C3%A4rz.log"
    )
    assert names.disposition("火.png", inline=True) == "inline; filename=\"_.png\"; filename*=UTF-8''%E7%81%AB.png"


@pytest.mark.parametrize(
    ("kind", "content_type", "ending"),
    [
        ("PNG", "image/png", "png"),
        ("JPEG", "image/jpeg", "jpg"),
        ("WEBP", "image/webp", "webp"),
        ("GIF", "image/png", "png"),
    ],
)
def test_pictures_are_written_anew(kind: str, content_type: str, ending: str) -> None:
    kept = contents.read("whatever.exe", picture(kind))
    assert (kept.kind, kept.content_type, kept.width, kept.height) == ("image", content_type, 40, 30)
    assert kept.name == f"whatever.exe.{ending}"
    assert opened(kept.data).size == (40, 30)
    assert kept.preview is not None
    assert opened(kept.preview).format == "WEBP"


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.html", SCRIPT)
    return out.getvalue()


@pytest.mark.parametrize(
    "hostile",
    [
        picture("PNG") + SCRIPT,
        picture("PNG") + zipped(),
        picture("JPEG") + b"<?php system('id'); ?>",
        picture("JPEG", comment=b"<?php system('id'); ?>" + SCRIPT),
        picture("WEBP") + SCRIPT,
        attached.gif_with_script(),
        attached.photo_with_gps(),
    ],
    ids=["png+html", "png+zip", "jpeg+php", "jpeg comment", "webp+html", "gif+js", "exif"],
)
def test_a_polyglot_loses_its_second_nature(hostile: bytes) -> None:
    kept = contents.read("x", hostile)
    for trace in (b"<script", b"<?php", b"alert(", b"PK\x03\x04", b"CANARY", b"Exif", b"system("):
        assert trace not in kept.data
        assert trace not in (kept.preview or b"")


def test_a_photograph_is_turned_upright_and_forgets_where_it_was_taken() -> None:
    taken = attached.photo_with_gps()
    assert opened(taken).getexif().get_ifd(0x8825)
    kept = contents.read("photo.jpg", taken)
    image = opened(kept.data)
    assert image.size == (kept.width, kept.height) == (20, 60)
    assert not image.getexif()
    assert "comment" not in image.info
    # What was on the left is on top.
    top, bottom = image.getpixel((10, 5)), image.getpixel((10, 55))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]


def test_an_animation_is_kept_as_its_first_frame() -> None:
    kept = contents.read("party.gif", attached.animated_gif())
    assert (kept.name, kept.content_type) == ("party.gif.png", "image/png")
    image = opened(kept.data)
    assert not getattr(image, "is_animated", False)
    assert image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_pixel_is_kept(mode: str) -> None:
    from PIL import Image

    out = io.BytesIO()
    Image.new(mode, (8, 8)).save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert contents.read("x", out.getvalue()).width == 8


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (picture("PNG", (300, 300))[:-40], "damaged or cut off"),
        (picture("JPEG", (300, 300))[:300], "damaged or cut off"),
        (b"\x89PNG\r\n\x1a\n" + SCRIPT, "damaged or cut off"),
        (b"GIF89a/*" + SCRIPT, "damaged or cut off"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "damaged or cut off"),
        (attached.png_header(60_000, 60_000), "megapixels"),
        (attached.png_header(2**31 - 1, 1), "megapixels"),
        (attached.png_header(20_000, 2), "megapixels"),
        (attached.png_header(4000, 4000), "damaged or cut off"),
        (attached.bomb(), "megapixels"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>", "SVG"),
        (b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->\n<svg:svg onload="alert(1)"/>', "SVG"),
        ('<svg onload="alert(1)"/>'.encode("utf-16"), "SVG"),
        (gzip.compress(b"a log", mtime=0), "gunzip"),
        (zipped(), "Unpack it"),
        (b"%PDF-1.7\n\xff\xfe\x00", "screenshot"),
        (b"\x00\x00\x00\x18ftypheic" + b"\x00" * 20, "HEIC"),
        (b"\x7fELF\x02\x01\x01\x00", "NUL"),
        (b"caf\xe9", "UTF-8"),
        (b"one\x00two", "NUL"),
        ("no mark".encode("utf-16-le"), "NUL"),
        (b"\xff\xfea", "UTF-8"),
        (b"x" * (contents.LARGEST + 1), "10 MB"),
    ],
)
def test_what_cannot_be_kept_says_why_and_what_helps(data: bytes, why: str) -> None:
    with pytest.raises(Unfit, match=why) as refused:
        contents.read("x", data)
    assert str(refused.value).count(".") >= 2, "the reason, and what to do"


def test_a_bomb_is_refused_by_its_header() -> None:
    assert len(attached.bomb()) < 200_000


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        (b"ok\n", b"ok\n"),
        (b"\xef\xbb\xbfok", b"ok"),
        ("größer\r\n".encode("utf-16"), "größer\r\n".encode()),
        (b"BMW is a word, too", b"BMW is a word, too"),
        (b'{"level": "error", "at": "\x1b[31mred\x1b[0m"}', b'{"level": "error", "at": "\x1b[31mred\x1b[0m"}'),
        (b"<!doctype html>" + SCRIPT, b"<!doctype html>" + SCRIPT),
    ],
)
def test_text_is_kept_as_text(data: bytes, kept: bytes) -> None:
    found = contents.read("app.log", data)
    assert (found.kind, found.content_type, found.data) == ("text", "text/plain; charset=utf-8", kept)
    assert found.name == "app.log"


def test_a_text_tells_its_lines_and_how_it_begins() -> None:
    found = contents.read("app.log", b"".join(b"line %d\n" % n for n in range(1200)))
    assert (found.lines, found.opening) == (1200, "line 0\nline 1\nline 2\nline 3")


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF1234WEBP"])
)
def test_any_bytes_are_kept_or_refused(data: bytes, start: bytes) -> None:
    try:
        contents.read("x", start + data)
    except Unfit:
        pass


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.data())
def test_a_picture_with_a_flipped_byte_is_kept_or_refused(kind: str, data: st.DataObject) -> None:
    made = bytearray(picture(kind))
    at = data.draw(st.integers(0, len(made) - 1))
    made[at] ^= data.draw(st.integers(1, 255))
    try:
        kept = contents.read("x", bytes(made))
    except Unfit:
        return
    assert kept.kind == "text" or (kept.width or 0) * (kept.height or 0) <= images.MOST_PIXELS
