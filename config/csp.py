"""What a page of Watchbill may load, run and be shown in: the content security policy, and its few exceptions.

Strict: our own files and nothing else, no script or style in the page itself (a script may carry the request's nonce),
no frames, no plug-ins, no other base, forms to ourselves alone. An exception is a decorator on the view that needs it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from csp.constants import NONCE, NONE, SELF
from django.http import HttpRequest, HttpResponse
from django.views.decorators.clickjacking import xframe_options_exempt

DIRECTIVES: dict[str, list[Any]] = {
    "default-src": [NONE],
    "script-src": [SELF, NONCE],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "worker-src": [SELF],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}

# A picture is a document of its own: it may style itself, and nothing else.
PICTURE = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

View = TypeVar("View", bound=Callable[..., Any])


def also(**directives: list[str]) -> Callable[[View], View]:
    """Let a view have more than the strict policy: `@also(frame_src=[SELF])`. `none` gives way to what is named."""
    more = {name.replace("_", "-"): sources for name, sources in directives.items()}

    def decorate(view: View) -> View:
        @wraps(view)
        def inner(*args: Any, **kwargs: Any) -> HttpResponse:
            response: HttpResponse = view(*args, **kwargs)
            response._csp_replace = {  # type: ignore[attr-defined]
                name: [*(s for s in DIRECTIVES.get(name, ()) if s != NONE), *sources] for name, sources in more.items()
            }
            return response

        return inner  # type: ignore[return-value]

    return decorate


def embeddable(view: View) -> View:
    """Let any site show this view in a frame: for a widget that tells what the public may read anyway.

    Nothing that reads a session, and no form, may stand on such a page.
    """

    @xframe_options_exempt
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        response._csp_replace = {"frame-ancestors": ["*"], "form-action": [NONE]}  # type: ignore[attr-defined]
        response["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    return inner  # type: ignore[return-value]


def of_file(headers: Any, path: str, url: str) -> None:
    """WhiteNoise's word on the headers of a static file: a drawing has its own policy."""
    if path.endswith(".svg"):
        headers["Content-Security-Policy"] = PICTURE
