"""Asking again who it is, before what `teams.access` marks with `again`.

Signing in is a proof, and so is each confirmation since. Where the last one is too old, what was sent is kept (sealed,
in the session) while the person confirms, and is sent again by their browser afterwards.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.defaults import permission_denied

from teams import access, secrets

# When this session was signed in to, in seconds since 1970.
SIGNED_IN = "watchbill_signed_in"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def lasts() -> timedelta:
    """How long a proof of who somebody is counts for what is dangerous."""
    return timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def proven_at(request: HttpRequest) -> datetime | None:
    """When whoever has this session last proved who they are; None where nothing is known of it."""
    moments = [float(request.session.get(SIGNED_IN, 0))]
    moments += [float(r["at"]) for r in get_authentication_records(request, request.user) if r.get("reauthenticated")]
    return datetime.fromtimestamp(max(moments), UTC) if max(moments) else None


def is_fresh(request: HttpRequest) -> bool:
    """Whether that was a short while ago."""
    proven = proven_at(request)
    return proven is not None and datetime.now(UTC) - proven < lasts()


def is_due(request: HttpRequest, verb: str) -> bool:
    """Whether `verb` takes a proof that this request's session does not have. A request without a session (one with
    a token) proves itself."""
    return access.TABLE[verb].again and SESSION_KEY in request.session and not is_fresh(request)


def require(request: HttpRequest) -> None:
    """For what only the view knows to be dangerous. Raises ReauthenticationRequired, which `ask` answers."""
    if SESSION_KEY in request.session and not is_fresh(request):
        raise ReauthenticationRequired


def ask(request: HttpRequest) -> HttpResponse:
    """Send whoever made the request to confirm who they are, keeping what they sent."""
    ways = get_adapter().get_reauthentication_methods(request.user)
    if not ways:
        said = "To do this, sign out and in again: it takes a fresh proof of who you are."
        return permission_denied(request, PermissionDenied(said))
    request.session.pop(STATE_SESSION_KEY, None)
    back = request.get_full_path()
    if request.method not in SAFE:
        back = _page_before(request)
        if request.method == "POST" and not request.FILES:
            kept = {"path": request.get_full_path(), "data": request.POST.urlencode(), "at": time.time()}
            request.session[STATE_SESSION_KEY] = {
                "state": {"sealed": secrets.seal(json.dumps(kept))},
                "callback": "teams.signin.again.resume",
            }
    url = f"{ways[0]['url']}?{urlencode({'next': back})}"
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def resume(request: HttpRequest, state: dict[str, Any]) -> HttpResponse:
    """What django-allauth calls after the confirmation: a page that sends again what was kept, to where it was sent.

    The browser does it, and not we, so that the answer stands at its own address and passes every check.
    """
    try:
        kept = json.loads(secrets.unseal(state["sealed"]))
    except secrets.Unreadable:
        return HttpResponseRedirect("/")
    if time.time() - kept["at"] > lasts().total_seconds():
        return HttpResponseRedirect(_own_path(kept["path"]))
    fields = [
        (name, value)
        for name, values in QueryDict(kept["data"]).lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    response = render(request, "signin/resume.html", {"path": kept["path"], "fields": fields})
    response["Cache-Control"] = "no-store"
    return response


def _page_before(request: HttpRequest) -> str:
    """The page from which something was sent, as a path of ours."""
    return _own_path(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "/")


def _own_path(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path if parts.path.startswith("/") and not parts.path.startswith("//") else "/"
    return f"{path}?{parts.query}" if parts.query else path
