"""A copy of the public pages in an object store, from which they are read while nothing of ours is there.

What lies there is known by a manifest beside it, so nothing is kept in the database and it needs none. What is new is
put there first, then what links it, the pages' own front last; and then goes what is told no more.
"""

from __future__ import annotations

import hashlib
import json
import mimetypes
import time
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.module_loading import import_string

from comms.snapshot import assets
from comms.snapshot.store import CACHE, HTML, Manifest, Published, Store

FORMAT = 1
MANIFEST = "watchbill-manifest.json"
# A page in a cache may still ask for the stylesheet that it was made with.
ASSET_SECONDS = 7 * 86400.0
# One turn works that long, so that the worker has time for others; the next one goes on.
TURN_SECONDS = 20.0
S3 = ("storages.backends.s3.", "storages.backends.s3boto3.")


class Unfit(Exception):
    """The store can't be used as it is set up; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A file as it lies in the store: the hash of what is in it, its content type, the uid of its page (empty for what
    pages load), and, once it is told no more, since when (seconds since 1970)."""

    sha256: str
    type: str
    page: str = ""
    gone_since: float = 0.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be there."""

    sha256: str
    type: str
    page: str
    body: Callable[[], bytes]


@dataclass
class There:
    """What the store's manifest says: of which version each page is, and what lies there by name."""

    pages: dict[str, list[float]] = field(default_factory=dict)
    files: dict[str, Copied] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """What was done: files put and taken away, and whether anything is left to do."""

    put: int = 0
    removed: int = 0
    left: bool = False


def opened(entry: Mapping[str, Any]) -> Storage:
    """The storage of an entry of `STORAGES`, with the options that a copy of public pages wants where none are given.

    Raises Unfit.
    """
    backend, options = entry["BACKEND"], {**entry["OPTIONS"]}
    try:
        if backend.startswith(S3):
            from botocore.config import Config

            options.setdefault("object_parameters", {}).setdefault("CacheControl", CACHE)
            options = {"querystring_auth": False, "default_acl": None, **options, "file_overwrite": True}
            # A store that does not answer holds no worker for long.
            options.setdefault(
                "client_config", Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
            )
        elif backend.startswith("storages.backends.gcloud."):
            options.setdefault("object_parameters", {}).setdefault("cache_control", CACHE)
            options = {"querystring_auth": False, "timeout": 10, **options, "file_overwrite": True}
        elif backend.startswith("storages.backends.azure_storage."):
            options.setdefault("object_parameters", {}).setdefault("cache_control", CACHE)
            options = {"timeout": 10, **options, "overwrite_files": True}
        elif backend == "django.core.files.storage.FileSystemStorage":
            options["allow_overwrite"] = True
        made = import_string(backend)(**options)
    except Exception as error:
        raise Unfit(f"{backend} refuses its OPTIONS: {error}") from error
    if not isinstance(made, Storage):
        raise Unfit(f"{backend} is no storage of Django")
    return made


def copy(store: Store, target: Storage, *, existing: set[str] | None, now: float | None = None) -> Turn:
    """Bring the store up to what is published. `existing` are the uids of all pages that there are, or None where
    nobody can say: of a page that we know nothing of nothing is taken away then.

    Raises Unfit, and whatever the storage raises when it is away: what was put there by then stays, and nothing of what
    is read is missing.
    """
    began = time.monotonic()
    now = time.time() if now is None else now
    manifest = store.read()
    if not manifest.pages:
        return Turn()
    before = read(target)
    public = public_pages(manifest)
    newer = {uid for uid, page in public.items() if tuple(before.pages.get(uid, ())) > page.version}
    ours = {uid: page for uid, page in public.items() if uid not in newer}
    wanted = _wanted(store, ours)
    after = There({**before.pages}, {**before.files})
    fresh = {name: Copied(each.sha256, each.type, each.page) for name, each in wanted.items()}
    due = sorted((name for name in wanted if before.files.get(name) != fresh[name]), key=lambda n: (_rank(n), n))
    if due:
        # Of what is put and then told no more the manifest knows, wherever this breaks off.
        after.files |= {name: replace(fresh[name], sha256="") for name in due}
        _write(target, after)
    for number, name in enumerate(due):
        if time.monotonic() - began > TURN_SECONDS:
            _write(target, after)
            return Turn(number, left=True)
        _put(target, name, wanted[name].type, wanted[name].body())
        after.files[name] = fresh[name]
    kept = newer if existing is None else newer | (existing - manifest.pages.keys())
    for name, each in before.files.items():
        stays = each.page in kept or (existing is None and each.page and each.page not in manifest.pages)
        if name not in wanted and not stays:
            after.files[name] = replace(each, gone_since=each.gone_since or now)
    versions = {uid: list(page.version) for uid, page in ours.items()}
    after.pages = {uid: version for uid, version in before.pages.items() if uid in newer} | versions
    removed = [
        name
        for name, each in after.files.items()
        if each.gone_since and (each.page or now - each.gone_since > ASSET_SECONDS)
    ]
    if due or after != before:
        _write(target, after)
    for name in removed:
        target.delete(name)
        del after.files[name]
    if removed:
        _write(target, after)
    return Turn(len(due), len(removed))


def public_pages(manifest: Manifest) -> dict[str, Published]:
    """Those that everybody may read."""
    return {uid: page for uid, page in manifest.pages.items() if page.face.audience == "public"}


def read(target: Storage) -> There:
    """What the store says of itself; nothing where it is empty or says something that we don't understand."""
    if not target.exists(MANIFEST):
        return There()
    with target.open(MANIFEST) as file:
        said = file.read()
    try:
        raw = json.loads(said)
        if raw["format"] != FORMAT:
            return There()
        return There(raw["pages"], {name: Copied(*each) for name, each in raw["files"].items()})
    except (ValueError, TypeError, KeyError, AttributeError):
        return There()


def name_of(address: str, kind: str) -> str:
    """How the file of an address is called: as static hosts look for it."""
    below = address.lstrip("/")
    return f"{below.rstrip('/')}/index.html".lstrip("/") if kind == HTML else below


def _wanted(store: Store, pages: Mapping[str, Published]) -> dict[str, Wanted]:
    """By name, all that is to be there."""
    found = {}
    for address, path in assets.loaded():
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        text = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        found[address.lstrip("/")] = Wanted(digest, text, "", path.read_bytes)
    for uid, page in sorted(pages.items(), key=lambda item: item[1].version[1]):
        for address, file in page.files.items():
            # Those on a page's own domain begin with two slashes, and have the same files at our own.
            if not address.startswith("//"):
                found[name_of(address, file.type)] = Wanted(file.shown, file.type, uid, partial(store.body, file))
    return found


def _rank(name: str) -> int:
    """What is linked comes before what links it: what pages load, then single incidents and months, then data and
    feeds, the history, the page, and what `/status/` is."""
    if name.startswith("static/"):
        return 0
    if not name.endswith("index.html"):
        return 2
    return {1: 5, 2: 4, 3: 3}.get(name.count("/"), 1) if name.startswith("status/") else 1


def _put(target: Storage, name: str, kind: str, body: bytes) -> None:
    content = ContentFile(body)
    content.content_type = kind  # type: ignore[attr-defined] # the backends of django-storages send it along
    written = target.save(name, content)
    if written != name:
        target.delete(written)
        raise Unfit(f"the storage wrote {written} in the place of {name}: let it overwrite files")


def _write(target: Storage, there: There) -> None:
    files = {name: astuple(each) for name, each in sorted(there.files.items())}
    raw = {"format": FORMAT, "pages": there.pages, "files": files}
    _put(target, MANIFEST, "application/json", json.dumps(raw, ensure_ascii=False).encode())
