"""Trackers: the list, setting one up, how it fares, who is who there, and opening issues of action items."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions.trackers import keeping, linking, outbox
from incidents.forms import ActForm
from incidents.forms.trackers import ExportForm, TrackerFilter, TrackerForm, TrackerPersonForm
from incidents.models import ActionItem, Incident, Tracker, TrackerLink
from incidents.problems import Blocked
from incidents.views.acting import Act, refused, run
from incidents.views.common import Request, console
from incidents.views.common import find as find_incident
from teams import permits
from teams.mails import absolute

PER_PAGE = 30
VERB = Tracker.VERB
EVENTS = {
    "github": "Choose application/json, and “Issues” and “Issue comments”.",
    "gitlab": "Choose “Work item events” (or “Issues events”) and “Comments”. The secret is its signing "
    "token (whsec_…), or its secret token where it has none.",
    "jira": "Choose issue created, updated and deleted, and comments, of this project.",
    "jira_dc": "Choose issue created, updated and deleted, and comments, of this project.",
}


def find(request: Request, pk: int) -> Tracker:
    """The tracker, or 404 where it is none that this person keeps."""
    return get_object_or_404(Tracker.objects.kept_by(request.user).select_related("team"), pk=pk)


@require_safe
@console(VERB)
def tracker_list(request: Request) -> HttpResponse:
    form = TrackerFilter(request.GET)
    stuck = Count("links", filter=Q(links__state="stuck"))
    found = form.narrow(Tracker.objects.kept_by(request.user).select_related("team"))
    found = found.annotate(linked=Count("links"), stuck=stuck).order_by("name")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    narrowed = any(form.cleaned_data.get(name) for name in form.fields)
    return render(request, "incidents/trackers/list.html", {"filter_form": form, "page": page, "narrowed": narrowed})


@require_http_methods(["GET", "HEAD", "POST"])
@console(VERB)
@never_cache
def tracker_new(request: Request) -> HttpResponse:
    """First what it speaks, then the rest."""
    kind = request.GET.get("kind", "")
    if kind not in Tracker.Kind.values:
        return render(request, "incidents/trackers/kinds.html", {"kinds": Tracker.Kind.choices})
    return _edit(request, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
@console(VERB)
@never_cache
def tracker_edit(request: Request, pk: int) -> HttpResponse:
    tracker = find(request, pk)
    return _edit(request, tracker.kind, tracker)


def _edit(request: Request, kind: str, tracker: Tracker | None) -> HttpResponse:
    """The form; `try` in a POST only reads the project by what was typed."""
    form = TrackerForm(kind, request.user, tracker, request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form, "kind": Tracker.Kind(kind).label, "tracker": tracker}
    status = 200
    if form.is_bound and form.is_valid():
        try:
            if "try" in request.POST:
                context["tried"] = _tried(form, tracker)
            else:
                kept = keeping.keep(tracker, by=request.user, **form.given())
                messages.success(request, f"“{kept}” is kept.")
                return redirect(kept)
        except Blocked as blocked:
            form.refuse(blocked)
    if form.errors:
        status = 422
    for name in form.wanted:
        form.fields[name].required = True
    context["fields"] = [field for field in form if field.name not in form.FOLDED]
    context["folded"] = [field for field in form if field.name in form.FOLDED]
    context["folded_open"] = any(field.errors for field in context["folded"])
    return render(request, "incidents/trackers/edit.html", context, status=status)


def _tried(form: TrackerForm, tracker: Tracker | None) -> dict[str, str]:
    row = Tracker.objects.get(pk=tracker.pk) if tracker else Tracker()
    given = form.given()
    given.pop("drop_secret", None)
    keeping.fill(row, given)
    name, why = keeping.try_out(row)
    return {"name": name, "why": why}


@require_safe
@console(VERB)
def tracker_page(request: Request, pk: int) -> HttpResponse:
    """How it fares: what is stuck, and who is who. Of private incidents only what this person may see is named."""
    tracker = find(request, pk)
    return _page(request, tracker, TrackerPersonForm(tracker))


def _page(request: Request, tracker: Tracker, form: TrackerPersonForm, status: int = 200) -> HttpResponse:
    links = tracker.links.order_by("-state", "-pk").select_related("item__incident")
    page = Paginator(links.visible_to(request.user), PER_PAGE).get_page(request.GET.get("page"))
    counts = tracker.links.aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in TrackerLink.State.values}
    )
    context = {
        "tracker": tracker,
        "page": page,
        "counts": counts,
        "hidden": sum(counts.values()) - page.paginator.count,
        "people": tracker.people.select_related("user").order_by("user__first_name", "login"),
        "person_form": form,
        "hook": absolute(reverse("incidents:tracker_hook", args=[tracker.hook_key])),
        "events": EVENTS[tracker.kind],
        "signs": bool(tracker.__dict__.get("webhook_secret")),
    }
    return render(request, "incidents/trackers/tracker.html", context, status=status)


@require_POST
@console(VERB)
def tracker_try(request: Request, pk: int) -> HttpResponse:
    """Read the project now, and say what came of it."""
    tracker = find(request, pk)
    name, why = keeping.try_out(tracker)
    if why:
        messages.warning(request, why)
    else:
        messages.success(request, f"It can be read: {name}.")
    return redirect(tracker)


@require_POST
@console(VERB)
def tracker_again(request: Request, pk: int) -> HttpResponse:
    keeping.try_again(find(request, pk), by=request.user)
    messages.success(request, "It is tried again now, with all that waits.")
    return redirect("incidents:tracker", pk)


@require_POST
@console(VERB)
def tracker_renew(request: Request, pk: int) -> HttpResponse:
    keeping.renew_hook(find(request, pk), by=request.user)
    messages.success(request, "Its webhook has another address now. Enter it in the tracker.")
    return redirect("incidents:tracker", pk)


@require_POST
@console(VERB)
def tracker_person(request: Request, pk: int) -> HttpResponse:
    tracker = find(request, pk)
    form = TrackerPersonForm(tracker, request.POST)
    if form.is_valid():
        try:
            keeping.name_person(tracker, form.cleaned_data["user"], form.cleaned_data["login"], by=request.user)
            return redirect(f"{tracker.get_absolute_url()}#people")
        except Blocked as blocked:
            form.refuse(blocked)
    return _page(request, tracker, form, status=422)


@require_http_methods(["GET", "POST"])
@console(VERB)
def tracker_remove(request: Request, pk: int) -> HttpResponse:
    tracker = find(request, pk)

    def call(_given: dict[str, Any], _override: bool) -> str:
        keeping.remove(tracker, by=request.user)
        return f"{tracker} is removed."

    act = Act(
        f"Remove {tracker}?",
        "Remove it",
        reverse("incidents:trackers") if request.method == "POST" else tracker.get_absolute_url(),
        "Nothing is kept in step with it any more. The issues stay as they are, and action items keep their addresses.",
        danger=True,
    )
    return run(request, None, act, ActForm, call)


def _item(request: Request, pk: int) -> tuple[ActionItem, Incident]:
    mine = ActionItem.objects.visible_to(request.user).select_related("incident__team")
    item = get_object_or_404(mine, pk=pk)
    return item, find_incident(request, item.incident_id)


def _back(request: Request, incident: Incident) -> str:
    if request.GET.get("from") == "list":
        return reverse("incidents:action_items")
    return reverse("incidents:postmortem", args=[incident.pk]) + "#action-items"


@require_http_methods(["GET", "POST"])
@console("review.write")
def export(request: Request, pk: int) -> HttpResponse:
    """Open an issue of an action item, or link one that is there already."""
    item, incident = _item(request, pk)
    trackers = outbox.usable(item)

    def call(given: dict[str, Any], _override: bool) -> str:
        tracker = given["tracker"]
        if given["issue"]:
            row = linking.link(pk, given["issue"], by=request.user, tracker=tracker)
            return f"“{item.title}” is kept in step with {row.named} in {row.tracker}."
        outbox.export(pk, tracker, by=request.user)
        return f"An issue of “{item.title}” is opened in {tracker} in a moment."

    says = "What happens on either side happens on the other: title, state, assignee and due date."
    if incident.private:
        says = f"{incident.reference} is private: whoever reads the project reads the item and the incident's title."
    if not trackers:
        says = "No tracker is set up that takes it and has none of it yet. Whoever keeps the team's integrations can."
    act = Act(f"Issue of “{item.title}”", "Open or link it", _back(request, incident), says, danger=incident.private)
    return run(request, incident, act, lambda data: ExportForm(trackers, data), call)


@require_POST
@console("review.write")
def link_again(request: Request, pk: int, link: int) -> HttpResponse:
    return _of_link(request, pk, link, "again")


@require_http_methods(["GET", "POST"])
@console("review.write")
def link_part(request: Request, pk: int, link: int) -> HttpResponse:
    item, incident = _item(request, pk)
    row = get_object_or_404(item.tracker_links.select_related("tracker"), pk=link)

    def call(_given: dict[str, Any], _override: bool) -> str:
        outbox.part(link, by=request.user)
        return f"“{item.title}” is no longer kept in step with {row.tracker}."

    act = Act(
        f"Unlink {row.named} in {row.tracker}?",
        "Unlink",
        _back(request, incident),
        "The issue there stays as it is; nothing that changes on one side reaches the other any more.",
        danger=True,
    )
    return run(request, incident, act, ActForm, call)


def _of_link(request: Request, pk: int, link: int, verb: str) -> HttpResponse:
    item, incident = _item(request, pk)
    get_object_or_404(item.tracker_links, pk=link)
    back = _back(request, incident)
    try:
        getattr(outbox, verb)(link, by=request.user)
    except Blocked as blocked:
        return refused(request, incident, blocked, back)
    messages.success(request, "It is tried again now.")
    return redirect(back)


@require_http_methods(["GET", "POST"])
@console("review.write")
def export_many(request: Request, pk: int) -> HttpResponse:
    """Open issues of many open action items at once."""
    tracker = get_object_or_404(Tracker, pk=pk)
    may = Incident.objects.where(request.user, "review.write")
    found = ActionItem.objects.visible_to(request.user).open().filter(incident__in=may, incident__drill=False)
    found = found.exclude(tracker_links__tracker=tracker)
    if tracker.team_id is not None:
        found = found.filter(Q(team=tracker.team_id) | Q(team=None, incident__team=tracker.team_id))
    if not tracker.private_allowed:
        found = found.filter(incident__private=False)
    if not permits.may(request.user, VERB, tracker) and not found.exists():
        return redirect("incidents:action_items")
    found = found.select_related("incident", "owner", "team")
    if request.method == "POST":
        chosen = [int(each) for each in request.POST.getlist("items") if each.isdecimal() and len(each) < 19]
        done, why = outbox.export_many(found.filter(pk__in=chosen), tracker, by=request.user)
        messages.success(request, f"{done} issue{'' if done == 1 else 's'} will be opened in {tracker}.")
        for each in why[:5]:
            messages.warning(request, each)
        return redirect("incidents:tracker_export", pk)
    page = Paginator(found.order_by("due_on", "priority", "pk"), outbox.MOST_AT_ONCE).get_page(request.GET.get("page"))
    return render(request, "incidents/trackers/export.html", {"tracker": tracker, "page": page})
