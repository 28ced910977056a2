"""Action items: added in the review, followed to their end over all teams."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import concreteness, item_lists
from incidents.actions import action_items as actions
from incidents.forms import ActForm, ActionItemForm, LongField
from incidents.forms.following import BulkForm, ItemFilter
from incidents.models import ActionItem, ActionPhrase, Incident
from incidents.presenters import following
from incidents.problems import Blocked
from incidents.views.acting import Act, run
from incidents.views.common import Request, console, find
from teams import downloads, permits

PER_PAGE = 50
MOST_AT_ONCE = 200
SETTLES = {
    "done": ("It is done", "What shows that it is done?"),
    "dropped": ("Not to be done", "Why will it not be done?"),
    "open": ("Open it again", "Why?"),
}


@require_safe
@console("incident.view")
def action_item_list(request: Request) -> HttpResponse:
    """Action items of incidents that this person may see, by team, the most urgent first."""
    form, found = _asked(request)
    asked, today = form.asked, timezone.localdate()
    rows = item_lists.ordered(found, group=asked.get("group") or "", sort=asked.get("sort") or "")
    rows = rows.select_related("incident__severity", "owner", "team").prefetch_related("tracker_links__tracker")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    incidents = Incident.objects.where(request.user, "review.write").filter(action_items__in=list(page))
    writable = set(incidents.values_list("pk", flat=True))
    group = asked.get("group") or ""
    whole = item_lists.narrowed(
        ActionItem.objects.visible_to(request.user), {**asked, "state": "all"}, request.user, today
    )
    context = {
        "filter_form": form,
        "writable": writable,
        "page": page,
        "groups": following.grouped(following.rows(list(page), request.user, today), group),
        "columns": group == "urgency",
        "today": today,
        "narrowed": any(asked.get(name) for name in form.NARROWS),
        "bulk_form": BulkForm() if writable else None,
        "query": request.GET.urlencode(),
        "may_export": permits.may(request.user, "incident.export"),
        "teams": item_lists.by_team(whole, timezone.now(), today),
        "period": item_lists.PERIOD.days,
    }
    return render(request, "incidents/action_items/list.html", context)


def _asked(request: Request) -> tuple[ItemFilter, Any]:
    """The filter of the address, and what it leaves of the items that this person may see."""
    form = ItemFilter(request.GET)
    rows = ActionItem.objects.visible_to(request.user).with_cost(request.user)
    return form, item_lists.narrowed(rows, form.asked, request.user, timezone.localdate())


@require_safe
@console("incident.export")
def export(request: Request) -> Any:
    """What the list shows, every page of it, as a CSV."""
    form, found = _asked(request)
    rows = item_lists.ordered(found, sort=form.asked.get("sort") or "")
    return downloads.answer(item_lists.lines(rows), "action-items.csv")


@require_POST
@console("review.write")
def bulk(request: Request) -> HttpResponse:
    """Change several at once. Each is changed or refused by itself; those that were refused are shown with the reason,
    and stay chosen."""
    form = BulkForm(request.POST)
    chosen = [int(pk) for pk in request.POST.getlist("items") if pk.isdecimal() and len(pk) < 19][:MOST_AT_ONCE]
    query = QueryDict(request.POST.get("query", "")[:2000]).urlencode()
    back = reverse("incidents:action_items") + (f"?{query}" if query else "")
    refused: list[tuple[ActionItem, str]] = []
    changed = 0
    if form.is_valid():
        if not chosen:
            form.add_error(None, "Choose at least one item.")
        elif not form.changes:
            form.add_error(None, "Say what is to be changed: a person, a day or a priority.")
        else:
            changed, refused = _change(request, chosen, form.changes)
    if form.is_valid() and not refused:
        messages.success(request, f"Changed {changed} action item{'' if changed == 1 else 's'}.")
        return redirect(back)
    rows = ActionItem.objects.visible_to(request.user).filter(pk__in=chosen).select_related("incident", "owner")
    said = {item.pk: text for item, text in refused}
    context = {
        "form": form,
        "lines": [(item, said.get(item.pk, "")) for item in rows if not refused or item.pk in said],
        "changed": changed,
        "query": query,
        "back": back,
    }
    return render(request, "incidents/action_items/bulk.html", context, status=409 if refused else 422)


def _change(request: Request, chosen: list[int], changes: dict[str, Any]) -> tuple[int, list[tuple[ActionItem, str]]]:
    changed, refused = 0, []
    for item in ActionItem.objects.visible_to(request.user).filter(pk__in=chosen).order_by("pk"):
        try:
            actions.edit(item.pk, by=request.user, **changes)
            changed += 1
        except Blocked as blocked:
            refused.append((item, " ".join(b.message for b in blocked.blockers)))
        except PermissionDenied:
            refused.append((item, "You may not change what follows from this incident."))
    return changed, refused


def _given(form: dict[str, Any]) -> dict[str, Any]:
    return {**form, "priority": form["priority"] or ActionItem.Priority.MEDIUM}


@require_safe
@console("review.write")
def check(request: Request, pk: int) -> HttpResponse:
    """What an item that is being written still lacks, and what would make it better, as a part of its form."""
    form = ActionItemForm(find(request, pk), None, request.GET)
    form.is_valid()
    given = form.cleaned_data
    item = ActionItem(
        incident=form.incident,
        title=given.get("title") or "",
        owner=given.get("owner"),
        kind=given.get("kind") or "",
        priority=given.get("priority") or ActionItem.Priority.MEDIUM,
        due_on=given.get("due_on"),
        late_reason=given.get("late_reason") or "",
        end_state=given.get("end_state") or "",
    )
    item.wording = concreteness.wording(item.title, ActionPhrase.objects.all().language())
    return render(request, "incidents/action_items/_check.html", _checked(item))


def _checked(item: ActionItem) -> dict[str, Any]:
    lacks = item.missing()
    return {
        "lacks": [(name, concreteness.SUPPLIES[name]) for name in lacks],
        "remarks": following.remarks(item),
        "written": bool(item.title),
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
        folded=("priority", "late_reason", "tracker_url"),
        template="incidents/act/action_item.html",
        context={"check_url": reverse("incidents:check_action_item", args=[pk])},
    )
    return run(request, incident, act, lambda data: ActionItemForm(incident, None, data), call)


def _back(request: Request, incident: Incident) -> str:
    """Where it was asked for: the list of all items, or the postmortem."""
    if request.GET.get("from") == "list":
        return reverse("incidents:action_items")
    return reverse("incidents:postmortem", args=[incident.pk]) + "#action-items"


def _item(request: Request, pk: int) -> tuple[ActionItem, Incident]:
    rows = ActionItem.objects.visible_to(request.user).select_related("incident__severity", "owner")
    item = get_object_or_404(rows, pk=pk)
    return item, find(request, item.incident_id)


@require_http_methods(["GET", "POST"])
@console("incident.view", POST="review.write")
def edit(request: Request, pk: int) -> HttpResponse:
    item, incident = _item(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        actions.edit(pk, by=request.user, **_given(given))
        return "Saved."

    act = Act(
        "Edit an action item",
        "Save",
        _back(request, incident),
        folded=("late_reason", "tracker_url"),
        template="incidents/act/action_item.html",
        context={"check_url": reverse("incidents:check_action_item", args=[incident.pk]), **_checked(item)},
    )
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
