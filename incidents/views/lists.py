"""The boards of incidents: the list and the columns, and the poll that keeps them fresh."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from incidents import boards
from incidents.boards import SORTS, STATES, WHOSE, BoardForm
from incidents.models import DefaultBoard, Incident, SavedFilter
from incidents.views import paging
from incidents.views.common import Request, console
from teams import permits

PER_PAGE = 30
MOST_SAVED = 12


@require_safe
@console("incident.view")
def home(request: Request) -> HttpResponse:
    return redirect("incidents:list")


@require_safe
@console("incident.view")
def incident_list(request: Request) -> HttpResponse:
    """Incidents that this person may see: what they open with, else those that are open, or what is asked for."""
    if not request.GET:
        chosen = DefaultBoard.objects.select_related("saved").filter(user=request.user).first()
        seen = chosen and SavedFilter.objects.visible_to(request.user).filter(pk=chosen.saved_id).exists()
        if chosen and seen:
            return redirect(address(chosen.saved))
    return render(request, "incidents/list.html", shown(request, BoardForm(request.GET)))


@require_safe
@console("incident.view")
def live(request: Request) -> HttpResponse:
    """204 while nothing changed since `v`; else the board, to be put in its place. The question costs one query."""
    if request.GET.get("v") == boards.state_key(request.user):
        return HttpResponse(status=204)
    asked = request.GET.copy()
    asked.pop("v", None)
    request.GET = asked  # type: ignore[assignment] # what links of the board are made of
    return render(request, "incidents/boards/live.html", shown(request, BoardForm(asked)))


def address(saved: SavedFilter) -> str:
    told = urlencode({"board": saved.uid})
    return f"{reverse('incidents:list')}?{saved.query}{'&' if saved.query else ''}{told}"


def shown(request: Request, form: BoardForm) -> dict[str, Any]:
    """The context of a board."""
    user, state = request.user, form.state_key
    found = form.narrow(Incident.objects.visible_to(user), user).with_faces()
    # Before the rows are read: what changes meanwhile is asked for once more, and not missed.
    key = boards.state_key(user)
    saved = list(SavedFilter.objects.visible_to(user).select_related("owner", "team").order_by("name", "pk"))
    chosen = form.asked.get("board")
    counts = boards.counted(form, user)
    context: dict[str, Any] = {
        "form": form,
        "state_key": key,
        "state": state,
        "states": [(name, label) for name, (label, _) in STATES.items()],
        "whose": form.asked.get("whose") or "",
        "tabs": [(name, label, counts.get(name)) for name, label in WHOSE.items()],
        "sorts": SORTS.items(),
        "sort": form.asked.get("sort") or "",
        "boards": saved[:MOST_SAVED],
        "more_boards": len(saved) > MOST_SAVED,
        "board": next((each for each in saved if each.uid == chosen), None) if chosen else None,
        "written": form.written,
        "may_export": permits.may_somewhere(user, "incident.export"),
        "may_save": permits.may_somewhere(user, "board.change"),
        "narrowed": form.narrows or bool(form.asked.get("whose")),
    }
    if form.columns:
        return context | {"columns": boards.in_columns(form, found)}
    page = paging.shown(found.order_by(*form.order), PER_PAGE, request.GET)
    for incident in page:
        incident.lasted = incident.over_at - incident.detected_at if incident.over_at else None  # type: ignore[attr-defined]
    return context | {"page": page}
