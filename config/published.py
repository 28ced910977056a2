"""Status pages as they were rendered to files, answered before Django: without a query, and when database and broker
are gone. What has no file, or asks for more than the file says, goes on; where that fails, the file is the answer."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpResponse, QueryDict, parse_cookie

from comms import readers
from comms.places import EMBEDDED
from comms.readers import Carried, Standing
from comms.snapshot.store import CACHE, HTML, Broken, Face, File, Store
from comms.snapshot.store import Published as Page
from comms.views.pages import DOMAIN, INSIDE, changes_address, without_key
from config.csp import DIRECTIVES, PICTURE
from config.headers import PERMISSIONS

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]

MOST_BYTES = 64 * 1024 * 1024
# The same as from Django, without the nonce that no file can have.
POLICY = "; ".join(
    f"{name} {' '.join(source for source in sources if isinstance(source, str) and 'nonce' not in source.lower())}"
    for name, sources in DIRECTIVES.items()
)
# A page that other sites may show in a frame: it has no form and reads no session.
FRAME = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *").replace(
    "form-action 'self'", "form-action 'none'"
)


class Published:
    """A WSGI application around another. Pages that are not for everybody are told by what a request carries
    (`comms.readers`), and requests for a page's own domain become ones for the page, so that nothing else is there."""

    def __init__(self, application: App, folder: Path | None = None) -> None:
        self.application = application
        self.shelf = Shelf(Store(folder or settings.WATCHBILL_VAR / "public"))
        self.only_https = settings.SECURE_SSL_REDIRECT
        self.hsts = settings.SECURE_HSTS_SECONDS
        # As Django tells whether a request came by HTTPS.
        self.proxy: tuple[str, str] = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ("", "")
        ours = urlsplit(settings.WATCHBILL_BASE_URL)
        self.ours = ours.netloc

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        shelf = self.shelf
        shelf.look()
        domain, face = shelf.domain_of(environ.get("HTTP_HOST", ""))
        address = path = environ.get("PATH_INFO", "")
        if face is not None:
            if not self._is_secure(environ):
                return _redirect(environ, start_response, f"https://{domain}{quote(path)}", permanent=True)
            address = f"//{domain}{path}"
            self._turn_to_page(environ, face, domain)
        if shelf.has_inside:
            environ[INSIDE] = True
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not self._is_secure(environ):
            return self.application(environ, start_response)
        found = shelf.find(address)
        if found is None:
            return self.application(environ, start_response)
        if found.face.audience != readers.PUBLIC:
            return self._to_readers(environ, start_response, found, path)
        if environ.get("QUERY_STRING") and found.file.type == HTML and not found.is_frame:
            return self._unless_it_fails(environ, start_response, found)
        return self._answer(environ, start_response, found)

    def _is_secure(self, environ: dict[str, Any]) -> bool:
        name, value = self.proxy
        return not self.only_https or environ.get(name) == value or environ.get("wsgi.url_scheme") == "https"

    def _turn_to_page(self, environ: dict[str, Any], face: Face, domain: str) -> None:
        """Let Django, which knows our own host alone, see a request for the page below its usual path."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(settings.STATIC_URL):
            environ["PATH_INFO"] = f"/status/{face.slug}{path}"
        environ["HTTP_HOST"] = self.ours
        environ.pop("HTTP_X_FORWARDED_HOST", None)
        environ[DOMAIN] = domain

    def _to_readers(self, environ: dict[str, Any], start_response: Start, found: Found, path: str) -> Iterable[bytes]:
        """The file for who may read it; of everybody else the application says what it says of no page at all."""
        query = QueryDict(environ.get("QUERY_STRING", ""))
        carried = Carried(parse_cookie(environ.get("HTTP_COOKIE", "")), query.get(readers.KEY, ""))
        now = time.time()
        standing = readers.standing(found.uid, found.face, carried, now)
        if standing is Standing.STRANGER:
            return self.application(environ, start_response)
        if standing is Standing.KEY:
            if not changes_address(found.file.type, path):
                return self._answer(environ, start_response, found, by_key=True)
            letting_in = HttpResponse()
            readers.let_in(letting_in, found.uid, found.face, carried, now)
            cookies = [("Set-Cookie", each.OutputString()) for each in letting_in.cookies.values()]
            return _redirect(environ, start_response, without_key(quote(path), query), cookies)
        if standing is Standing.STALE or (environ.get("QUERY_STRING") and found.file.type == HTML):
            return self._unless_it_fails(environ, start_response, found)
        return self._answer(environ, start_response, found)

    def _answer(
        self, environ: dict[str, Any], start_response: Start, found: Found, *, by_key: bool = False
    ) -> Iterable[bytes]:
        tag = f'"{found.file.shown[:32]}"'
        headers = [("ETag", tag), *self._headers(found, by_key=by_key)]
        if matches(environ.get("HTTP_IF_NONE_MATCH", ""), tag):
            start_response("304 Not Modified", headers)
            return [b""]
        body = found.body
        start_response("200 OK", [*headers, ("Content-Type", found.file.type), ("Content-Length", str(len(body)))])
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _headers(self, found: Found, *, by_key: bool) -> list[tuple[str, str]]:
        file = found.file
        public = found.face.audience == readers.PUBLIC
        shared = file.type != HTML and (public or by_key)
        policy = PICTURE if file.type.startswith("image/") else FRAME if found.is_frame else POLICY
        headers = [
            ("Cache-Control", CACHE if public else "private, no-cache"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Permissions-Policy", PERMISSIONS),
            ("Content-Security-Policy", policy),
            ("Cross-Origin-Resource-Policy", "cross-origin" if shared or found.is_frame else "same-origin"),
        ]
        if not public:
            headers.append(("Vary", "Cookie"))
        if shared:
            headers.append(("Access-Control-Allow-Origin", "*"))
        elif not found.is_frame:
            headers.append(("X-Frame-Options", "DENY"))
        if self.hsts:
            headers.append(("Strict-Transport-Security", f"max-age={self.hsts}"))
        return headers

    def _unless_it_fails(self, environ: dict[str, Any], start_response: Start, found: Found) -> Iterable[bytes]:
        """What the application says, and the file where that is an error of ours."""
        said: list[tuple[Any, ...]] = []

        def start(*args: Any) -> Any:
            said.append(args)

        try:
            answered = self.application(environ, start)
            content = b"".join(answered)
            if close := getattr(answered, "close", None):
                close()
            failed = not said or said[-1][0].startswith("5")
        except Exception:  # noqa: BLE001 - whatever it is, readers get what there is
            failed = True
        if failed:
            return self._answer(environ, start_response, found)
        start_response(*said[-1])
        return [content]


@dataclass(frozen=True, slots=True)
class Found:
    """A published file with its page."""

    file: File
    body: bytes
    uid: str
    face: Face
    # Whether other sites may show it in a frame.
    is_frame: bool


class Shelf:
    """What is published, as a server holds it: the manifest until there is another, and files that are asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen: tuple[int, int] = (0, 0)
        self._owners: dict[str, tuple[str, Page]] = {}
        self._domains: dict[str, tuple[str, Face]] = {}
        # Whether any page is for the people of the organization.
        self.has_inside = False
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def look(self) -> None:
        """Take up what is published by now."""
        try:
            there = self.store.path.stat()
        except OSError:
            return
        seen = (there.st_mtime_ns, there.st_ino)
        if seen != self._seen:
            manifest = self.store.read()
            self._owners, self._domains = manifest.owners(), manifest.domains()
            self.has_inside = any(page.face.audience == readers.INTERNAL for page in manifest.pages.values())
            self._seen = seen

    def domain_of(self, host: str) -> tuple[str, Face | None]:
        """The domain that a request names, should it be a page's, and what is to be known of that page."""
        name = host.partition(":")[0].rstrip(".").lower()
        return (name, self._domains[name][1]) if name in self._domains else ("", None)

    def find(self, address: str) -> Found | None:
        if address not in self._owners:
            return None
        uid, page = self._owners[address]
        file = page.files[address]
        body = self._bodies.get(file.shown)
        if body is None:
            try:
                body = self.store.body(file)
            except Broken:
                return None
            self._hold(file.shown, body)
        return Found(file, body, uid, page.face, address.endswith(EMBEDDED))

    def _hold(self, name: str, body: bytes) -> None:
        with self._lock:
            if name in self._bodies:
                # Another thread has read it meanwhile.
                return
            self._bodies[name] = body
            self._bytes += len(body)
            while self._bytes > MOST_BYTES:
                _, gone = self._bodies.popitem(last=False)
                self._bytes -= len(gone)


def _redirect(
    environ: dict[str, Any],
    start_response: Start,
    target: str,
    more: list[tuple[str, str]] | None = None,
    *,
    permanent: bool = False,
) -> Iterable[bytes]:
    if permanent and environ.get("QUERY_STRING"):
        target += f"?{environ['QUERY_STRING']}"
    headers = [("Location", target), ("Cache-Control", "private, no-store"), ("Referrer-Policy", "no-referrer")]
    start_response("301 Moved Permanently" if permanent else "302 Found", [*headers, *(more or [])])
    return [b""]


def matches(asked: str, tag: str) -> bool:
    """Whether `If-None-Match` names what there is, or anything."""
    named = [each.strip().removeprefix("W/") for each in asked.split(",")]
    return tag in named or named == ["*"]
