"""Action items: added in the review, followed to their end over all teams."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import action_items as actions
from incidents.forms import ActForm, ActionItemForm, LongField
from incidents.models import ActionItem, Incident
from incidents.views.acting import Act, run
from incidents.views.common import Request, console, find
from teams.models import Team

PER_PAGE = 50
SETTLES = {
    "done": ("It is done", "What shows that it is done?"),
    "dropped": ("Not to be done", "Why will it not be done?"),
    "open": ("Open it again", "Why?"),
}


class FilterForm(forms.Form):
    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team")
    owner = forms.ChoiceField(required=False, choices=[("", "Anybody"), ("me", "Me"), ("nobody", "Nobody yet")])
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *ActionItem.Kind.choices])
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Open"), ("overdue", "Overdue"), ("done", "Done"), ("dropped", "Not done"), ("all", "All")],
    )


@require_safe
@console("incident.view")
def action_item_list(request: Request) -> HttpResponse:
    """Action items of incidents that this person may see, by team, the most urgent first."""
    form = FilterForm(request.GET)
    form.is_valid()
    today = timezone.localdate()
    found = narrowed(ActionItem.objects.visible_to(request.user), form.cleaned_data, request)
    rows = found.select_related("incident", "owner", "team").order_by(
        F("team__name").asc(nulls_last=True), F("due_on").asc(nulls_last=True), "priority", "pk"
    )
    rows = rows.prefetch_related("tracker_links__tracker")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    incidents = Incident.objects.where(request.user, "review.write").filter(action_items__in=list(page))
    context = {
        "filter_form": form,
        "writable": set(incidents.values_list("pk", flat=True)),
        "page": page,
        "today": today,
        "narrowed": any(form.cleaned_data.get(name) for name in form.fields),
    }
    return render(request, "incidents/action_items/list.html", context)


def narrowed(found: Any, asked: dict[str, Any], request: Request) -> QuerySet[ActionItem]:
    """`found` with the filters of `FilterForm` applied."""
    state = asked.get("state") or "open"
    if state == "overdue":
        found = found.overdue(timezone.localdate())
    elif state != "all":
        found = found.filter(state=state)
    if text := (asked.get("q") or "").strip():
        number = text.upper().removeprefix("INC-")
        match = Q(title__icontains=text) | Q(end_state__icontains=text) | Q(incident__title__icontains=text)
        if number.isdecimal() and len(number) < 10:
            match |= Q(incident_id=int(number))
        found = found.filter(match)
    if asked.get("team"):
        found = found.filter(team=asked["team"])
    if asked.get("kind"):
        found = found.filter(kind=asked["kind"])
    if asked.get("owner"):
        found = found.filter(owner=request.user if asked["owner"] == "me" else None)
    return found  # type: ignore[no-any-return]


def _given(form: dict[str, Any]) -> dict[str, Any]:
    return {
        **form,
        "kind": form["kind"] or ActionItem.Kind.PREVENT,
        "priority": form["priority"] or ActionItem.Priority.MEDIUM,
    }


@require_http_methods(["GET", "POST"])
@console("review.write")
def add(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        item = actions.add(pk, by=request.user, **_given(given))
        lacks = f" It still lacks: {', '.join(item.missing())}." if item.missing() else ""
        return f"Added: {item.title}.{lacks}"

    act = Act(
        "Add an action item",
        "Add it",
        _back(request, incident),
        "Concrete: one owner, a date, and a way to see that it is done.",
        folded=("priority", "tracker_url"),
    )
    return run(request, incident, act, lambda data: ActionItemForm(incident, None, data), call)


def _back(request: Request, incident: Incident) -> str:
    """Where it was asked for: the list of all items, or the postmortem."""
    if request.GET.get("from") == "list":
        return reverse("incidents:action_items")
    return reverse("incidents:postmortem", args=[incident.pk]) + "#action-items"


def _item(request: Request, pk: int) -> tuple[ActionItem, Incident]:
    item = get_object_or_404(ActionItem.objects.visible_to(request.user).select_related("incident"), pk=pk)
    return item, find(request, item.incident_id)


@require_http_methods(["GET", "POST"])
@console("incident.view", POST="review.write")
def edit(request: Request, pk: int) -> HttpResponse:
    item, incident = _item(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        actions.edit(pk, by=request.user, **_given(given))
        return "Saved."

    act = Act("Edit an action item", "Save", _back(request, incident), folded=("tracker_url",))
    return run(request, incident, act, lambda data: ActionItemForm(incident, item, data), call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def settle(request: Request, pk: int) -> HttpResponse:
    """Done with evidence, dropped with a reason, or opened again: `?state=`."""
    item, incident = _item(request, pk)
    state = request.GET.get("state", "done")
    if state not in SETTLES:
        raise Http404
    heading, label = SETTLES[state]

    def call(given: dict[str, Any], _override: bool) -> str:
        actions.settle(pk, state, by=request.user, evidence=given["evidence"])
        return f"{heading}: {item.title}"

    def make(data: Any) -> ActForm:
        form = ActForm(data)
        form.fields["evidence"] = LongField(
            keep=f"item-{pk}", label=label, help_text="A link, a measurement, a decision."
        )
        return form

    act = Act(f"{heading}: {item.title}", heading, _back(request, incident), item.end_state)
    return run(request, incident, act, make, call)
