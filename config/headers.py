"""What every answer says to the browser beside its policy (`config.csp`), and how forms lead to other sites."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

# Everything a browser can be asked for, off; a passkey is made and used, and a wall kept awake, by our own pages alone.
OFF = (
    *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media"),
    *("fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer"),
    *("microphone", "midi", "payment", "picture-in-picture", "serial", "usb"),
    *("xr-spatial-tracking",),
)
OURS = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock")
PERMISSIONS = ", ".join([*(f"{name}=()" for name in OFF), *(f"{name}=(self)" for name in OURS)])

# What is shown there is for one person, once: passwords, recovery codes, tokens, keys of integrations.
PRIVATE = ("/account/", "/admin/", "/api/")


class Headers:
    """Sets what no view has said for itself.

    Whatever may be read from other sites by script (`Access-Control-Allow-Origin`: public JSON and feeds) may also be
    loaded by them; all else is for our own pages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        shared = headers.get("Access-Control-Allow-Origin") == "*"
        headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if shared else "same-origin")
        if request.path.startswith(PRIVATE):
            headers.setdefault("Cache-Control", "private, no-store")
        return response


class FormsStayHere:
    """Answers a form that leads to another site with a page that goes there, in the place of a redirect.

    Browsers hold a policy's `form-action 'self'` against every redirect that follows a form, so signing in through an
    identity provider, which begins with one, would end there. A page may lead anywhere.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "POST" or response.status_code not in (302, 303):
            return response
        target = response.headers.get("Location", "")
        there = urlsplit(target)
        here = urlsplit(request.build_absolute_uri("/"))
        if there.scheme not in ("http", "https") or (there.scheme, there.netloc) == (here.scheme, here.netloc):
            return response
        if "text/html" not in request.headers.get("Accept", "") or "HX-Request" in request.headers:
            return response
        page = render(request, "leaving.html", {"target": target, "site": there.hostname})
        page.cookies = response.cookies
        page["Cache-Control"] = "private, no-store"
        return page
