from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from teams.zones import is_zone

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
