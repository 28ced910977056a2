"""The wall: what goes on, big enough to be read across a room; for people, and by link for a screen of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions import walls
from incidents.forms.boards import WallForm
from incidents.models import WallLink
from incidents.presenters.wall import wall as presented
from incidents.views.acting import Act, run
from incidents.views.common import Request, console
from teams import moments, permits
from teams.models import Organization, Team
from teams.words import storable


@require_safe
@console("incident.view")
def wall(request: Request) -> HttpResponse:
    """The wall for somebody who is signed in, of the teams that `?team=` names."""
    slugs = [storable(slug) for slug in request.GET.getlist("team")[:50]]
    chosen = list(Team.objects.filter(slug__in=slugs)) if slugs else []
    query = request.META.get("QUERY_STRING", "")
    again = reverse("incidents:wall") + (f"?{query}" if query else "")
    return _shown(request, chosen, again)


@never_cache
@permits.open_to("link.use")
@require_safe
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The same for whoever holds a link. Whatever opens nothing is simply not there."""
    link = walls.opened_by(token, moments.now())
    if link is None:
        raise Http404
    response = _shown(request, list(link.teams.all()), reverse("incidents:wall_by_link", args=[token]))
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _shown(request: HttpRequest, teams: list[Team], again: str) -> HttpResponse:
    """The page, or for htmx the part of it that changes."""
    context: dict[str, Any] = presented(teams, Organization.of(request)) | {
        "again": again,
        "light": "light" in request.GET,
    }
    template = "incidents/wall/part.html" if request.headers.get("HX-Request") else "incidents/wall/page.html"
    return render(request, template, context)


@require_safe
@console("wall.change")
def links(request: Request) -> HttpResponse:
    return render(request, "incidents/wall/links.html", {"links": walls.working()})


@never_cache
@require_http_methods(["GET", "POST"])
@console("wall.change")
def new(request: Request) -> HttpResponse:
    """The address of a new link is in the answer and never again."""
    made: list[tuple[WallLink, str]] = []

    def call(given: dict[str, Any], _override: bool) -> str:
        made.append(walls.issue(by=request.user, **given))
        return ""

    act = Act(
        heading="A link for a screen",
        submit="Make it",
        back=reverse("incidents:walls"),
        explains="Whoever has it sees public incidents and who is on call, and can change nothing.",
    )
    response = run(request, None, act, partial(WallForm), call)
    if not made:
        return response
    link, address = made[0]
    context = {"link": link, "address": address, "dialog": bool(request.htmx)}
    if request.htmx:
        return HttpResponse(render_to_string("incidents/wall/_made.html", context, request))
    return render(request, "incidents/wall/made.html", context)


@require_POST
@console("wall.change")
def revoke(request: Request, pk: int) -> HttpResponse:
    get_object_or_404(WallLink, pk=pk)
    walls.revoke(pk, by=request.user)
    return redirect("incidents:walls")
