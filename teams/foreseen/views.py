"""The page of all warnings. Everybody who sees rosters sees what is ahead in them."""

from __future__ import annotations

from typing import cast

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams.console import Request, console
from teams.foreseen import reading
from teams.foreseen.forms import WarningFilter
from teams.models import Organization, RosterWarning

PAGE = 25


@console("team.view")
@require_safe
def warning_list(request: HttpRequest) -> HttpResponse:
    form, now = WarningFilter(request.GET), timezone.now()
    rows = form.narrow(RosterWarning.objects.select_related("team", "schedule__team", "user"))
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "teams/warnings/list.html",
        {
            "form": form,
            "page": page,
            "told": reading.told(page, cast("Request", request).user, now),
            "searched": any(form.cleaned_data.get(name) for name in ("q", "kind")),
            "over": bool(form.cleaned_data.get("state")),
            "now": now,
            "weeks": Organization.of(request).warn_weeks,
        },
    )
