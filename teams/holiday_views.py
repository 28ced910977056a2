from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams import public_holidays
from teams.console import console


def next_holidays(code: str) -> dict[str, Any]:
    """What `teams/_holidays.html` shows of a country, or of a part of one; nothing of an unknown one."""
    return {
        "country_name": dict(public_holidays.countries()).get(code, ""),
        "holidays": public_holidays.coming(code, timezone.localdate()),
    }


@console("team.view")
@require_safe
def coming(request: HttpRequest) -> HttpResponse:
    """The next public holidays of `country`, for the form in which it is chosen."""
    return render(request, "teams/_holidays.html", next_holidays(request.GET.get("country", "")))
