"""Status pages as they were rendered to files, answered before Django: without a query, and when database and broker
are gone. What has no file, or asks for more than the file says, goes on; where that fails, the file is the answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings

from comms.snapshot.store import HTML, Broken, File, Store
from config.csp import DIRECTIVES, PICTURE
from config.headers import PERMISSIONS

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]

# So long a reader, or a cache between, asks nobody; and so long it may go on with what it has while nobody answers.
CACHE = "public, max-age=5, stale-while-revalidate=30, stale-if-error=604800"
MOST_BYTES = 64 * 1024 * 1024
# The same as from Django, without the nonce that no file can have.
POLICY = "; ".join(
    f"{name} {' '.join(source for source in sources if isinstance(source, str) and 'nonce' not in source.lower())}"
    for name, sources in DIRECTIVES.items()
)


class Published:
    """A WSGI application around another."""

    def __init__(self, application: App, folder: Path | None = None) -> None:
        self.application = application
        self.shelf = Shelf(Store(folder or settings.WATCHBILL_VAR / "public"))
        self.only_https = settings.SECURE_SSL_REDIRECT
        self.hsts = settings.SECURE_HSTS_SECONDS
        # As Django tells whether a request came by HTTPS.
        self.proxy: tuple[str, str] = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ("", "")

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD") or not self._is_secure(environ):
            return self.application(environ, start_response)
        found = self.shelf.find(environ.get("PATH_INFO", ""))
        if found is None:
            return self.application(environ, start_response)
        file, body = found
        if environ.get("QUERY_STRING") and file.type == HTML:
            return self._unless_it_fails(environ, start_response, file, body)
        return self._answer(environ, start_response, file, body)

    def _is_secure(self, environ: dict[str, Any]) -> bool:
        name, value = self.proxy
        return not self.only_https or environ.get(name) == value or environ.get("wsgi.url_scheme") == "https"

    def _answer(self, environ: dict[str, Any], start_response: Start, file: File, body: bytes) -> Iterable[bytes]:
        tag = f'"{file.shown[:32]}"'
        headers = [("ETag", tag), ("Cache-Control", CACHE), *self._headers(file)]
        if matches(environ.get("HTTP_IF_NONE_MATCH", ""), tag):
            start_response("304 Not Modified", headers)
            return [b""]
        start_response("200 OK", [*headers, ("Content-Type", file.type), ("Content-Length", str(len(body)))])
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _headers(self, file: File) -> list[tuple[str, str]]:
        shared = file.type != HTML
        policy = PICTURE if file.type.startswith("image/") else POLICY
        headers = [
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "same-origin"),
            ("Permissions-Policy", PERMISSIONS),
            ("Content-Security-Policy", policy),
            ("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin"),
        ]
        headers += [("Access-Control-Allow-Origin", "*")] if shared else [("X-Frame-Options", "DENY")]
        if self.hsts:
            headers.append(("Strict-Transport-Security", f"max-age={self.hsts}"))
        return headers

    def _unless_it_fails(
        self, environ: dict[str, Any], start_response: Start, file: File, body: bytes
    ) -> Iterable[bytes]:
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
            return self._answer(environ, start_response, file, body)
        start_response(*said[-1])
        return [content]


class Shelf:
    """What is published, as a server holds it: the manifest until there is another, and files that are asked for."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._seen: tuple[int, int] = (0, 0)
        self._files: dict[str, File] = {}
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def find(self, path: str) -> tuple[File, bytes] | None:
        self._look()
        file = self._files.get(path)
        if file is None:
            return None
        body = self._bodies.get(file.shown)
        if body is None:
            try:
                body = self.store.body(file)
            except Broken:
                return None
            self._hold(file.shown, body)
        return file, body

    def _look(self) -> None:
        try:
            there = self.store.path.stat()
        except OSError:
            return
        seen = (there.st_mtime_ns, there.st_ino)
        if seen != self._seen:
            files = self.store.read().addresses()
            self._files, self._seen = files, seen

    def _hold(self, name: str, body: bytes) -> None:
        with self._lock:
            self._bodies[name] = body
            self._bytes += len(body)
            while self._bytes > MOST_BYTES:
                _, gone = self._bodies.popitem(last=False)
                self._bytes -= len(gone)


def matches(asked: str, tag: str) -> bool:
    """Whether `If-None-Match` names what there is, or anything."""
    named = [each.strip().removeprefix("W/") for each in asked.split(",")]
    return tag in named or named == ["*"]
