"""The folder of published files. Pure: no database, no Django.

`manifest.json` says which address has which file; it is exchanged as a whole, so that a reader sees one state or the
other. Files are named by what is in them (`files/<sha256>`), and so one that is written is never changed.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

FORMAT = 2
# Where an HTML page has its banner, should one be put up.
PLACE = b"<!-- banner -->"
HTML = "text/html; charset=utf-8"
# So long a reader, or a cache between, asks nobody; and so long it may go on with what it has while nobody answers.
CACHE = "public, max-age=5, stale-while-revalidate=30, stale-if-error=604800"
# Whoever serves may still hold an older manifest.
KEPT_SECONDS = 3600.0


class Broken(Exception):
    """A published file is not there or not what it is named; the message says which."""


@dataclass(frozen=True, slots=True)
class File:
    """What an address answers: the names of what is shown and of what was rendered, which differ by a banner."""

    shown: str
    rendered: str
    type: str
    # What it was rendered from, for files that need not be rendered anew.
    source: str = ""


@dataclass(frozen=True, slots=True)
class Face:
    """What has to be known of a page before it is answered: whom it is for, which of its links opens it, and on which
    domain it is, too."""

    slug: str = ""
    audience: str = "public"
    key_version: int = 0
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """A page with all its addresses. `version` is what its row counted and when that was read (seconds since 1970); of
    two renderings the one of the higher version stays. `code` is what rendered it."""

    version: tuple[int, float]
    code: str
    files: dict[str, File] = field(default_factory=dict)
    face: Face = Face()


@dataclass(frozen=True, slots=True)
class Manifest:
    pages: dict[str, Published] = field(default_factory=dict)
    banner: str = ""

    def addresses(self) -> dict[str, File]:
        """Every address; where two pages had one, as when another becomes the default, the later rendering has it.
        That on a page's domain begins with two slashes and it: `//status.example.org/history/`."""
        return {address: page.files[address] for address, (_, page) in self.owners().items()}

    def owners(self) -> dict[str, tuple[str, Published]]:
        """Every address with the page that has it, by its uid."""
        ordered = sorted(self.pages.items(), key=lambda item: item[1].version[1])
        return {address: (uid, page) for uid, page in ordered for address in page.files}

    def domains(self) -> dict[str, tuple[str, Face]]:
        """The pages that have a domain, by it."""
        return {page.face.domain: (uid, page.face) for uid, page in self.pages.items() if page.face.domain}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file that is to be published: its bytes, or what is there already."""

    type: str
    body: bytes = b""
    known: File | None = None
    source: str = ""


class Store:
    """A folder, by default empty. Writers take turns; readers never wait."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.path = folder / "manifest.json"

    def read(self) -> Manifest:
        """What is published; nothing where there is no folder, or one that can't be understood."""
        try:
            raw = json.loads(self.path.read_bytes())
        except (OSError, ValueError):
            return Manifest()
        if raw.get("format") != FORMAT:
            return Manifest()
        pages = {
            uid: Published(
                (page["version"][0], page["version"][1]),
                page["code"],
                {address: File(**file) for address, file in page["files"].items()},
                Face(**page["face"]),
            )
            for uid, page in raw["pages"].items()
        }
        return Manifest(pages, raw["banner"])

    def body(self, file: File) -> bytes:
        """Raises Broken."""
        try:
            return (self.files / file.shown).read_bytes()
        except OSError as error:
            raise Broken(f"{file.shown} can't be read: {error.strerror}") from None

    def publish(
        self, uid: str, version: tuple[int, float], code: str, files: Mapping[str, Rendered], face: Face = Face()
    ) -> bool:
        """Put a page's files in the place of those that it has. False where a newer rendering was there already."""
        with self._alone():
            now = self.read()
            if uid in now.pages and now.pages[uid].version >= version:
                return False
            made = {address: self._file(each, now.banner) for address, each in files.items()}
            self._write(Manifest(now.pages | {uid: Published(version, code, made, face)}, now.banner))
            return True

    def turn(self, uid: str, count: int, face: Face) -> None:
        """Let what is there of a page be for others from now on: before it is rendered, which may take its time."""
        with self._alone():
            now = self.read()
            if uid in now.pages and now.pages[uid].version[0] <= count and now.pages[uid].face != face:
                self._write(Manifest(now.pages | {uid: replace(now.pages[uid], face=face)}, now.banner))

    def keep_only(self, uids: set[str]) -> bool:
        """Take away the pages that are none of these; whether there were any."""
        with self._alone():
            now = self.read()
            gone = now.pages.keys() - uids
            if gone:
                self._write(Manifest({uid: page for uid, page in now.pages.items() if uid in uids}, now.banner))
        return bool(gone)

    def put_up(self, banner: str) -> int:
        """Show a banner on every page, or none where the text is empty; on how many pages. Asks no database."""
        with self._alone():
            now = self.read()
            pages = {}
            count = 0
            for uid, page in now.pages.items():
                files = dict(page.files)
                for address, file in page.files.items():
                    if file.type == HTML:
                        body = (self.files / file.rendered).read_bytes()
                        files[address] = self._file(Rendered(HTML, body, source=file.source), banner)
                        count += 1
                pages[uid] = replace(page, files=files)
            self._write(Manifest(pages, banner))
        return count

    def verify(self) -> int:
        """See that every address has its file, whole; how many that are. Raises Broken."""
        addresses = self.read().addresses()
        for address, file in addresses.items():
            for name in {file.shown, file.rendered}:
                try:
                    found = hashlib.sha256((self.files / name).read_bytes()).hexdigest()
                except OSError as error:
                    raise Broken(f"{address}: {name} can't be read: {error.strerror}") from None
                if found != name:
                    raise Broken(f"{address}: {name} is not what was published")
        return len(addresses)

    def sweep(self) -> int:
        """Take away files that no address has had for a while; how many."""
        with self._alone():
            kept = {name for file in self._all_files() for name in (file.shown, file.rendered)}
            old = time.time() - KEPT_SECONDS
            gone = [path for path in self.files.glob("*") if path.name not in kept and path.stat().st_mtime < old]
            for path in gone:
                path.unlink(missing_ok=True)
        return len(gone)

    def _all_files(self) -> Iterator[File]:
        for page in self.read().pages.values():
            yield from page.files.values()

    def _file(self, each: Rendered, banner: str) -> File:
        known = each.known
        if known is not None and (known.type != HTML or not banner or known.shown != known.rendered):
            return known
        body = each.body if known is None else (self.files / known.rendered).read_bytes()
        rendered = self._keep(body)
        shown = self._keep(body.replace(PLACE, _banner(banner), 1)) if banner and each.type == HTML else rendered
        return File(shown, rendered, each.type, each.source if known is None else known.source)

    def _keep(self, body: bytes) -> str:
        name = hashlib.sha256(body).hexdigest()
        path = self.files / name
        if path.exists():
            # So that it is not swept away before the manifest has it.
            os.utime(path)
        else:
            self._replace(path, body)
        return name

    def _write(self, manifest: Manifest) -> None:
        raw: dict[str, Any] = {"format": FORMAT, "banner": manifest.banner, "pages": {}}
        for uid, page in manifest.pages.items():
            raw["pages"][uid] = asdict(page)
        self._replace(self.path, json.dumps(raw, ensure_ascii=False).encode())

    def _replace(self, path: Path, body: bytes) -> None:
        """Whole or not at all, whenever the power goes."""
        fresh = self.folder / f".new-{os.getpid()}-{secrets.token_hex(8)}"
        try:
            with fresh.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        self.files.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _banner(text: str) -> bytes:
    return f'<div class="banner" role="status">{escape(text)}</div>'.encode()
