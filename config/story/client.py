"""An installation as the outside sees it: JSON, pages with forms, and the mail sink. Standard library only."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, ProxyHandler, Request, build_opener

from config.story.forms import Form, forms_of

ANSWER_SECONDS = 30.0
MAIL_SECONDS = 60.0
PAUSE_SECONDS = 0.1


class StoryError(Exception):
    """The story can't go on. The text says why, and where it can what to do."""


class Refused(StoryError):
    """The installation answered with an error: `status`, and `code` where it gave one."""

    def __init__(self, told: str, status: int, code: str = "") -> None:
        super().__init__(told)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Page:
    """A page as a browser would have it."""

    url: str
    html: str

    def form(self, having: str = "") -> Form:
        """The first form with a field or button named `having`, else the first that is sent by POST."""
        for form in forms_of(self.html):
            if (having in form.names) if having else form.method == "post":
                return form
        raise StoryError(f"There is no form{f' with {having!r}' if having else ''} on {self.url}")

    def link(self, part: str) -> str:
        """The first link whose address has `part` in it, absolute; empty where there is none."""
        found = re.search(rf'href="([^"]*{re.escape(part)}[^"]*)"', self.html)
        return urljoin(self.url, found[1]) if found else ""


class Web:
    """One installation at `base`, such as http://127.0.0.1:8000. Raises `StoryError` for whatever goes wrong."""

    def __init__(self, base: str) -> None:
        if urlsplit(base).scheme not in ("http", "https"):
            raise StoryError(f"{base} is no address of an installation: write it as http://127.0.0.1:8000")
        self.base = base.rstrip("/")
        # An installation is reached directly, whatever proxy the machine has for the world outside.
        self.opener: OpenerDirector = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def json(self, path: str, body: Any = None, *, token: str = "", method: str = "") -> Any:
        """GET, or POST of a JSON `body`; the decoded answer."""
        headers = {"Accept": "application/json"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers |= {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        _, content = self._send(Request(self._url(path), data, headers, method=method or None))  # noqa: S310
        return json.loads(content) if content else None

    def page(self, path: str) -> Page:
        """GET a page; `path` may be a whole address, as links in mail are."""
        url, content = self._send(Request(self._url(path)))  # noqa: S310
        return Page(url, content.decode())

    def submit(self, page: Page, form: Form, **values: str) -> Page:
        """Fill in a form of `page` and press its first button."""
        data = urlencode([*form.filled(values)]).encode()
        url = urljoin(page.url, form.action)
        headers = {"Referer": page.url, "Content-Type": "application/x-www-form-urlencoded"}
        url, content = self._send(Request(url, data, headers))  # noqa: S310
        return Page(url, content.decode())

    def _url(self, path: str) -> str:
        return path if path.startswith(("http://", "https://")) else f"{self.base}{path}"

    def _send(self, request: Request) -> tuple[str, bytes]:
        asked = f"{request.get_method()} {request.full_url}"
        try:
            with self.opener.open(request, timeout=ANSWER_SECONDS) as answer:
                return answer.url, answer.read()
        except HTTPError as error:
            with error:
                told, code = _told(error.read())
            raise Refused(f"{asked} answered {error.code}{f': {told}' if told else ''}", error.code, code) from None
        except (URLError, OSError) as error:
            why = getattr(error, "reason", error)
            raise StoryError(
                f"{self.base} does not answer ({why}). Start the installation with `make run`, or name another "
                "one with --url."
            ) from None


def _told(content: bytes) -> tuple[str, str]:
    """What an error's body says, and its code."""
    try:
        body = json.loads(content)
    except ValueError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    return str(body.get("detail") or body.get("message") or ""), str(body.get("code", ""))


class Person:
    """Somebody who uses the API with their own token; `name` is what others call them, once it is known."""

    def __init__(self, web: Web, username: str, token: str) -> None:
        self.web = web
        self.username = self.name = username
        self.token = token

    def get(self, path: str) -> Any:
        return self.web.json(f"/api/v1/{path}", token=self.token)

    def post(self, path: str, **body: Any) -> Any:
        return self.web.json(f"/api/v1/{path}", body, token=self.token)

    def patch(self, path: str, **body: Any) -> Any:
        return self.web.json(f"/api/v1/{path}", body, token=self.token, method="PATCH")

    def every(self, path: str) -> Iterator[Any]:
        """All rows of a list, page after page."""
        page = self.get(path)
        while True:
            yield from page["results"]
            if not page["next"]:
                return
            page = self.web.json(page["next"], token=self.token)


class Mailbox:
    """What the development mail sink received."""

    def __init__(self, web: Web) -> None:
        self.web = web

    def wait(self, *, to: str = "", subject: str = "", since: str = "", count: int = 1) -> list[dict[str, Any]]:
        """The messages that fit, newest first, once there are `count` of them."""
        query = urlencode({"to": to, "subject": subject, "since": since})
        deadline = time.monotonic() + MAIL_SECONDS
        while True:
            found: list[dict[str, Any]] = self._messages(query)
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                wanted = " ".join(filter(None, (f"to {to}" if to else "", f"“{subject}”" if subject else "")))
                raise StoryError(
                    f"No mail {wanted} arrived within {MAIL_SECONDS:g} s. Do worker, beat and mail sink run?"
                )
            time.sleep(PAUSE_SECONDS)

    def _messages(self, query: str) -> list[dict[str, Any]]:
        try:
            return list(self.web.json(f"/mail/messages.json?{query}")["messages"])
        except Refused as refused:
            if refused.status == 404:
                raise StoryError("This installation has no mail sink: the story plays in development only.") from None
            raise
