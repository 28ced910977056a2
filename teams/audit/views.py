"""The console's page of the audit log, and its files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from teams import keyset, permits
from teams.audit import exporting, reading, telling
from teams.audit.forms import AuditFilter
from teams.console import Request, console
from teams.models import Organization

PER_PAGE = 50


@console("audit.view")
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first, as far as this person may know."""
    form = AuditFilter(request.GET)
    asked = form.asked
    found = asked.narrow(reading.visible_to(request.user))
    page = keyset.page(found, request.GET.get("cursor", ""), size=PER_PAGE)
    return render(
        request,
        "teams/audit/log.html",
        {
            "form": form,
            "page": page,
            "events": telling.tell(page.rows),
            "asked": asked,
            "narrowed": any(asdict(asked).values()),
            "history_of": _called(asked.object, request.user) if asked.object else "",
            "sees_all": permits.may(request.user, "audit.view"),
            "days": Organization.current().audit_days,
        },
    )


def _called(ref: str, user: Any) -> str:
    """What `kind:key` is called, for who may read something of it; the reference alone for everybody else."""
    seen = permits.may(user, reading.VERB) or reading.visible_to(user).filter(about__contains=[ref]).exists()
    return telling.name_of(ref) if seen else ref


@console("audit.view")
@require_POST
def export(request: HttpRequest, form: str) -> HttpResponse:
    """What the page shows, all pages of it, as a file."""
    if form not in exporting.WRITERS:
        raise Http404
    asked = AuditFilter(request.GET).asked
    found = asked.narrow(reading.visible_to(request.user))
    user = cast("Request", request).user
    answer: HttpResponseBase = exporting.export(found, form, by=user, request=request, asked=asdict(asked))
    return cast("HttpResponse", answer)
