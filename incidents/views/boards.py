"""Saved boards: kept under a name, shared, opened with, renamed and removed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import boards as asking
from incidents.actions import boards
from incidents.forms import ActForm
from incidents.forms.boards import SavedFilterForm
from incidents.models import DefaultBoard, SavedFilter
from incidents.views.acting import Act, run
from incidents.views.common import Request, console
from incidents.views.lists import address

PER_PAGE = 30


class BoardsFilter(forms.Form):
    q = forms.CharField(required=False, max_length=80, label="Search", widget=forms.TextInput({"type": "search"}))
    shared = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[("", "All"), ("mine", "Mine"), ("team", "Of my teams"), ("everybody", "For everybody")],
    )


@require_safe
@console("incident.view")
def saved(request: Request) -> HttpResponse:
    """The boards that this person may open."""
    form = BoardsFilter(request.GET)
    form.is_valid()
    found = SavedFilter.objects.visible_to(request.user).select_related("owner", "team").order_by("name", "pk")
    if text := form.cleaned_data.get("q"):
        found = found.filter(Q(name__icontains=text) | Q(owner__first_name__icontains=text))
    match form.cleaned_data.get("shared"):
        case "mine":
            found = found.filter(owner=request.user)
        case "team" | "everybody" as shared:
            found = found.filter(shared=shared)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for each in page:
        each.may_remove = boards.may_remove(each, request.user)  # type: ignore[attr-defined]
    opens = DefaultBoard.objects.filter(user=request.user).values_list("saved", flat=True).first()
    context = {"filter_form": form, "page": page, "opens": opens, "narrowed": bool(request.GET)}
    return render(request, "incidents/boards/saved.html", context)


@require_safe
@console("incident.view")
def board(request: Request, uid: str) -> HttpResponse:
    """The address by which a board is shared: it leads to the incidents with its filters."""
    return redirect(address(_find(request, uid)))


@require_http_methods(["GET", "POST"])
@console("board.change")
def new(request: Request) -> HttpResponse:
    """Keep the board whose query this address has."""
    query = asking.of_query(request.META.get("QUERY_STRING", "")).written
    made: list[SavedFilter] = []

    def call(given: dict[str, Any], _override: bool) -> str:
        made.append(boards.save(by=request.user, query=query, **given))
        return f"“{made[0]}” is kept."

    act = Act(
        heading="Save this board",
        submit="Save it",
        back=f"{reverse('incidents:list')}?{query}",
        explains="Its filters, order and layout. Whoever opens it sees the incidents that they may see.",
    )
    response = run(request, None, act, partial(SavedFilterForm, user=request.user), call)
    if made and response.status_code in (200, 302):
        response["HX-Redirect" if request.htmx else "Location"] = address(made[0])
    return response


@require_http_methods(["GET", "POST"])
@console("board.change")
def edit(request: Request, uid: str) -> HttpResponse:
    row = _find(request, uid)

    def call(given: dict[str, Any], _override: bool) -> str:
        return f"“{boards.edit(row.pk, by=request.user, **given)}” is changed."

    act = Act(heading=f"Change “{row.name}”", submit="Save it", back=reverse("incidents:boards"))
    return run(request, None, act, partial(SavedFilterForm, user=request.user, saved=row), call)


@require_http_methods(["GET", "POST"])
@console("board.change")
def remove(request: Request, uid: str) -> HttpResponse:
    row = _find(request, uid)

    def call(_given: dict[str, Any], _override: bool) -> str:
        boards.remove(row.pk, by=request.user)
        return f"“{row.name}” is removed."

    act = Act(
        heading=f"Remove “{row.name}”?",
        submit="Remove it",
        back=reverse("incidents:boards"),
        explains="Nobody can open it any more, by its link or as their first board. No incident changes.",
        danger=True,
    )
    return run(request, None, act, ActForm, call)


@require_POST
@console("board.change")
def first(request: Request, uid: str) -> HttpResponse:
    """Let one's incidents open with this board; with what is `off` sent, with all that is open."""
    row = _find(request, uid)
    off = "off" in request.POST
    boards.open_with(None if off else row, by=request.user)
    said = "Your incidents open with all that is open." if off else f"Your incidents open with “{row.name}”."
    messages.success(request, said)
    return redirect("incidents:boards")


def _find(request: Request, uid: str) -> SavedFilter:
    if len(uid) > 16:
        raise Http404
    return get_object_or_404(SavedFilter.objects.visible_to(request.user).select_related("owner", "team"), uid=uid)
