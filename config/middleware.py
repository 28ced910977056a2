from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from comms import readers
from comms.views.pages import INSIDE, carried
from config.api.problems import MEDIA_TYPE, problem
from teams import access, bodies, moments, permits
from teams.api.gate import ByTable
from teams.problems import Unreadable
from teams.signin.second_factor import note_missing
from teams.zones import is_zone

log = logging.getLogger(__name__)

ZONE_COOKIE = "watchbill_zone"


class ReaderZone:
    """Times are read and written in the zone that the person chose, else in the browser's, which the console's script
    leaves in a cookie, else in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "") or request.COOKIES.get(ZONE_COOKIE, "")
        with timezone.override(ZoneInfo(zone if is_zone(zone) else "UTC")):
            return self.get_response(request)


class BodyBound:
    """Refuses a form that is larger than its view reads, by its announced length and before any of it is read.

    It stands before the check of CSRF, which reads the form. Who is not signed in sends no files, so they get what any
    form gets. A body without a length is empty to Django; JSON and webhooks are bounded where they are read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if request.content_type != "multipart/form-data":
            return None
        known = request.user.is_authenticated or "Authorization" in request.headers
        most = bodies.most_of(view) if known else bodies.MOST_BYTES
        length = request.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) <= most:
            return None
        said = (
            f"This is {int(length) / 1_000_000:.1f} MB, and at most {most / 1_000_000:.1f} MB are read here. "
            "Nothing was saved. Send less at once."
        )
        if request.path.startswith("/api/"):
            body = problem(413, "body_too_large", said)
            return JsonResponse(body, status=413, content_type=MEDIA_TYPE)
        return render(request, "413.html", {"said": said}, status=413)


class CalmAboutSecrets:
    """A stored secret that no key decrypts is a missing setting, not a failure of the page: say which, and log it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Unreadable):
            return None
        log.error("%s: %s", request.path, exception)
        return render(request, "503.html", status=503)


class TableGate:
    """The table of access at the door of every page. A view that does not say which verb it is answers nobody.

    Here is asked whether the person may do the verb anywhere; about the row, the views and actions ask. The API has
    the same door of its own, which answers with problems: `teams.api.gate`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not says_its_verb(view):
            log.error("%s answers nobody: its view names no verb of teams.access.TABLE", request.path)
            raise PermissionDenied("This page is not open to anybody yet.")
        verb = permits.verb_of(view, request.method or "GET")
        if verb is None or verb in access.OPEN:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not permits.may_somewhere(request.user, verb):
            raise permits.refusal(request.user, verb)
        request.verb = verb  # type: ignore[attr-defined]
        return None


class InsideCookie:
    """Gives whoever uses the console what opens the status pages that are for the organization, for the hour in which
    nobody can be asked who they are: see `comms.readers`. Where there is no such page there is no cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.META.get(INSIDE) and hasattr(request, "verb") and not note_missing(request):
            readers.let_inside(response, carried(request), moments.now().timestamp())
        return response


def says_its_verb(view: Any) -> bool:
    """Whether the table of access decides about a view: it names a verb, or it is the API's."""
    if hasattr(view, "verbs"):
        return True
    api = getattr(view, "cls", None)
    return api is not None and ByTable in getattr(api, "permission_classes", ())
