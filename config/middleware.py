from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from teams.api.gate import ByTable
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


class TableGate:
    """Answers nobody at an address whose view does not say which verb of the table of access it is.

    What a view says is held by its own decorator or permission class; this finds the one that says nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if not says_its_verb(view):
            log.error("%s answers nobody: its view names no verb of teams.access.TABLE", request.path)
            raise PermissionDenied("This page is not open to anybody yet.")


def says_its_verb(view: Any) -> bool:
    """Whether the table of access decides about a view: it names a verb, or it is the API's."""
    if hasattr(view, "verbs"):
        return True
    api = getattr(view, "cls", None)
    return api is not None and ByTable in getattr(api, "permission_classes", ())
